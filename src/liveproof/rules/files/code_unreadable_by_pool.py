"""
The app's user cannot read code that it should run.

## Why
PHP opens a file again only when OPcache holds no copy of it. A file that the pool may not read, or a directory that it
may not search, is therefore served from memory as if nothing were wrong, until the next reload or restart: then every
request that needs it fails with 500. It comes from a deploy as root with a narrow umask (`umask 077`), or from an
archive unpacked with the modes of somebody's home.

It is asked as the app's user in the pool's own view of the file system, so that ACLs, mounts and the unit's sandbox
are counted as well as mode bits.

## Fix safety
Safe: only the bits that are missing are added, to the owner, the group or all others, whichever the app's user is,
and a wrong owner is put right by the same policy as FIL001. Each old mode is kept for the rollback. What an ACL or a
directory above the app denies is left to a person. Keys, and files and directories that only their owner may use and
that hold no code, are named as a notice and never opened.

## Verify by hand
```sh
runuser -u {user} -- find {app}/ -name storage -prune -o ! -readable -print   # what the app's user cannot read
namei -l {app}/artisan                                                        # owner and mode of every directory above
```
"""

from collections.abc import Iterator
from dataclasses import replace

from liveproof.analysis.files.ownership import Mismatch, mismatches, ownership
from liveproof.analysis.files.permissions import READ, SEARCH, permits
from liveproof.analysis.files.root_runs import roots_own
from liveproof.fixes import ownership as giving
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.schedule import Schedule
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

_SHOWN = 10

rule = Rule(
    "FIL002",
    Severity.CRITICAL,
    condition="the pool can read every code file and search every directory of code",
    caused_by=("SYS001",),
    leads_to=("LAR015", "WIR001:answered"),
    answers=("code readable",),
    deployed=2,
    hidden_by_memory=True,
    monitor="ownership",
)


@rule.check
def check(app: App, access: Access, files: Files, settings: Settings, schedule: Schedule | Unknown) -> Iterator[Answer]:
    unseen = files.unseen("code", "public", "vendor")
    if unseen:
        yield unseen
    kinds = giving.classes_of(files, access.unreadable)
    private = _private(files, kinds)
    if private:
        yield _left_private(app, access, files, kinds, private)
    access = _without(access, private)
    if not access.unreadable:
        if access.asked:
            yield Holds(f"{access.asked} code files and directories, asked as {app.user}")
        return
    shown, count = access.unreadable[:_SHOWN], len(access.unreadable) + access.more_unreadable
    yield Finding(
        f"{app.user} cannot read {'at least ' if access.uncounted else ''}{count} code files and directories; OPcache"
        " hides it until PHP-FPM's next reload",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown if path != ".")),
        tuple(_evidence(app, access, files, kinds, path) for path in shown),
        advice=_advice(app, access, files, settings, schedule),
        more=count - len(shown),
        at_least=access.uncounted,
    )


def _private(files: Files, kinds: dict[str, FileClass]) -> dict[str, str]:
    """What of it no step may open, with the reason: it holds no code, and only its owner may use it."""
    entries = [
        giving.Given(path, now, now.uid, now.gid, now.mode) for path, now in kinds.items() if not path.startswith("/")
    ]
    _, private = giving.apart(files, entries)
    return {entry.path: why for entry, why in private}


def _without(access: Access, private: dict[str, str]) -> Access:
    return replace(access, unreadable=tuple(path for path in access.unreadable if path not in private))


def _left_private(
    app: App, access: Access, files: Files, kinds: dict[str, FileClass], private: dict[str, str]
) -> Finding:
    shown = sorted(private)[:_SHOWN]
    count = len(private) + access.more_private
    many = f"{'at least ' if access.uncounted else ''}{count} private entries"
    return Finding(
        f"{app.user} cannot read {many}, such as {shown[0]}; liveproof does not open them",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown)),
        tuple(_evidence(app, access, files, kinds, path) for path in shown),
        advice=f"if the app needs it, let {app.user} read it by hand: {private[shown[0]]}",
        severity=Severity.NOTICE,
        more=count - len(shown),
        at_least=access.uncounted,
    )


def _evidence(app: App, access: Access, files: Files, kinds: dict[str, FileClass], path: str) -> Evidence:
    now = kinds.get(path)
    whole = app.path if path == "." else app.below(path)
    saw = f"denied to {app.user} as {access.view} sees it"
    if now:
        saw = f"{files.owner(now.uid, now.gid)} {now.mode:04o}, {saw}"
    return Evidence(f"access {whole}", saw, f"{app.user} may {'search' if now and now.kind == 'd' else 'read'} it")


def _advice(app: App, access: Access, files: Files, settings: Settings, schedule: Schedule | Unknown) -> str:
    entries = _wanted(app, access, files, settings, schedule)
    if isinstance(entries, str):
        return entries
    refused = giving.refusal(app, files, entries)
    return (
        f"change it by hand: {refused}" if refused else f"deploy with umask 022, as a user of whom {app.user} may read"
    )


def _wanted(
    app: App, access: Access, files: Files, settings: Settings, schedule: Schedule | Unknown
) -> list[giving.Given] | str:
    """What each unreadable entry should be, or what a person must look at."""
    if access.more_unreadable:
        return f"change it by hand: {giving.too_many(len(access.unreadable) + access.more_unreadable)}"
    kinds = giving.classes_of(files, access.unreadable)
    owned = ownership(settings.policy, files, app)
    found = owned if isinstance(owned, Unknown) else mismatches(owned, files, app)
    wrong: dict[str, Mismatch] = {}
    if not isinstance(found, Unknown):
        own = roots_own(schedule, files)  # opened where PHP-FPM must read it, but never given away
        wrong = {entry.path: entry for entry in found if entry.path in kinds and not own.why(entry.path)}
    wanted = []
    for path in access.unreadable:
        now = kinds.get(path)
        directory = now is not None and now.kind == "d"
        if now is None or permits(now.mode, now.uid, now.gid, app, SEARCH if directory else READ):
            where = app.path if path == "." else app.below(path)
            return f"modes allow it: look at the ACL (getfacl {where}) and the directories above (namei -l {where})"
        should = (
            giving.given(wrong[path], kinds) if path in wrong else giving.Given(path, now, now.uid, now.gid, now.mode)
        )
        wanted.append(giving.opened(should, app, READ | SEARCH if directory else READ))
    return wanted


@rule.fix(Safety.SAFE)
def let_read(
    finding: Finding, *, app: App, access: Access, files: Files, settings: Settings, schedule: Schedule | Unknown
) -> Iterator[Step]:
    if finding.severity is Severity.NOTICE:
        return
    access = _without(access, _private(files, giving.classes_of(files, access.unreadable)))
    entries = _wanted(app, access, files, settings, schedule)
    if isinstance(entries, list) and not giving.refusal(app, files, entries):
        yield from giving.steps(files, entries, f"{app.user} must be able to read the code")
