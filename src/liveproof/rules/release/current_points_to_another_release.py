"""
The link of the app leads to another release than the one that was deployed.

## Why
A deploy builds a new release beside the others and switches `current` to it as its last act. Where a step before that
failed (migrations, a directory that the deploy user may not change) the new release lies on disk, complete or not, and
the old one is served. The same comes of a switch that failed quietly, and of one with a wrong release number.

What was meant is known from `--release DIRECTORY` and from the deploy tool's own record: Deployer names each release in
`.dep/releases_log` when it begins, Capistrano in `revisions.log` when it has switched. A rollback by the tool is known
as such (`BAD_RELEASE`, `rolled back to release`) and is not a fault. Where the link was changed after the record was
written, somebody may have gone back by hand: that is a notice, and so is a release that is younger than the last switch
where no tool keeps a record. While a deploy runs, nothing is proven: Deployer's release counts as being built for half
an hour, unless its lock is older.

## Verify by hand
```
readlink -f {app}
tail -n 1 "$(dirname {app})"/.dep/releases_log "$(dirname {app})"/revisions.log
ls -lat "$(dirname {app})" "$(dirname "$(readlink -f {app})")"
```

## Fix safety
Manual: the release that was not switched to may lack what the deploy would have done next. Run the deploy again, or
switch to the release when it is complete.
"""

from collections.abc import Iterator

from liveproof.analysis.releases import numbered, order
from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.release import Release
from liveproof.model.facts.release_directories import Record, ReleaseDirectories, ReleaseDirectory
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "REL003",
    Severity.HIGH,
    condition="the app's link leads to the release that was deployed last, as far as a deploy tool or `--release` says",
    leads_to=("WIR001:answered",),
    only_breaks=True,
)

_BUILDS = 1800.0  # s that a deploy may take without being called unfinished
_LOCKED = 3600.0  # s after which nobody holds a lock any more
_MARGIN = 300.0  # s between the last switch and what a deploy still writes into its release
_SHOWN = 5


@rule.check
def check(app: App, beside: ReleaseDirectories, release: Release | Unknown | Absent) -> Iterator[Answer]:
    named = release.intended if isinstance(release, Release) and release.kind == "directory" else ""
    record = beside.record
    if named and named != app.real:
        yield _finding(app, beside, named, Evidence("--release", named, app.real))
    elif named:
        yield Holds(f"{app.path} leads to {named}, as --release says")
    elif record is not None and record.release != app.real:
        yield from _of_record(app, beside, record)
    elif record is not None:
        yield Holds(f"{app.path} leads to {record.release}, as {record.source} says")
    elif younger := list(_younger(app, beside)):
        yield _notice(app, beside, younger)
    else:
        yield Holds(f"no release in {beside.directory} is younger than the last switch of {app.path}")
    if beside.unread:
        yield Unknown(
            f"what was deployed last is not known, since the deploy tool's record cannot be read: {beside.unread}"
        )
    if beside.lock and beside.now - beside.locked > _LOCKED:
        yield Finding(
            f"a deploy of {moment(beside.locked)} left its lock behind, and the next one will refuse to run",
            (Ref("app", app.path), Ref("file", beside.lock)),
            (
                Evidence(
                    f"stat {beside.lock}", f"is there since {moment(beside.locked)}", "no lock while no deploy runs"
                ),
            ),
            "if no deploy runs: dep deploy:unlock",
            severity=Severity.NOTICE,
        )


def _of_record(app: App, beside: ReleaseDirectories, record: Record) -> Iterator[Answer]:
    evidence = Evidence(f"{record.source}, written {moment(record.written)}", f"names {record.release}", app.real)
    begun = beside.now - max(record.written, _changed(beside, record.release)) < _BUILDS
    if not record.switched and (begun or (beside.lock and beside.now - beside.locked < _LOCKED)):
        yield Unknown(
            f"a deploy of {record.release} runs, or ended without a switch a short while ago: {app.path} still leads "
            f"to {app.real}; check again when it is over"
        )
    elif beside.link is not None and beside.link.changed > record.written + 1:
        yield Finding(
            f"{app.path} was changed after the last deploy began: it leads to {app.real}, not to {record.release}",
            (Ref("app", app.path), Ref("file", record.release)),
            (evidence, _link(app, beside)),
            "nothing, if somebody went back to this release; else deploy again",
            severity=Severity.NOTICE,
        )
    else:
        yield _finding(app, beside, record.release, evidence)


def _finding(app: App, beside: ReleaseDirectories, wanted: str, evidence: Evidence) -> Finding:
    return Finding(
        f"{app.path} leads to {app.real}, and {wanted} is what was deployed",
        (Ref("app", app.path), Ref("file", wanted)),
        (evidence, _link(app, beside)),
        f"see in the deploy's log why it did not switch, and run it again; if {wanted} is complete: "
        f"ln -s {wanted} {app.path}.new && mv -T {app.path}.new {app.path}"
        if beside.link is not None
        else f"move the directory {app.path} away, so that the deploy can put its link there, and deploy again",
    )


def _notice(app: App, beside: ReleaseDirectories, younger: list[ReleaseDirectory]) -> Finding:
    newest = younger[-1]
    running = " (a deploy may be running)" if beside.now - newest.changed < _BUILDS else ""
    return Finding(
        f"{newest.path} is younger than the last switch of {app.path} and is not served{running}",
        (Ref("app", app.path), Ref("file", newest.path)),
        (
            *(Evidence(f"stat {one.path}", f"changed {moment(one.changed)}", "") for one in younger[-_SHOWN:]),
            _link(app, beside),
        ),
        "see whether a deploy ended before its switch; `--release DIRECTORY` says which release is meant",
        severity=Severity.NOTICE,
        more=len(younger[:-_SHOWN]),
    )


def _younger(app: App, beside: ReleaseDirectories) -> Iterator[ReleaseDirectory]:
    """Releases that were made after the link was last changed, by their times and, where they tell it, their names."""
    if beside.link is None:
        return
    for one in beside.releases:
        if one.path == app.real or one.bad or one.served or one.changed <= beside.link.changed + _MARGIN:
            continue
        if not (numbered(one.path) and numbered(app.real)) or order(one.path) > order(app.real):
            yield one


def _changed(beside: ReleaseDirectories, path: str) -> float:
    return next((one.changed for one in beside.releases if one.path == path), 0.0)


def _link(app: App, beside: ReleaseDirectories) -> Evidence:
    if beside.link is None:
        return Evidence(f"stat {app.path}", "a directory", f"a link into {beside.directory}")
    return Evidence(f"readlink -f {app.path}", f"{app.real} since {moment(beside.link.changed)}", "")
