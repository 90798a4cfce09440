"""
The app's user cannot write a directory of storage that Laravel needs.

## Why
Laravel compiles its views into `storage/framework/views`, keeps sessions and cache entries beside them, logs into
`storage/logs` and stores files in `storage/app`. Where its user may not write, requests fail with 500, sessions are
lost, or the failure cannot even be logged. Artisan run as root makes such directories, and such files in directories
that are right: a cache entry or a compiled view of root's cannot be written again.

Storage and compiled views are judged where this Laravel has them (`useStoragePath`, `LARAVEL_STORAGE_PATH`,
`VIEW_COMPILED_PATH`); one that lies outside of the app is named, and changed by hand.

Directories that are missing count where Laravel does not make them itself. `storage` and `storage/framework`
themselves are reported as a notice: Laravel writes only below them.

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

from liveproof.analysis.laravel.places import below_storage, storage, views
from liveproof.fixes import ownership
from liveproof.fixes.write_access import Tree
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Answer, Finding, Holds, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

# Only what is below them is written.
_ABOVE = ("", "/framework")
# Laravel makes these itself, if it can write what they are to lie in; sessions may be kept elsewhere.
_MADE = ("/framework/cache", "/framework/cache/data", "/logs", "/app")

rule = Rule(
    "FIL005",
    Severity.CRITICAL,
    condition="the pool can write what Laravel writes in storage",
    caused_by=("SYS001",),
    leads_to=("LAR015", "WIR001:answered", "WIR003"),
    answers=("storage writable",),
    prevents="writable_directories",
    monitor="writability",
)


@rule.check
def check(
    app: App,
    access: Access,
    files: Files,
    settings: Settings,
    laravel: Laravel | Unknown,
) -> Iterator[Answer]:
    where = storage(laravel)
    if isinstance(where, Unknown):
        yield where
    unseen = files.unseen("storage")
    if unseen:
        yield unseen
    for path, may in access.writable:
        if below_storage(laravel, path):
            if isinstance(may, Unknown):
                yield may
            elif may:
                yield Holds(f"{app.user} can write {path}")
    tree = Tree(app, access, files, settings.policy)
    kinds = ownership.classes_of(files, _refused(access, laravel))
    serious, above = _faults(tree, kinds, laravel)
    if serious:
        yield _finding(tree, serious, Severity.CRITICAL)
    elif above:
        yield _finding(tree, above, Severity.NOTICE)


def _refused(access: Access, laravel: Laravel | Unknown) -> list[str]:
    return [path for path, may in access.writable if may is False and below_storage(laravel, path)]


def _faults(tree: Tree, kinds: dict[str, FileClass], laravel: Laravel | Unknown) -> tuple[list[str], list[str]]:
    """Paths that the app needs and cannot write, and those that only lie above such.

    Of files only those below storage/framework count that belong to somebody who neither deploys nor runs the app; logs
    are judged by their own rule.
    """
    welcome = tree.welcome()
    where = storage(laravel)
    tops = () if isinstance(where, Unknown) else tuple(f"{where}{part}" for part in _ABOVE)
    rewritten = (*(f"{top}/" for top in tops[1:]), f"{views(laravel)}/")

    def counts(path: str) -> bool:
        kind = kinds.get(path)
        if kind is None or kind.kind == "d":
            return True
        return path.startswith(rewritten) and kind.uid not in welcome

    denied = [path for path in _refused(tree.access, laravel) if counts(path)]
    above = [path for path in denied if path in tops]
    serious = {*(path for path in denied if path not in tops), *_missing(tree.access, laravel)}
    # What is fixed must not leave a notice behind.
    return sorted(serious | set(above) if serious else (), key=lambda path: (path.count("/"), path)), above


def _missing(access: Access, laravel: Laravel | Unknown) -> Iterator[str]:
    """Missing directories that Laravel needs and does not, or cannot, make."""
    where, compiled = storage(laravel), views(laravel)
    if isinstance(compiled, str) and compiled in access.missing:
        yield compiled
    if isinstance(where, Unknown):
        return
    if where in access.missing:
        yield where
    for path in (f"{where}{part}" for part in _MADE):
        if path in access.missing and access.may_write(path.rpartition("/")[0]) is False:
            yield path


def _finding(tree: Tree, paths: list[str], severity: Severity) -> Finding:
    app = tree.app
    more = tree.access.more_unwritable if severity.breaks else 0
    count, uncounted = len(paths) + more, tree.access.uncounted and severity.breaks
    named = ", ".join(paths[:3])
    if count > len(paths[:3]):
        named += f" and {'at least ' if uncounted else ''}{count - len(paths[:3])} more"
    return tree.denied(
        f"{app.user} cannot write {named}",
        paths,
        _why(app),
        wanted=f"{app.user} can write it",
        habit=f"run artisan as {app.user}, never as root",
        severity=severity,
        more=more,
        at_least=uncounted,
    )


def _why(app: App) -> str:
    return f"Laravel, running as {app.user}, writes there"


@rule.fix(Safety.SAFE)
def let_write(
    finding: Finding, *, app: App, access: Access, files: Files, settings: Settings, laravel: Laravel | Unknown
) -> Iterator[Step]:
    tree = Tree(app, access, files, settings.policy)
    serious, above = _faults(tree, ownership.classes_of(files, _refused(access, laravel)), laravel)
    if finding.severity is Severity.NOTICE:
        yield from tree.opening(above, _why(app))
    else:
        yield from tree.opening(serious, _why(app), more=access.more_unwritable)
