"""Send one request over one way, and tell who answered."""

import os
import re
from typing import NamedTuple

from liveproof import __version__
from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi, http
from liveproof.host.network.fastcgi import FastcgiError
from liveproof.host.reader import Reader
from liveproof.model.secrets import digest, gist, hide
from liveproof.model.settings import Request
from liveproof.probes.wire.cached import may_be_cached
from liveproof.probes.wire.parameters import parameters
from liveproof.probes.wire.target import Target

_KEPT = 4096
_PATIENCE = 5.0
_SAID = 200
_OWN_PAGES = (b"<center>nginx", b"<center>openresty", b"<center>tengine")
_FPM_PAGES = {403: b"Access denied.", 404: b"File not found."}


class Sent(NamedTuple):
    """What came of a request: see Exchange; ``body`` is all that was read (1 MB), ``told`` what it says.

    ``cached``: it may be an answer that nginx kept, and not the app's.
    """

    address: str
    status: int = 0
    error: str = ""
    failure: str = ""
    answered_by: str = ""
    location: str = ""
    body: bytes = b""
    told: str = ""
    cached: bool = False


def send(reader: Reader, request: Request, target: Target, way: str, request_id: str) -> Sent:
    """Send a request whose ``{request_id}`` is filled in already.

    Raises:
        CannotSee: it cannot be sent over this way; no answer to one that was sent is a Sent with its ``error``.
    """
    headers = _headers(request, target.host, request_id)
    if not target.host:
        raise CannotSee(f"{target.server.id} has regular expressions for names only; configure a request with a host")
    if busy := target.waits(way):
        raise CannotSee(busy)
    return _to_pool(reader, request, target, headers) if way == "pool" else _to_nginx(request, target, headers)


def _headers(request: Request, host: str, request_id: str) -> tuple[tuple[str, str], ...]:
    """Ours, unless the configuration says otherwise; Host first, as RFC 9110 (7.2) wishes."""
    ours = {
        "Host": host,
        "User-Agent": f"liveproof/{__version__}",
        "Accept": "text/html,*/*;q=0.8",
        "X-Request-Id": request_id,
    }
    given = {name.lower() for name in request.headers}
    return (*((name, value) for name, value in ours.items() if name.lower() not in given), *request.headers.items())


def _to_nginx(request: Request, target: Target, headers: tuple[tuple[str, str], ...]) -> Sent:
    if not target.address:
        raise CannotSee(f"{target.server.id} listens for HTTP/3 only, which liveproof does not speak")
    listen = target.listen
    try:
        answer = http.request(
            target.address,
            request.method,
            request.path,
            headers,
            request.body.encode(),
            tls=target.host.partition(":")[0] if target.tls else None,
            proxied=listen is not None and listen.proxied,
            timeout=_PATIENCE,
        )
    except http.HttpError as error:
        return Sent(target.address, error=str(error), failure=error.kind)
    sent = _sent(target, target.address, answer.status, answer.headers, answer.body)
    return sent._replace(cached=may_be_cached(target.through.cache, request, answer.headers))


def _to_pool(reader: Reader, request: Request, target: Target, headers: tuple[tuple[str, str], ...]) -> Sent:
    params = parameters(reader, request, target, headers)
    try:
        answer = fastcgi.request(target.pool, params, request.body.encode(), timeout=_PATIENCE)
    except FastcgiError as error:
        if error.kind == "denied" and os.geteuid() != 0:
            raise
        return Sent(target.pool, error=str(error), failure=error.kind)
    body = b"" if request.method == "HEAD" else answer.body
    return _sent(target, target.pool, answer.status, answer.headers, body[: http.BODY_LIMIT])


def _sent(target: Target, address: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Sent:
    named = {name.lower(): value for name, value in headers}
    by_nginx = address != target.pool
    return Sent(
        address,
        status,
        answered_by=_answered_by(target, status, named, body) if by_nginx else _by_pool(status, body),
        location=hide(named.get("location", "").partition("?")[0][:2000]),
        body=body,
        told=_excerpt(body),
    )


def _excerpt(body: bytes) -> str:
    """What an answer says, in known words: an error page may quote anything, ``.env`` too."""
    if not body.strip():
        return ""
    text = re.sub(r"<(?:style|script)\b[^<>]*+>[^<]*+|<[^<>]*+>", " ", body[:_KEPT].decode(errors="replace"))
    output = gist(text, _SAID).strip("… ")
    return f"{f'{output} ' if output else ''}({len(body)} bytes, #{digest(body)})"


def _by_pool(status: int, body: bytes) -> str:
    return "fpm" if body.strip() == _FPM_PAGES.get(status) else "app"


def _answered_by(target: Target, status: int, headers: dict[str, str], body: bytes) -> str:
    """Who made an answer that came through nginx, as far as it tells."""
    if any(page in body for page in _OWN_PAGES) and status >= 300:
        return "nginx"
    if body.strip() == _FPM_PAGES.get(status):
        return "fpm"
    if status == 200 and not body and not target.through.script_filename:
        return "fpm"  # without SCRIPT_FILENAME it answers with an empty page and runs nothing
    if "x-powered-by" in headers or "set-cookie" in headers:
        return "app"
    if headers.get("accept-ranges") == "bytes" and _is_file_tag(headers.get("etag", "")):
        return "file"
    return ""


def _is_file_tag(tag: str) -> bool:
    """Whether an ETag is one that nginx makes of a file: its time and its size in hexadecimal."""
    parts = tag.removeprefix("W/").strip('"').split("-")
    return len(parts) == 2 and all(part and all(char in "0123456789abcdef" for char in part) for part in parts)
