r"""
Code belongs to another user than the policy wants.

## Why
A deploy, `git pull`, `composer` or `artisan` that runs as root leaves files that the next deploy, running as the
usual user, can neither replace nor remove. It fails half-way or skips them without a word, and old code goes on being
served. What root wrote with a narrow umask cannot even be read by PHP-FPM.

## Who should own it
- `default`: whoever owns most of the PHP code of the app. What the app's own user made (an upload, a database) is no
  fault. Code that belongs to root as a whole is a sound layout.
- `app-user`: the pool's user owns everything, `storage` and `bootstrap/cache` too.
- `hardened`: one who deploys owns the code, the pool's group reads it, and the pool cannot write it.
- `own`: the rules in `liveproof.toml`.

Links are not judged: their owner has no meaning. Where two users own much of the code each, liveproof does not guess:
name the owner under `[policy]`.

## Fix safety
Safe: only the entries that are wrong get the owner (under `hardened` and `own` also the mode) that the policy wants.
Each old owner is kept for the rollback. A file with several hard links is left to a person, for it may belong to
something else. Keys, `.ssh`, `.git`, and files that only their owner may use (0600, 0700) and that hold no code are
named as a notice and never changed: another owner could read what was nobody else's business.

What root itself runs from the tree (by a crontab, a service, supervisor) is never given to another user, nor are the
directories that lead to it: whoever may write it would be root. It is named as a notice, and breaks nothing, for a
script of root's is right to be root's; it should lie outside of the app, where only root can write. `artisan` is none
of these: it is part of the app and belongs to its owner, and it is root who should not run it (SYS001).

## Verify by hand
```sh
find {app} -path {app}/storage -prune -o -printf '%u:%g\n' | sort | uniq -c | sort -rn   # who owns how much
find {app} -path {app}/storage -prune -o -user root -print                               # what root left behind
```
"""

from collections.abc import Iterable, Iterator

from liveproof.analysis.files.ownership import Mismatch, Ownership, mismatches, ownership
from liveproof.analysis.files.root_runs import LAYOUT, RootsOwn, roots_own
from liveproof.fixes import ownership as giving
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.schedule import Schedule
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety, Severity

_SHOWN = 10
_SECTIONS = ("code", "vendor", "public", "env")

rule = Rule(
    "FIL001",
    Severity.HIGH,
    condition="the code belongs to whom the policy names",
    caused_by=("SYS001",),
    leads_to=("LAR015",),
    answers=("code ownership",),
    prevents="owners",
    deployed=1,
    monitor="ownership",
)


@rule.check
def check(app: App, files: Files, settings: Settings, schedule: Schedule | Unknown) -> Iterator[Answer]:
    unseen = files.unseen(*_SECTIONS)
    if unseen:
        yield unseen
    owned = ownership(settings.policy, files, app)
    if isinstance(owned, Unknown):
        yield owned
        return
    found = mismatches(owned, files, app)
    if isinstance(found, Unknown):
        yield found
        return
    mismatched, roots = _parted(found, roots_own(schedule, files))
    fine, private = giving.apart(files, _given(files, mismatched))
    private_paths = {entry.path for entry, _ in private}
    wrong = [entry for entry in mismatched if entry.path not in private_paths]
    if wrong:
        yield _finding(app, files, owned, wrong, giving.refusal(app, files, fine))
    if private:
        yield _private(app, files, private)
    if roots:
        yield _roots(app, files, roots)
    yield Holds(f"the owners of {files.count - len(mismatched)} entries")


def _parted(found: Iterable[Mismatch], own: RootsOwn) -> tuple[list[Mismatch], list[tuple[Mismatch, str]]]:
    """What may be changed, and what root runs and nobody else may get, with the reason."""
    fine: list[Mismatch] = []
    roots: list[tuple[Mismatch, str]] = []
    for entry in found:
        given_away = entry.want_uid > 0 or entry.want_gid > 0
        why = own.why(entry.path) if given_away else ""
        if why:
            roots.append((entry, why))
        else:
            fine.append(entry)
    return fine, roots


