"""The runs of fix that are kept, as their journals tell them. Nothing here can undo one.

A run without an end whose process is gone was cut off: it is rolled back before anything else is fixed.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from liveproof.model.dataclass import dataclass
from liveproof.store import journal_log

KEPT_RUNS = 20
APPLYING, INTERRUPTED, FIXED, BACK, BACK_IN_PART, DAMAGED = (
    "applying", "interrupted", "fixed", "rolled back", "rolled back in part", "damaged",
)  # fmt: skip


class NoSuchRun(Exception):
    """No run of that name is kept; the message names those that are."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of fix as its journal tells it.

    Attributes:
        id: names the run for ``rollback``.
        app: path of the app it fixed.
        started: epoch seconds.
        state: ``applying`` (its process lives), ``interrupted`` (it ended without a word: to be recovered), ``fixed``,
            ``rolled back``, ``rolled back in part``, or ``damaged`` (its journal cannot be read).
        steps: for each step that was begun, what it did, in words.
        directory: where its journal lies.
        services: those of ``steps`` that act on a service; a rollback lets it load again what is put back.
    """

    id: str
    app: str
    started: float
    state: str
    steps: tuple[str, ...]
    directory: str
    services: tuple[str, ...] = ()


def list_runs() -> tuple[Run, ...]:
    """The runs that are kept, newest first. Empty where there is no state directory, or it cannot be read."""
    found = [run for path in _directories() if (run := _run(path))]
    return tuple(sorted(found, key=lambda run: (run.started, run.id), reverse=True))


def pending() -> tuple[Run, ...]:
    """Runs that were cut off (SIGKILL, power cut) and not yet rolled back, newest first. Changes nothing."""
    found = [run for path in _directories() if journal_log.ended(path) is None and (run := _run(path))]
    cut_off = [run for run in found if run.state == INTERRUPTED]
    return tuple(sorted(cut_off, key=lambda run: (run.started, run.id), reverse=True))


def chosen(run: str = "") -> tuple[Run, ...]:
    """The runs that ``rollback`` would roll back: the one of that name, else every interrupted one, else the newest.

    Raises:
        NoSuchRun: no run of that name.
    """
    runs = list_runs()
    if not run:
        return pending() or tuple(each for each in runs if each.state == FIXED)[:1]
    named = tuple(each for each in runs if each.id == run)
    if not named:
        raise NoSuchRun(f"no run {run} is kept; kept are: {', '.join(each.id for each in runs) or 'none'}")
    return named


def prune() -> None:
    """Forget the oldest runs beyond the last 20 that ended, and what was begun and never wrote a record."""
    import shutil  # noqa: PLC0415  (loads every compressor: 5 ms; a check forgets nothing)

    ended = [run for run in list_runs() if run.state not in (APPLYING, INTERRUPTED, DAMAGED)]
    for run in ended[KEPT_RUNS:]:
        shutil.rmtree(run.directory, ignore_errors=True)
    for path in _directories():
        if _run(path) is None and not journal_log.at_work(path):
            shutil.rmtree(path, ignore_errors=True)


def _directories() -> list[str]:
    try:
        with os.scandir(journal_log.directory()) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _run(path: str) -> Run | None:
    """The run in a directory; None when it wrote no record, and so did nothing."""
    name = os.path.basename(path)
    summary = journal_log.ended(path)
    if summary is None:
        try:
            records = journal_log.records(path)
        except (journal_log.Damaged, OSError):
            return Run(name, "", 0.0, DAMAGED, (), path)
        if not records:
            return None
        summary = {**summarised(records), "state": _state(path, records)}
    try:
        return Run(
            name, summary["app"], float(summary["started"]), summary["state"], tuple(summary["steps"]), path,
            tuple(summary.get("services", ())),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return Run(name, "", 0.0, DAMAGED, (), path)


def summarised(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a list of runs tells of a run, but its state."""
    begun = [record for record in records if record.get("is") == "begin"]
    return {
        "app": records[0].get("app"),
        "started": records[0].get("started"),
        "steps": [str(record.get("what", "")) for record in begun],
        "services": [str(record.get("what", "")) for record in begun if _on_service(record)],
    }


def _state(path: str, records: tuple[dict[str, Any], ...]) -> str:
    if records[-1].get("is") == "end":
        return str(records[-1].get("state", ""))
    return APPLYING if journal_log.at_work(path) else INTERRUPTED


def _on_service(record: Mapping[str, Any]) -> bool:
    return bool(record.get("service") or record.get("invalidates"))
