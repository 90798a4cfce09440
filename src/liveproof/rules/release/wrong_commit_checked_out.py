"""
Another commit is checked out than the one that was meant.

## Why
`git pull` in a deploy script that goes on after an error leaves the old commit: local changes, line endings, a lock, an
owner that git does not trust. HEAD says what is checked out, not what was meant. With `--release COMMIT` that is
known, and another HEAD is the fault. So is a merge, rebase, cherry-pick or revert that was begun and not ended: the
files are then of neither commit, and may hold conflict markers.

Notices, since they may be meant so: the branch that is followed was fetched and has commits that HEAD lacks; a lock
(`index.lock`) of a git that is gone, which the next pull will fail at. While such a file is younger than ten minutes
git may be at work, and nothing is proven.

## Verify by hand
```sh
cat {app}/.git/HEAD; tail -n 3 {app}/.git/logs/HEAD
ls -ld {app}/.git/*_HEAD {app}/.git/rebase-* {app}/.git/*.lock
git -C {app} log --oneline HEAD..@{u}      # as the tree's owner, never as root
```

## Fix safety
Manual: what is to become of local changes and conflicts only a person can tell.
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.checkout import Checkout, Unfinished
from liveproof.model.facts.release import Release
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "REL005",
    Severity.HIGH,
    condition="HEAD is the commit that was meant, where `--release` names it, and git left nothing unfinished",
    leads_to=("REL001", "REL011", "FIL018", "WIR001:answered"),
    only_breaks=True,
)

_AT_WORK = 600.0  # s that git may need for one operation
_SHORT = 12


@rule.check
def check(app: App, checkout: Checkout, release: Release | Unknown | Absent) -> Iterator[Answer]:
    head = checkout.head
    meant = release.intended if isinstance(release, Release) and release.kind == "git" else head
    if meant != head:
        yield Finding(
            f"commit {head[:_SHORT]} is checked out, and {meant[:_SHORT]} is meant",
            (Ref("app", app.path),),
            (Evidence(f"{checkout.directory}/HEAD", f"{head} ({checkout.branch or 'no branch'})", meant),),
            "see in the deploy's log why git did not check it out, and deploy again",
        )
    young = [one for one in (*checkout.unfinished, *checkout.locks) if checkout.now - one.since < _AT_WORK]
    old = [one for one in checkout.unfinished if one not in young]
    if old:
        yield _unfinished(app, old)
    if young:
        yield Unknown(
            f"git is at work in {app.path}, or stopped a short while ago: {young[0].path} is there since "
            f"{moment(young[0].since)}; check again when it is over"
        )
    if meant == head and not old and not young:
        yield Holds(f"HEAD is {head[:_SHORT]}, and no merge or rebase is unfinished")
    for lock in checkout.locks:
        if lock not in young:
            yield _lock(app, lock)
    if checkout.ahead and not old:
        yield _ahead(app, checkout)


def _unfinished(app: App, old: list[Unfinished]) -> Finding:
    return Finding(
        f"a {old[0].what} in {app.path} was begun {moment(old[0].since)} and not ended: its files are of no commit",
        (Ref("app", app.path), *(Ref("file", one.path) for one in old)),
        tuple(Evidence(f"stat {one.path}", f"is there since {moment(one.since)}", "no such file") for one in old),
        f"as the tree's owner: git -C {app.path} {old[0].what} --abort, or end it; then deploy again"
        if old[0].what != "bisect"
        else f"as the tree's owner: git -C {app.path} bisect reset; then deploy again",
    )


def _lock(app: App, lock: Unfinished) -> Finding:
    return Finding(
        f"git left a lock behind in {app.path} at {moment(lock.since)}, and the next pull or checkout will fail at it",
        (Ref("app", app.path), Ref("file", lock.path)),
        (Evidence(f"stat {lock.path}", f"is there since {moment(lock.since)}", "no such file while no git runs"),),
        f"if no git runs in {app.path}: rm {lock.path}",
        severity=Severity.NOTICE,
    )


def _ahead(app: App, checkout: Checkout) -> Finding:
    return Finding(
        f"{checkout.upstream} was fetched and has commits that HEAD of {app.path} lacks",
        (Ref("app", app.path),),
        (
            Evidence(
                f"{checkout.directory}, {checkout.upstream}",
                f"{checkout.fetched[:_SHORT]}, HEAD is {checkout.head[:_SHORT]}",
                "in the history of HEAD",
            ),
        ),
        f"if {checkout.fetched[:_SHORT]} was to be deployed: see why the pull did not check it out; `--release COMMIT` "
        "says what is meant",
        severity=Severity.NOTICE,
    )
