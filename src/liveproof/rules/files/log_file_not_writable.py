"""
The app's user cannot write the log file that Laravel's configuration names.

## Why
A log file that artisan made as root, or that logrotate created for somebody else, takes no more lines from the app.
Monolog then throws, so every request that logs anything fails with 500 while requests that log nothing succeed: a
health check by GET stays green while every POST fails. With daily files the fault begins at midnight.

## Fix safety
Safe: the file's owner, group and the app's user's bits are put right; its content stays. The old owner and mode are
kept for the rollback. A log outside of the app is left to a person.

## Verify by hand
```sh
ls -l {app}/storage/logs/
runuser -u {user} -- test -w {log} && echo writable
grep -rn -A12 {app} /etc/logrotate.d/ | grep -E 'create|su '    # whom logrotate makes the next file for
```
"""

import os
from collections.abc import Iterator

from liveproof.fixes.write_access import Tree
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

# The directory is judged by FIL005, as a directory of storage.
_JUDGED = "storage/logs"

rule = Rule(
    "FIL006",
    Severity.CRITICAL,
    condition="the pool can write the app's log files",
    caused_by=("SYS001", "SYS003"),
    leads_to=("LAR015", "WIR001:answered", "WIR003"),
    answers=("log writable",),
    monitor="writability",
)


@rule.check
def check(app: App, access: Access, files: Files, settings: Settings, laravel: Laravel) -> Iterator[Answer]:
    if isinstance(laravel.log_files, Unknown):
        yield laravel.log_files
        return
    tree = Tree(app, access, files, settings.policy)
    if not laravel.log_files:
        yield Holds("the app logs to no file")
    for path in _below(app, laravel.log_files):
        may = access.may_write(path)
        if isinstance(may, Unknown):
            yield may
        elif may is False:
            yield _finding(tree, path)
        elif path in access.missing:
            yield from _missing(tree, path)
        elif may:
            yield Holds(f"{app.user} can write {path}")


def _below(app: App, log_files: tuple[str, ...]) -> Iterator[str]:
    """The files as Access names them."""
    for path in dict.fromkeys(log_files):
        top = next((top for top in (app.path, app.real) if path.startswith(f"{top}/")), "")
        if path.startswith("/"):
            yield path[len(top) + 1 :] if top else path


def _finding(tree: Tree, path: str) -> Finding:
    user = tree.app.user
    return tree.denied(
        f"{user} cannot write the log {path}: requests that log anything fail",
        (path,),
        _why(tree.app),
        wanted=f"{user} can write it",
        habit=f"run artisan as {user}, and have logrotate create logs for it",
    )


def _missing(tree: Tree, path: str) -> Iterator[Finding | Holds]:
    """A file that is still to be made; whether it can be in storage/logs is told by another rule."""
    home, user = os.path.dirname(path), tree.app.user
    if home != _JUDGED and (tree.access.may_write(home) is False or home in tree.access.missing):
        yield Finding(
            f"{user} cannot make the log {path}: requests that log anything will fail",
            (Ref("app", tree.app.path), Ref("file", tree.app.below(path))),
            (Evidence(f"access {tree.app.below(home)}", tree.saw(home, None), f"a directory that {user} can write"),),
            advice=f"let {user} write {tree.app.below(home)}",
        )
    else:
        yield Holds(f"{path} is still to be made")


def _why(app: App) -> str:
    return f"Laravel, running as {app.user}, logs there"


@rule.fix(Safety.SAFE)
def let_log(finding: Finding, app: App, access: Access, files: Files, settings: Settings) -> Iterator[Step]:
    path = next(iter(finding.ids("file")), "")
    below = next(_below(app, (path,)), path)
    if access.may_write(below) is False:
        yield from Tree(app, access, files, settings.policy).opening((below,), _why(app))
