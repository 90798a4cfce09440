"""Whether an answer is right: True, False, or why that cannot be told. Pure."""

from liveproof.model.facts.wire import Exchange
from liveproof.model.findings import Unknown

# Failures that say the request was not answered; of all others we cannot tell.
_FAILED = frozenset({"missing", "refused", "closed", "garbage"})
_OWN = "so the app was not asked; configure a request that it answers"


def judge(exchange: Exchange, body: bytes, *, configured: bool) -> bool | Unknown:
    """Judge an exchange by what was configured, or, when nothing was, by whether the app itself answered below 500.

    Args:
        exchange: the request and its answer; its ``passed`` is not looked at.
        body: all that was read of the answer's body.
        configured: the request stands in the configuration: what keeps it from the app is then a fault, while for
            ``GET /`` it may be meant so.
    """
    if not exchange.status:
        return _unanswered(exchange, configured=configured)
    if exchange.expected_status is not None:
        right: bool | Unknown = exchange.status == exchange.expected_status
    else:
        right = _below_500(exchange, body, configured=configured)
    if right is True and exchange.contains and exchange.contains.encode() not in body:
        return False
    return right


def _unanswered(exchange: Exchange, *, configured: bool) -> bool | Unknown:
    if exchange.failure == "closed" and exchange.way == "nginx" and not configured:
        return Unknown(f"nginx closed the connection of {exchange.request} without an answer, {_OWN}")
    if exchange.failure in _FAILED:
        return False
    return Unknown(f"{exchange.request}: {exchange.error}")


def _below_500(exchange: Exchange, body: bytes, *, configured: bool) -> bool | Unknown:
    if exchange.status >= 500 or exchange.answered_by == "fpm":
        return False
    if exchange.answered_by == "nginx" and exchange.status >= 400 and configured:
        return False
    if exchange.answered_by == "nginx":
        where = f" (to {exchange.location})" if exchange.location else ""
        return Unknown(f"nginx itself answered {exchange.request} with {exchange.status}{where}, {_OWN}")
    if exchange.answered_by == "file" and not configured:
        return Unknown(f"nginx answered {exchange.request} with a file, {_OWN}")
    if exchange.status == 200 and not exchange.contains and exchange.method != "HEAD" and not body.strip():
        return Unknown(
            f"{exchange.request} is answered with 200 and an empty page, as an app does that fails silently; "
            "configure a request with a text that the answer must hold"
        )
    return True
