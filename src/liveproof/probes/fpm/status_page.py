"""PHP-FPM's status page, asked straight over the pool's socket (php.net: fpm/status, pm.status_path)."""

import json
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.model.facts.fpm import PoolStatus, WorkerState
from liveproof.model.secrets import hide_in_path

_MOST_PROCESSES = 4096


def ask(address: str, path: str, timeout: float) -> PoolStatus:
    """The status page of the pool behind ``address``.

    Raises:
        CannotSee: no answer, or none that is a status page.
    """
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "liveproof",
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": path, "SCRIPT_FILENAME": path, "REQUEST_URI": f"{path}?json&full",
        "QUERY_STRING": "json&full", "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost",
    }  # fmt: skip
    answer = fastcgi.request(address, params, timeout=timeout)
    if answer.status != 200:
        raise CannotSee(f"{address} answered {answer.status} instead of its status page {path}")
    return parse(answer.body)


def parse(body: bytes) -> PoolStatus:
    """The page as JSON; a number that is missing is 0, or -1 where 0 would mean something else.

    Raises:
        CannotSee: it is no such page.
    """
    try:
        page: Any = json.loads(body.decode(errors="replace"))
    except (ValueError, RecursionError) as error:
        raise CannotSee(f"the status page is not JSON ({error})") from None
    if not isinstance(page, dict) or "accepted conn" not in page:
        raise CannotSee("the answer is not a status page of PHP-FPM; does pm.status_path lead to a script?")
    processes = page.get("processes")
    return PoolStatus(
        _number(page, "accepted conn"),
        _number(page, "listen queue"),
        _number(page, "idle processes"),
        _number(page, "active processes"),
        _number(page, "total processes"),
        _number(page, "max children reached"),
        float(_number(page, "start time")),
        tuple(
            WorkerState(
                _number(one, "pid"),
                str(one.get("state", "")),
                f"{one.get('request method', '')} {hide_in_path(str(one.get('request uri', '')))}".strip(),
                _number(one, "request duration") / 1e6,
            )
            for one in (processes if isinstance(processes, list) else [])[:_MOST_PROCESSES]
            if isinstance(one, dict)
        ),
        _number(page, "max listen queue", -1),
        _number(page, "slow requests", -1),
    )


def _number(page: dict[str, Any], name: str, missing: int = 0) -> int:
    value = page.get(name, missing)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 62 else missing
