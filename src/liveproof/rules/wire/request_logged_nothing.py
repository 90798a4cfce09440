"""
A request that the app should log left nothing in its log.

## Why
An answer alone does not show that the intended code ran: a cache, another release or a swallowed exception can answer
as well. Where the configuration names a text under `logs`, liveproof looks for it in what the app logged after the
request, for at most 2 seconds. With the request's own id in that text, and in the body or a header that the app logs
(see the example of the configuration), no other visitor's request can be mistaken for it. Usual reasons: a log file
that the app may not write, a log level above the message's, a log channel that leads elsewhere, or old code in OPcache.

## Verify by hand
```
sudo -u {user} test -w {log} && echo writable
grep -E '^LOG_(CHANNEL|LEVEL)=' {app}/.env
sudo tail -n 20 {log}
```

## Fix safety
Manual: what to fix is the cause named with it, or the app's logging configuration.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("WIR003", Severity.HIGH, condition="a request that is to be logged is logged", answers=("requests logged",))


@rule.check
def check(app: App, wire: Wire) -> Iterator[Answer]:
    asked = [exchange for exchange in wire.exchanges if exchange.logged is not None]
    silent = [exchange for exchange in asked if exchange.logged is False]
    for reason in dict.fromkeys(each.logged.reason for each in asked if isinstance(each.logged, Unknown)):
        yield Unknown(reason)
    if not silent:
        said = sum(each.logged is True for each in asked)
        yield Holds(f"{said} requests came into the log" if asked else "no request is configured to be logged")
        return
    more = f" (and {len(silent) - 1} more)" if len(silent) > 1 else ""
    yield Finding(
        f"{silent[0].request} was answered with {silent[0].status}, but {silent[0].logs!r} did not come into the app's "
        f"log{more}.",
        (Ref("app", app.path), *(Ref("pool", pool) for pool in app.pools), *(Ref("file", log) for log in wire.logs)),
        tuple(_evidence(each, wire) for each in silent[:10]),
        f"See that the app may write its log, that its LOG_CHANNEL leads there ({', '.join(wire.logs)}) and that its "
        "LOG_LEVEL lets the message through; after a change run artisan config:cache as the app's user.",
    )


def _evidence(exchange: Exchange, wire: Wire) -> Evidence:
    way = "through nginx" if exchange.way == "nginx" else "straight to the pool"
    return Evidence(
        ", ".join(wire.logs), f"nothing new with {exchange.logs!r} ({way})", f"a line with {exchange.logs!r}"
    )
