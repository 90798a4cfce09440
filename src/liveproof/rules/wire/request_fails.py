"""
A real request is not answered as it should be.

## Why
Everything on the server may look right and a visitor still gets an error: only a request shows that. liveproof sends
the configured requests straight to the pool's socket and through nginx. When both fail, the fault is the app's or
PHP's; when only the way through nginx fails, it lies between nginx and the pool. Without a configured request, `GET
/` is asked through nginx, and straight to the pool only where nginx's answer does not settle it. An answer below 500
that the app itself gave is right then, so a login page or a 404 of the app is none of this rule's business. An answer
that nginx gave by itself, and a request that nobody answered within 5 seconds, are reported as UNKNOWN.

## What a request leaves behind
What any visitor's request leaves: a line in nginx's access log, and what the app writes, such as Laravel's session file
for a web route. A configured POST does what it does, once over each way (`ways` in the configuration).

## Verify by hand
```
curl -si -H 'Host: {host}' http://127.0.0.1/
tail -n 20 /var/log/nginx/error.log
sudo -u {user} {php} {app}/artisan about
```

## Fix safety
Manual: the answer is a symptom. Fix the cause named with it; where none is, read what the app and nginx logged.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

# What keeps a request from reaching the app, and what makes the app answer wrongly: neither explains the other.
_UNANSWERED, _ANSWERED = "unanswered", "answered"

rule = Rule(
    "WIR001",
    Severity.CRITICAL,
    condition="each request is answered by the app as it should be",
    leads_to=("WIR003",),
    ways=(_UNANSWERED, _ANSWERED),
    answers=("requests",),
    prevents="real_request",
)

_MOST = 10
_UNAVAILABLE = 503
# What nginx itself answers where PHP-FPM does not (ngx_http_upstream_module).
_NO_ANSWER = (502, _UNAVAILABLE, 504)


@rule.check
def check(app: App, wire: Wire) -> Iterator[Answer]:
    for what, reason in wire.unasked:
        yield Unknown(f"{what}: {reason}")
    by_request: dict[str, list[Exchange]] = {}
    for exchange in wire.exchanges:
        by_request.setdefault(exchange.request, []).append(exchange)
    failed: list[tuple[str, list[Exchange]]] = []
    for request, exchanges in by_request.items():
        if _fails(exchanges):
            failed.append((request, exchanges))
        else:
            yield from _open(exchanges)
            yield from (
                Holds(f"{each.request} over {each.way}: {each.status}") for each in exchanges if each.passed is True
            )
    if failed:
        yield _finding(app, wire, failed)


def _fails(exchanges: list[Exchange]) -> bool:
    """A request fails when what a visitor gets is wrong; the way to the pool counts where nginx's does not tell.

    The pool lacks parameters that only nginx's configuration holds, so its failure tells nothing when a visitor is
    answered rightly.
    """
    through = [exchange.passed for exchange in exchanges if exchange.way == "nginx"]
    if any(passed is False for passed in through):
        return True
    return any(exchange.passed is False for exchange in exchanges) and not any(passed is True for passed in through)


def _open(exchanges: list[Exchange]) -> Iterator[Unknown]:
    for exchange in exchanges:
        if isinstance(exchange.passed, Unknown):
            yield exchange.passed
        elif not exchange.passed:
            yield Unknown(
                f"{exchange.request} is right through nginx but not straight to the pool ({_answer(exchange)}): nginx "
                "may send the app parameters of its own, or answer from a cache"
            )


def _finding(app: App, wire: Wire, failed: list[tuple[str, list[Exchange]]]) -> Finding:
    request, exchanges = failed[0]
    worst = next(each for each in exchanges if each.passed is False)
    more = f" ({len(failed)} of the requests fail)" if len(failed) > 1 else ""
    evidence = [_evidence(each) for _, group in failed for each in group]
    if wire.maintenance:
        evidence.insert(0, Evidence(app.below("storage/framework/down"), "is there", "no maintenance mode"))
    refs = [Ref("app", app.path), *(Ref("pool", pool) for pool in app.pools)]
    refs += [Ref("server", each.server) for _, group in failed for each in group if each.way == "nginx"]
    return Finding(
        f"{request} {_described(worst)}{_where(exchanges)}{more}.",
        tuple(dict.fromkeys(refs)),
        tuple(evidence[:_MOST]),
        _advice(app, wire, exchanges),
        caused_by=_causes([each for _, group in failed for each in group if each.passed is False]),
        more=len(evidence[_MOST:]),
    )


def _causes(failed: list[Exchange]) -> tuple[str, ...]:
    """A dead PHP-FPM explains a 502 and no directory that cannot be written does; the other way round for a 500."""
    unreached = [not each.status or (each.answered_by == "nginx" and each.status in _NO_ANSWER) for each in failed]
    on_the_way = rule.causes(_UNANSWERED) if any(unreached) else ()
    in_the_app = () if all(unreached) else rule.causes(_ANSWERED)
    return tuple(dict.fromkeys((*on_the_way, *in_the_app)))


def _described(exchange: Exchange) -> str:
    if not exchange.status:
        return f"is not answered: {exchange.error}"
    if exchange.expected_status is not None and exchange.status != exchange.expected_status:
        return f"is answered with {exchange.status} instead of {exchange.expected_status}{_hint(exchange.status)}"
    if exchange.answered_by == "fpm":
        return f"reaches PHP-FPM but no script of the app: {exchange.body or 'an empty page'}"
    if exchange.status == _UNAVAILABLE and exchange.answered_by == "nginx":
        return "is answered with 503 by nginx itself, as for maintenance"
    if exchange.status >= 500 or (exchange.expected_status is None and not exchange.contains):
        return f"is answered with {exchange.status}"
    return f"is answered with {exchange.status}, but without the text that is configured (`contains`)"


def _hint(status: int) -> str:
    """What the usual refusals mean, where another status was expected."""
    return {
        401: " (credentials are asked for)",
        403: " (access is forbidden)",
        404: " (there is no such route or file)",
        405: " (the route takes another method)",
        419: " (a CSRF token is asked for)",
        422: " (the app refuses the data that was sent)",
        429: " (too many requests)",
    }.get(status, "")


def _where(exchanges: list[Exchange]) -> str:
    by_way = {exchange.way: exchange for exchange in exchanges}
    pool, nginx = by_way.get("pool"), by_way.get("nginx")
    if pool is None or nginx is None or nginx.passed is not False:
        return ""
    if pool.passed is True:
        if not nginx.status:
            return "; straight to the pool it is right, so the fault is nginx's"
        return "; straight to the pool it is right, so the fault lies between nginx and the pool"
    if pool.passed is False and not pool.status:
        return "; straight to the pool there is no answer either, so PHP-FPM or its socket is at fault"
    return "; straight to the pool it fails too, so the fault is the app's or PHP's" if pool.passed is False else ""


def _answer(exchange: Exchange) -> str:
    if not exchange.status:
        return exchange.error
    by = {"nginx": " by nginx itself", "fpm": " by PHP-FPM itself", "file": " as a file by nginx"}
    return f"{exchange.status}{by.get(exchange.answered_by, '')}: {exchange.body or 'an empty body'}"


def _evidence(exchange: Exchange) -> Evidence:
    way = "through nginx" if exchange.way == "nginx" else "straight to the pool"
    expected = "below 500" if exchange.expected_status is None else str(exchange.expected_status)
    if exchange.contains:
        expected += ", with the text that is configured (`contains`)"
    return Evidence(f"{exchange.request} {way} ({exchange.address})", _answer(exchange), expected)


def _advice(app: App, wire: Wire, exchanges: list[Exchange]) -> str:
    if wire.maintenance:
        who = f"sudo -u {app.user} " if app.user else ""
        return f"The app is in maintenance mode. To end it: {who}php {app.path}/artisan up"
    failed = [each for each in exchanges if each.passed is False]
    if any(each.answered_by == "fpm" for each in failed):
        return (
            "See which SCRIPT_FILENAME nginx sends for this location, that this file exists, and that the pool's user "
            "may read it."
        )
    if any(each.way == "nginx" and not each.status for each in failed):
        return "See that nginx runs and listens there: systemctl status nginx; ss -ltnp"
    if any(each.answered_by == "nginx" and each.status == _UNAVAILABLE for each in failed):
        return (
            "If maintenance is over, take `return 503` out of nginx's configuration and reload it; if none was "
            "planned, read nginx's error log: limit_req and limit_conn answer 503 as well."
        )
    if any(each.answered_by == "nginx" for each in failed):
        return "Read nginx's error log, and the location of its configuration that answers this path."
    return "Read what the app, PHP-FPM and nginx logged at this moment; search for the request's X-Request-Id."
