"""Steps that would fail, or do harm, on this very host: they are left to a person. Pure."""

from liveproof.analysis.files.root_runs import LAYOUT, roots_own
from liveproof.model.examination import AppExamination
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.schedule import Schedule
from liveproof.model.plan import Step
from liveproof.planning.reloads import moved_by
from liveproof.steps.change_owner import ChangeOwner


def barred(app: AppExamination, step: Step) -> str:
    """Why a step must not be planned, in a sentence; empty where nothing speaks against it."""
    return moved_by(app, step) or _fixed(app, step) or _run_by_root(app, step)


def _fixed(app: AppExamination, step: Step) -> str:
    """Why a step would fail on a mount that the pool cannot write, or on what nobody can change; else empty."""
    access, files = app.facts.get(Access), app.facts.get(Files)
    if not isinstance(access, Access) or not isinstance(files, Files):
        return ""
    changed, folders = (
        {_behind(path, app.app, files) for path in paths}
        for paths in (step.act.changed_paths(), step.act.directories())
    )
    paths = changed | folders
    for top in access.read_only:
        if any(path == (real := files.real(top)) or path.startswith(f"{real}/") for path in paths):
            return f"{app.app.below(top)} is mounted read-only and cannot be changed in place: deploy it again."
    # In a directory that is itself changed files are made again.
    again = tuple(f"{path}/" for path in changed & folders)
    held = [
        (path, why) for path, why in access.fixed if path in paths or (path.startswith(again) and path.endswith(".php"))
    ]
    more = f" (and {len(held) - 1} more)" if len(held) > 1 else ""
    return f"By hand: {held[0][0]} {held[0][1]}{more}." if held else ""


def _run_by_root(app: AppExamination, step: Step) -> str:
    """Why a step would give somebody else what root executes; else empty. Whoever owns that is root."""
    schedule, files, act = app.facts.get(Schedule), app.facts.get(Files), step.act
    if not isinstance(act, ChangeOwner) or act.uid in (0, -1):
        return ""
    if not isinstance(schedule, Schedule) or not isinstance(files, Files) or not schedule.by_root:
        return ""
    executed = roots_own(schedule, files).files
    path = next((path for path in act.changed_paths() if path in executed), "")
    return f"{path} is run by root ({executed[path]}): {LAYOUT}." if path else ""


def _behind(path: str, app: App, files: Files) -> str:
    """An absolute path without a link of the app on its way."""
    return files.real(path[len(app.real) + 1 :]) if path.startswith(f"{app.real}/") else path
