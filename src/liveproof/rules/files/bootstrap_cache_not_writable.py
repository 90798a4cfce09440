"""
The app's user cannot write bootstrap/cache.

## Why
Laravel writes each of its caches to a temporary file in `bootstrap/cache` and renames it over the old one, so what
counts is the directory, not its files. When the directory is not writable, `config:cache`, `route:cache` and package
discovery fail, and `config:clear` even prints success and exits with 0 while the old cache stays: old configuration
and old routes go on being served. Artisan or Composer run as root makes such a directory.

Where the environment puts the caches elsewhere (`APP_CONFIG_CACHE` and its like, in `.env` or the pool) those
directories are judged, and bootstrap/cache only if one of them is still there.

## Fix safety
Safe: the directory's owner, group and the app's user's bits are put right, or the missing directory is made; nothing
in it is touched. The old owner and mode are kept for the rollback. Behind a read-only mount the directory is not a
fault by itself: what is stale there is reported by the rules on caches. A directory outside of the deployment that a
link leads to is left to a person.

## Verify by hand
```sh
stat -c '%U:%G %a %n' {app}/bootstrap/cache
runuser -u {user} -- test -w {app}/bootstrap/cache && echo writable
```
The unit's sandbox may forbid what the modes allow: `systemctl show {unit} -p ProtectSystem -p ReadOnlyPaths`.
"""

from collections.abc import Iterator

from liveproof.analysis.laravel.places import cache_directories
from liveproof.fixes import ownership
from liveproof.fixes.write_access import Tree
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Answer, Finding, Holds, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "FIL003",
    Severity.HIGH,
    condition="Laravel can write its caches where it keeps them",
    caused_by=("SYS001",),
    leads_to=("LAR015", "WIR001:answered"),
    answers=("cache directory writable",),
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
    tree = Tree(app, access, files, settings.policy)
    for path in cache_directories(laravel):
        may = access.may_write(path)
        if path in access.read_only:
            # By design in many a container: a stale or missing cache is a finding of its own.
            if isinstance(laravel, Unknown):
                yield Unknown(f"{app.below(path)} is mounted read-only, and whether its caches are fresh is not known")
            else:
                yield Holds(f"{path} is mounted read-only, and its caches are judged by what they hold")
        elif may is False:
            yield _finding(tree, path, f"{app.user} cannot write {path}, so Laravel's caches stay as they are")
        elif path in access.missing:
            yield _finding(tree, path, f"{path} does not exist, so Laravel can keep no cache")
        elif may is not True:
            yield may or Unknown(f"nobody was asked about {app.below(path)}")
        else:
            yield Holds(f"{app.user} can write {path}")


def _finding(tree: Tree, path: str, message: str) -> Finding:
    wanted = f"a directory that {tree.app.user} can write"
    habit = f"run composer and artisan as {tree.app.user}, never as root"
    return tree.denied(message, (path,), _why(tree.app), wanted=wanted, habit=habit)


def _why(app: App) -> str:
    return f"Laravel, running as {app.user}, writes its caches there"


@rule.fix(Safety.SAFE)
def let_write(
    finding: Finding, *, app: App, access: Access, files: Files, settings: Settings, laravel: Laravel | Unknown
) -> Iterator[Step]:
    tree = Tree(app, access, files, settings.policy)
    for path in cache_directories(laravel):
        if app.below(path) not in finding.ids("file"):
            continue
        steps = tree.steps((path,), _why(app))
        if not isinstance(steps, str):
            yield from steps
            # Once the app can write there it leaves files of its own beside those of the other user.
            foreign = tree.foreign_caches()
            if not ownership.refusal(app, files, foreign):
                yield from ownership.steps(files, foreign, "all caches of Laravel must belong to one user")
