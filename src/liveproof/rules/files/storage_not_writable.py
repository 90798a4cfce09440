"""
The app's user cannot write a directory of storage that Laravel needs.

## Why
Laravel compiles its views into `storage/framework/views`, keeps sessions and cache entries beside them, logs into
`storage/logs` and stores files in `storage/app`. Where its user may not write, requests fail with 500, sessions are
lost, or the failure cannot even be logged. Artisan run as root makes such directories, and such files in directories
that are right: a cache entry or a compiled view of root's cannot be written anew.

Directories that are missing count where Laravel does not make them itself. `storage` and `storage/framework`
themselves are told as a notice: Laravel writes only below them.

## Fix safety
Safe: only owner, group and missing bits of the named entries are put right, and missing directories made; contents
stay. The old owners and modes are kept for the rollback. Read-only mounts, and a storage that lies outside of the
deployment, are left to a person.

## Verify by hand
```sh
runuser -u {user} -- find -L {app}/storage -type d ! -writable -print   # directories that the app's user cannot write
namei -l {app}/storage/framework/views                                  # owners and modes on the way
```
"""

from collections.abc import Iterator

from liveproof.model import giving
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.lab import Lab
from liveproof.model.plans import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity
from liveproof.model.writing import Tree

_SHOWN = 10
# Only what is below them is written.
_ABOVE = ("storage", "storage/framework")
# Laravel makes the others itself, if it can write what they are to lie in; sessions may be kept elsewhere.
_NEEDED = ("storage/framework/views",)
_MADE = ("storage/framework/cache", "storage/framework/cache/data", "storage/logs", "storage/app")

rule = Rule("FIL005", Severity.CRITICAL, caused_by=("SYS001",))


@rule.check
def check(
    app: App,
    access: Access,
    files: Files,
    settings: Settings,
    laravel: Laravel | Unknown,  # noqa: ARG001  (an app that is none has no such directories)
) -> Iterator[Finding | Unknown]:
    unseen = files.unseen("storage")
    if unseen:
        yield unseen
    for path, may in access.writable:
        if isinstance(may, Unknown) and _of_storage(path):
            yield may
    tree = Tree(app, access, files, settings.policy)
    kinds = giving.classes_of(files, _refused(access))
    serious, above = _faults(tree, kinds)
    if serious:
        yield _finding(tree, kinds, serious, Severity.CRITICAL)
    elif above:
        yield _finding(tree, kinds, above, Severity.NOTICE)


def _of_storage(path: str) -> bool:
    return path == "storage" or path.startswith("storage/")


def _refused(access: Access) -> list[str]:
    return [path for path, may in access.writable if may is False and _of_storage(path)]


def _faults(tree: Tree, kinds: dict[str, FileClass]) -> tuple[list[str], list[str]]:
    """Paths that the app needs and cannot write, and those that only lie above such.

    Of files only those below storage/framework count that belong to somebody who neither deploys nor runs the app; logs
    are judged by their own rule.
    """
    welcome = tree.welcome()

    def counts(path: str) -> bool:
        kind = kinds.get(path)
        if kind is None or kind.kind == "d":
            return True
        return path.startswith("storage/framework/") and kind.uid not in welcome

    denied = [path for path in _refused(tree.access) if counts(path)]
    above = [path for path in denied if path in _ABOVE]
    serious = {*(path for path in denied if path not in _ABOVE), *_missing(tree.access)}
    # What is mended must not leave a notice behind.
    return sorted(serious | set(above) if serious else (), key=lambda path: (path.count("/"), path)), above


def _missing(access: Access) -> Iterator[str]:
    """Missing directories that Laravel needs and does not, or cannot, make."""
    if "storage" in access.missing:
        yield "storage"
    for path in (*_NEEDED, *_MADE):
        parent = path.rpartition("/")[0]
        if path in access.missing and (path in _NEEDED or access.may_write(parent) is False):
            yield path


def _finding(tree: Tree, kinds: dict[str, FileClass], paths: list[str], severity: Severity) -> Finding:
    app, steps = tree.app, _steps(tree, paths)
    named = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return Finding(
        f"{app.user} cannot write {named}",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in paths[:_SHOWN])),
        tuple(
            Evidence(f"access {app.below(path)}", tree.saw(path, kinds.get(path)), f"{app.user} can write it")
            for path in paths[:_SHOWN]
        ),
        advice=steps if isinstance(steps, str) else f"run artisan as {app.user}, never as root",
        severity=severity,
    )


def _steps(tree: Tree, paths: list[str]) -> tuple[Step, ...] | str:
    return tree.steps(paths, f"Laravel, running as {tree.app.user}, writes there")


@rule.fix(Safety.SAFE)
def let_write(finding: Finding, app: App, access: Access, files: Files, settings: Settings) -> Iterator[Step]:
    tree = Tree(app, access, files, settings.policy)
    serious, above = _faults(tree, giving.classes_of(files, _refused(access)))
    steps = _steps(tree, above if finding.severity is Severity.NOTICE else serious)
    if not isinstance(steps, str):
        yield from steps


@rule.fault
def view_cache_ran_as_root(lab: Lab) -> None:
    lab.sh("chown -R root:root storage/framework; chmod -R go-w storage/framework; chmod 755 storage/framework/*")


@rule.symptom
def app_user_cannot_write_views(lab: Lab) -> bool:
    return lab.sh("test -w storage/framework/views && echo writable || echo denied", user=lab.user) == "denied"


@rule.lookalike
def written_through_the_group(lab: Lab) -> None:
    lab.sh('chown -R "deploy:$WWW" storage/framework/ storage/logs/; chmod -R g+rwX storage/framework/ storage/logs/')