def _roots(app: App, files: Files, roots: list[tuple[Mismatch, str]]) -> Finding:
    """What root runs stays root's: given away, its new owner could become root."""
    ordered = sorted(roots, key=lambda pair: (pair[0].kind == "d", pair[0].path))
    shown, (first, why) = ordered[:_SHOWN], ordered[0]
    more = f", and {len(roots) - 1} more" if len(roots) > 1 else ""
    return Finding(
        f"{first.path} {why}{more}: liveproof gives that to no other user, who would then be root",
        (Ref("app", app.path), *(Ref("file", app.below(entry.path)) for entry, _ in shown)),
        tuple(
            Evidence(
                f"stat {app.below(entry.path)}",
                f"{files.owner(entry.uid, entry.gid)} {entry.mode:04o}, {reason}",
                "outside of the app, where only root can write",
            )
            for entry, reason in shown
        ),
        advice=LAYOUT,
        severity=Severity.NOTICE,
        more=len(roots) - len(shown),
    )


def _private(app: App, files: Files, private: list[tuple[giving.Given, str]]) -> Finding:
    """Entries that are somebody's own: no deploy needs them, so they are named and never changed."""
    shown = private[:_SHOWN]
    return Finding(
        f"{len(private)} private entries, such as {shown[0][0].path}, do not belong to the user whom the policy names;"
        " liveproof does not change them",
        (Ref("app", app.path), *(Ref("file", app.below(entry.path)) for entry, _ in shown)),
        tuple(
            Evidence(
                f"stat {app.below(entry.path)}",
                f"{files.owner(entry.now.uid, entry.now.gid)} {entry.now.mode:04o}",
                f"{files.owner(entry.uid, entry.gid)} {entry.mode:04o}",
            )
            for entry, _ in shown
        ),
        advice=f"change it by hand if it should be the app's: {shown[0][1]}",
        severity=Severity.NOTICE,
        more=len(private) - len(shown),
    )


def _finding(app: App, files: Files, owned: Ownership, wrong: list[Mismatch], refused: str) -> Finding:
    shown = sorted(wrong, key=lambda entry: (entry.kind == "d", entry.path))[:_SHOWN]
    user = files.owner(owned.uid, owned.gid).partition(":")[0]
    owners = sorted({files.owner(entry.uid, entry.gid).partition(":")[0] for entry in wrong if entry.want_uid != -1})
    message = f"are owned by {', '.join(owners)}" if owners else "have a group or mode that is not wanted"
    expected = "" if owned.policy.name == "own" or not owners else f", not by {user}"
    return Finding(
        f"{len(wrong)} of {files.count} files {message}{expected} (policy {owned.policy.name})",
        (Ref("app", app.path), *(Ref("file", app.below(entry.path)) for entry in shown if entry.path != ".")),
        tuple(
            Evidence(
                f"stat {app.below(entry.path)}",
                f"{files.owner(entry.uid, entry.gid)} {entry.mode:04o}",
                _expected(files, entry),
            )
            for entry in shown
        ),
        advice=f"change it by hand: {refused}"
        if refused
        else f"run deploys, composer and artisan as {user}, never as root",
        more=len(wrong) - len(shown),
    )


def _expected(files: Files, entry: Mismatch) -> str:
    uid = entry.uid if entry.want_uid == -1 else entry.want_uid
    gid = entry.gid if entry.want_gid == -1 else entry.want_gid
    mode = "" if entry.want_mode == -1 else f" {entry.want_mode:04o}"
    return files.owner(uid, gid) + mode


def _given(files: Files, wrong: list[Mismatch]) -> list[giving.Given]:
    kinds = giving.classes_of(files, (entry.path for entry in wrong))
    return [giving.given(entry, kinds) for entry in wrong]


@rule.fix(Safety.SAFE)
def give_back(
    finding: Finding, app: App, files: Files, settings: Settings, schedule: Schedule | Unknown
) -> Iterator[Step]:
    owned = ownership(settings.policy, files, app)
    found = owned if isinstance(owned, Unknown) else mismatches(owned, files, app)
    if isinstance(found, Unknown) or finding.severity is Severity.NOTICE:
        return
    mismatched, _ = _parted(found, roots_own(schedule, files))
    entries, _ = giving.apart(files, _given(files, mismatched))
    if not giving.refusal(app, files, entries):
        yield from giving.steps(files, entries, "code must belong to the one who deploys it")
