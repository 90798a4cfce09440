"""Answers that nginx may have kept from an earlier request: they say nothing of the app as it is now. Pure."""

from dataclasses import replace

from liveproof.model.facts.nginx import AnswerCache
from liveproof.model.facts.wire import Exchange
from liveproof.model.findings import Unknown
from liveproof.model.settings import Request

# Values of $upstream_cache_status (nginx.org: ngx_http_upstream_module), which many send as a header such as X-Cache.
_ASKED = frozenset(("MISS", "BYPASS", "EXPIRED"))
_KEPT = frozenset(("HIT", "STALE", "UPDATING", "REVALIDATED"))


def may_be_cached(cache: AnswerCache | None, request: Request, headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether an answer may come from the cache: it is in force, and no header shows that the app was asked."""
    if cache is None or request.method not in ("GET", "HEAD", *cache.methods):
        return False
    result = {value.strip().upper() for name, value in headers if "cache" in name.lower()}
    if result & (_ASKED | _KEPT):
        return not result & _ASKED
    return cache.cookies or not any(name.lower() == "set-cookie" for name, _ in headers)


def asking_the_app(request: Request, mark: str) -> Request:
    """The request with a query that no cache can have an answer for."""
    return replace(request, path=f"{request.path}{'&' if '?' in request.path else '?'}liveproof={mark}")


def beside_own(
    exchange: Exchange, body: bytes, cache: AnswerCache | None, own: tuple[Exchange, bytes] | None
) -> Exchange:
    """An exchange that may be an answer of the cache, judged beside what the app itself answered now.

    Both alike: it is what the app says. Else nothing is proven, whatever its status.
    """
    if exchange.passed is not True:
        return exchange
    message = f" ({cache.directive} {cache.zone})" if cache else ""
    where = f"nginx may answer {exchange.request} from its cache{message}"
    if own is None or not own[0].status:
        why = f"{where}, and the app itself was not asked: what visitors get is not proven"
    elif (own[0].status, own[1]) == (exchange.status, body):
        return exchange
    elif own[0].status != exchange.status:
        why = f"{where}: visitors get {exchange.status}, the app itself answers {own[0].status}"
    else:
        why = (
            f"{where}: what visitors get is not what the app itself answers now; empty the cache, or wait until it ends"
        )
    return replace(exchange, passed=Unknown(why))
