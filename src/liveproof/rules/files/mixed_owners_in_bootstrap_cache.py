"""
The files in bootstrap/cache belong to several users, among them an unexpected user.

## Why
Half of the caches written by root, half by the app's user, is the sign of artisan run by whoever was at hand. Laravel
can replace a file that belongs to root as long as the directory is its own, for it renames a new one over it; but a
root-owned file written with a narrow umask cannot be read, the two halves are of different ages, and the next run as
root makes the next mixture. Files that all belong to one user are no fault, and neither are files of the one who
deploys beside files of the app's user.

## Fix safety
Safe: only files of an unexpected user are given to the owner that the policy wants; contents stay. The old owners
are kept for the rollback.

## Verify by hand
```sh
stat -c '%U:%G %a %y %n' {app}/bootstrap/cache/*.php
```
"""

from collections.abc import Iterator

from liveproof.analysis.files.ownership import ownership
from liveproof.analysis.laravel.places import CACHE, cache_directories
from liveproof.fixes import ownership as giving
from liveproof.fixes.write_access import Tree
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

_SHOWN = 10
_NOT_ASKED = Access((), (), (), 0)  # owners are judged, not rights

rule = Rule(
    "FIL004",
    Severity.MEDIUM,
    condition="all caches in bootstrap/cache belong to one user",
    caused_by=("SYS001", "FIL003"),
    leads_to=("LAR015",),
    answers=("owners of caches",),
    prevents="owners",
    monitor="ownership",
)


@rule.check
def check(
    app: App,
    files: Files,
    settings: Settings,
    laravel: Laravel | Unknown,
) -> Iterator[Answer]:
    if CACHE not in cache_directories(laravel):
        yield Holds(f"Laravel keeps no cache in {CACHE}")
        return
    unseen = files.unseen("cache")
    if unseen:
        yield unseen
    tree = Tree(app, _NOT_ASKED, files, settings.policy)
    caches = tree.caches()
    if len({kind.uid for kind in caches.values()}) < 2:
        yield Holds(f"{len(caches)} caches, of one owner")
        return
    owned = ownership(settings.policy, files, app)
    if isinstance(owned, Unknown):
        yield owned
        return
    foreign = tree.foreign_caches()
    if foreign:
        yield _finding(app, files, caches, foreign)
    else:
        yield Holds(f"{len(caches)} caches, whose owners are those of the policy")


def _finding(app: App, files: Files, caches: dict[str, FileClass], foreign: list[giving.Given]) -> Finding:
    paths = sorted(entry.path for entry in foreign)
    shown = sorted(caches.items(), key=lambda cache: (cache[0] not in paths, cache[0]))[:_SHOWN]
    users = sorted({files.owner(kind.uid, kind.gid).partition(":")[0] for kind in caches.values()})
    wanted = files.owner(foreign[0].uid, foreign[0].gid)
    refused = giving.refusal(app, files, foreign)
    return Finding(
        f"the files in bootstrap/cache belong to {' and '.join(users)}",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in paths[:_SHOWN])),
        tuple(
            Evidence(f"stat {app.below(path)}", f"{files.owner(kind.uid, kind.gid)} {kind.mode:04o}", wanted)
            for path, kind in shown
        ),
        advice=f"change it by hand: {refused}" if refused else f"run artisan as {app.user} alone",
        more=len(caches) - len(shown),
    )


@rule.fix(Safety.SAFE)
def give_to_one(finding: Finding, app: App, files: Files, settings: Settings) -> Iterator[Step]:  # noqa: ARG001
    foreign = Tree(app, _NOT_ASKED, files, settings.policy).foreign_caches()
    if not giving.refusal(app, files, foreign):
        yield from giving.steps(files, foreign, "all caches of Laravel must belong to one user")
