"""
Errors were logged since the deploy that keep requests from being answered.

## Why
A deploy can look right and fail for whoever uses it: "Permission denied", a cache that cannot be written, exceptions.
liveproof reads Laravel's, nginx's and PHP-FPM's logs from their ends back to the deploy (the newest change of the
code, or the start of PHP-FPM where that is later), groups like messages and leads denials to their cause. A denial of
something that the app's user may do by now is history and not reported. Exceptions, messages of PHP-FPM and nginx, and
denials outside of the app are reported as a notice: the code that is live may well cause them on purpose.

## Verify by hand
```
sudo tail -n 50 {log}
sudo grep -a 'Permission denied' /var/log/nginx/error.log | tail -n 5
```

## Fix safety
Manual: an entry in a log is a symptom. Fix the cause named with it; for a denial that is the path's owner or mode.
"""

from collections.abc import Iterable, Iterator

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, Severity

# What nginx says of its way to PHP follows from these.
_NO_WAY = ("FPM001", "FPM002", "FPM003", "FPM006", "NGX004")

rule = Rule(
    "LAR015",
    Severity.HIGH,
    condition="the app was denied nothing since the deploy that it is still denied",
    caused_by=_NO_WAY,
    link=Link.WIRE,
    answers=("errors logged",),
    monitor="logs",
    alerts="each",
    past=True,
)

_NAMED = 10
_DENIALS = ("permission", "cache_write")


@rule.check
def check(app: App, logs: Logs, access: Access | Unknown | Absent) -> Iterator[Answer]:
    current = [group for group in logs.groups if not _cured(group, access)]
    denials = [group for group in current if group.kind in _DENIALS and _stops_the_app(app, group)]
    if denials:
        yield _denied(app, denials, at_least=any(kind in _DENIALS for _, kind, _ in logs.more))
    others = [group for group in current if group not in denials]
    for there in (
        [group for group in others if group.kind != "nginx"],
        [group for group in others if group.kind == "nginx"],
    ):
        if there:
            yield _others(app, logs, there)
    for path, kind, count in logs.more:
        if kind in _DENIALS and not denials and not _all_allowed(access):
            yield Unknown(
                f"{path} holds {count} more denials, too many different ones to ask whether each still stops the app:"
                f" look at grep -a denied {path}"
            )
    if not denials:
        yield Holds(f"what was logged since {logs.reason or 'the deploy'} in {', '.join(logs.read) or 'no file'}")
    for path, reason in logs.unread:
        yield Unknown(f"{path} could not be read: {reason}")
    for path in logs.truncated:
        yield Unknown(f"{path} grew so much since the deploy that only its end was read")


def _cured(group: LogGroup, access: Access | Unknown | Absent) -> bool:
    """Whether it is history: a denial that names no path, when all that Laravel writes to can be written."""
    if group.cured is not None or group.kind not in _DENIALS:
        return group.cured is True
    return not group.paths and _all_allowed(access)


def _all_allowed(access: Access | Unknown | Absent) -> bool:
    return isinstance(access, Access) and not access.unreadable and all(can is True for _, can in access.writable)


def _stops_the_app(app: App, group: LogGroup) -> bool:
    trees = (f"{app.path}/", f"{app.real}/")
    return not group.paths or "append mode" in group.sample or any(path.startswith(trees) for path in group.paths)


def _denied(app: App, groups: list[LogGroup], *, at_least: bool) -> Finding:
    count = sum(group.count for group in groups)
    paths = list(dict.fromkeys(path for group in groups for path in group.paths))
    times = f"at least {_times(count)}" if at_least else _times(count)
    where = f": {paths[0]}" if paths else ""
    return Finding(
        f"{app.user} was denied what it needs {times} since the deploy{where}.",
        (Ref("app", app.path), *(Ref("file", path) for path in paths[:_NAMED])),
        tuple(_evidence(groups)),
        _advice(app, paths),
        more=len(groups[_NAMED:]),
        at_least=at_least,
    )


def _others(app: App, logs: Logs, groups: list[LogGroup]) -> Finding:
    way = groups[0].kind == "nginx"
    kinds = {(group.source, group.kind) for group in groups}
    like = sum(count for path, kind, count in logs.more if kind not in _DENIALS and (path, kind) in kinds)
    count = sum(group.count for group in groups) + like
    different = f"{'more than ' if like else ''}{len(groups)} different"
    return Finding(
        f"{count} error{'s' if count != 1 else ''} logged since {logs.reason} ({different}).",
        (*([Ref("app", app.path)] if way else []), *dict.fromkeys(Ref("file", group.source) for group in groups)),
        tuple(_evidence(groups)),
        "Read these logs: a new error since the deploy may come from it.",
        severity=Severity.NOTICE,
        caused_by=_NO_WAY if way else (),
        more=len(groups[_NAMED:]),
        at_least=like > 0,
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _evidence(groups: Iterable[LogGroup]) -> Iterator[Evidence]:
    for group in list(groups)[:_NAMED]:
        yield Evidence(group.source, f"{_times(group.count)}: {group.sample}", "no such entry")


def _advice(app: App, paths: list[str]) -> str:
    """The rule that tells more, by what the denied path is."""
    for part, codes in (
        ("bootstrap/cache/config.php", "LAR007"),
        ("bootstrap/cache", "FIL003 and FIL004"),
        ("storage/logs", "FIL006 and FIL005"),
        ("storage", "FIL005"),
        (".sock", "FPM003"),
    ):
        if any(part in path for path in paths):
            return f"See {codes}: {app.user} must be able to use {next(path for path in paths if part in path)}."
    return f"See FIL002 and FIL005: {app.user} must be able to read its code and write to storage and bootstrap/cache."
