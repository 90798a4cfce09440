"""What differs from answer to answer by itself, taken out: times, process ids, tokens, session cookies, counters."""

import re
from typing import Any, Final

# Of the body, in this order. The lab's /api/status counts what OPcache holds: a restart empties that rightly.
_BODY: Final = (
    (re.compile(r'"(pid|scripts|hits|restarts|memory|time)":("[^"]*"|[0-9.]+)'), r'"\1":N'),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "TIME"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [0-9:]{8} GMT"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r'(name="(?:csrf-token|_token)"[^>]*(?:content|value)=")[^"]*'), r"\1TOKEN"),
    (re.compile(r"\beyJ[A-Za-z0-9+/=%_-]{40,}"), "TOKEN"),
    (re.compile(r"(REQUEST_TIME(?:_FLOAT)?|REMOTE_PORT|LARAVEL_START)\D{0,20}[0-9.]+"), r"\1 N"),
    (re.compile(r"\b1[789]\d{8}(\.\d+)?\b"), "TIME"),
    (re.compile(r"(pid|process|worker)([ =:#]+)\d+", re.IGNORECASE), r"\1\2N"),
)
_HEADERS_LEFT_OUT: Final = {"date", "content-length", "connection", "transfer-encoding", "age", "keep-alive"}


def text(body: str) -> str:
    """A body without what passes."""
    for pattern, instead in _BODY:
        body = pattern.sub(instead, body)
    return body


def answer(seen: dict[str, Any]) -> str:
    """One answer as a text: status, headers and body without what passes."""
    headers = sorted(
        f"{name.lower()}: {_cookie(value) if name.lower() == 'set-cookie' else text(value)}"
        for name, value in seen["headers"]
        if name.lower() not in _HEADERS_LEFT_OUT
    )
    return "\n".join([str(seen["status"]), *headers, "", text(seen["body"])])


def _cookie(value: str) -> str:
    """A cookie by name and attributes; its value and the end of its life pass."""
    name, _, rest = value.partition("=")
    attributes = [
        part.strip() for part in rest.split(";")[1:] if not part.strip().lower().startswith(("expires", "max-age"))
    ]
    return "; ".join([name, *attributes])
