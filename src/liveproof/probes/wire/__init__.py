"""Real requests: what the app answers straight from its pool and through nginx.

These are the only requests that liveproof lets the app itself answer, and they leave what any request leaves: a line in
nginx's access log and whatever the app writes (Laravel's web routes: a session). So they are sent after everything else
was read, and without a configured request one is sent to each of the app's server blocks that pass to PHP, where one
tells enough, and another to each that stands in front of the app's and keeps answers. An answer that nginx may have
taken from its cache does not: see ``cached``.
"""

import os
import time
from dataclasses import replace

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.logs import Logs
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Absent, Unknown
from liveproof.model.secrets import HIDDEN
from liveproof.model.settings import Request, Settings
from liveproof.probes.wire.cached import asking_the_app, beside_own
from liveproof.probes.wire.judged import judge
from liveproof.probes.wire.logged import Log, log_files
from liveproof.probes.wire.sending import Sent, send
from liveproof.probes.wire.target import Target, fronts, targets

_FRONTS = 3
_BLOCKS = 4
_PAUSE, _PATIENCE = 0.05, 3.5  # s


def probe(
    reader: Reader,
    settings: Settings,
    app: App,
    nginx: Nginx,
    *,
    fpm: Fpm | Unknown | Absent,
    laravel: Laravel | Unknown | Absent,
    opcache: Opcache | Unknown | Absent,
    _logs: Logs | Unknown | Absent,
) -> Wire:
    """Send the configured requests, or ``GET /``. The fact with an underscore is only to be read before.

    Raises:
        CannotSee: no server block serves the app, or no request may be sent.
    """
    if not settings.requests:
        raise CannotSee("no request was sent (--no-requests), so nothing shows what the app answers")
    found = targets(reader, app, nginx, fpm)
    if not found:
        raise CannotSee(f"no server block of nginx leads to {app.path}, so no request can be asked of it")
    _let_settle(reader, found, opcache)
    asking = _Asking(reader, log_files(settings, laravel))
    others = targets(reader, app, nginx, fpm, ours=False)
    before = fronts(found, app, nginx)
    ours = (*before, *found)
    chosen = tuple((request, target) for request in settings.request if (target := _choose(request, ours, others)))
    if chosen:
        for request, target in chosen:
            asking.ask_configured(request, target)
    else:
        for target in (*found[:_BLOCKS], *before[:_FRONTS]):
            asking.ask_default(target)
        for target in found[_BLOCKS:]:
            why = f"only {_BLOCKS} of the app's {len(found)} server blocks were asked; configure a request for its name"
            asking.unasked.append((f"GET / (nginx, {target.server.id})", why))
    down = reader.stat(app.below("storage/framework/down")) is not None if asking.saw_503 else False
    return Wire(
        tuple(asking.exchanges),
        bool(chosen),
        tuple(asking.unasked),
        asking.logs if isinstance(asking.logs, tuple) and any(request.logs for request, _ in chosen) else (),
        down,
    )


def _let_settle(reader: Reader, found: tuple[Target, ...], opcache: Opcache | Unknown | Absent) -> None:
    """Wait until PHP keeps what a front controller compiles to, where that was changed within the last seconds.

    OPcache keeps nothing of a file younger than opcache.file_update_protection (2 s), so that it could not tell which
    script answered; PHP compares whole seconds.
    """
    pools = opcache.seen if isinstance(opcache, Opcache) else ()
    protection = max((pool.number("opcache.file_update_protection") for pool in pools if pool.enabled), default=0)
    fronts = {f"{target.real_root}{target.front}" for target in found}
    times = [time for path in fronts if (time := _modified(reader, path))]
    now = reader.now()
    wait = max((time + protection + _PAUSE - now for time in times if time <= now), default=0.0)
    if protection and 0 < wait <= _PATIENCE:
        reader.pause(wait)


def _modified(reader: Reader, path: str) -> int:
    """The second in which a file was modified; 0 where that cannot be seen."""
    try:
        status = reader.stat(path)
    except OSError:
        return 0
    return status.mtime_ns // 1_000_000_000 if status else 0


def _choose(request: Request, found: tuple[Target, ...], others: tuple[Target, ...]) -> Target | None:
    """The server block that a configured request is for; None when its host is another app's.

    A host that no server block names is sent to ours: nginx decides who answers it, and the answer tells.
    """
    if not request.host:
        return found[0]
    named = next((target for target in found if target.answers(request.host)), None)
    if named is None and any(target.answers(request.host) for target in others):
        return None
    return (named or found[0])._replace(host=request.host)


class _Asking:
    """Sends one request after the other; after one that nobody answered in time, no more."""

    def __init__(self, reader: Reader, logs: tuple[str, ...] | Unknown) -> None:
        self.exchanges: list[Exchange] = []
        self.unasked: list[tuple[str, str]] = []
        self.logs = logs
        self._reader = reader
        self._silent = ""
        self._bodies: dict[Exchange, bytes] = {}
        self._kept: set[Exchange] = set()

    @property
    def saw_503(self) -> bool:
        """Whether an answer could be that of maintenance mode."""
        return any(exchange.status == 503 for exchange in self.exchanges)

    def ask_default(self, target: Target) -> None:
        """``GET /`` through nginx; straight to the pool only where that answer does not settle it."""
        request = Request()
        exchange = self.ask(request, target, "nginx", configured=False)
        if exchange is not None and exchange in self._kept:
            cache = target.through.cache
            if cache is not None and cache.by_query:
                marked = asking_the_app(request, os.urandom(8).hex())
                own = self.ask(marked, target, "nginx", configured=False)
            else:
                own = self.ask(request, target, "pool", configured=False)
            self._settle(exchange, target, own)
        elif exchange is None or exchange.passed is not True:
            self.ask(request, target, "pool", configured=False)

    def ask_configured(self, request: Request, target: Target) -> None:
        """A configured request over its ways; what nginx may have kept is judged beside the pool's own answer."""
        asked = {way: self.ask(request, target, way, configured=True) for way in request.ways}
        through = asked.get("nginx")
        if through is not None and through in self._kept:
            self._settle(through, target, asked.get("pool"))

    def _settle(self, exchange: Exchange, target: Target, own: Exchange | None) -> None:
        """Judge an answer that may be nginx's own beside the app's."""
        beside = (own, self._bodies[own]) if own is not None else None
        judged = beside_own(exchange, self._bodies[exchange], target.through.cache, beside)
        self.exchanges[self.exchanges.index(exchange)] = judged

    def ask(self, request: Request, target: Target, way: str, *, configured: bool) -> Exchange | None:
        """Send a request over one way and keep the exchange, or why it could not be sent."""
        what = f"{request.method} {request.told} ({way})"
        if self._silent:
            self.unasked.append((what, f"not asked any more, since {self._silent}"))
            return None
        request_id = f"liveproof-{os.urandom(8).hex()}"
        ready = request.with_id(request_id)
        log = Log(self._reader, self.logs, ready.logs)
        clock = time.perf_counter()
        try:
            sent = send(self._reader, ready, target, way, request_id)
        except CannotSee as error:
            self.unasked.append((what, str(error)))
            return None
        seconds = time.perf_counter() - clock
        if sent.failure == "silent":
            self._silent = sent.error
        exchange = _exchange(request, ready, target, sent, way=way, request_id=request_id, seconds=seconds)
        exchange = replace(
            exchange,
            passed=judge(exchange, sent.body, configured=configured),
            contains=ready.contains and HIDDEN,
            logs=ready.logs if ready.logs in ("", request_id) else HIDDEN,
            logged=log.appeared() if sent.status else None,
        )
        self.exchanges.append(exchange)
        self._bodies[exchange] = sent.body
        if sent.cached:
            self._kept.add(exchange)
        return exchange


def _exchange(
    request: Request, ready: Request, target: Target, sent: Sent, *, way: str, request_id: str, seconds: float
) -> Exchange:
    return Exchange(
        way=way,
        address=sent.address,
        server=target.server.id,
        method=request.method,
        path=request.told,
        host=target.host,
        request_id=request_id,
        status=sent.status,
        error=sent.error,
        failure=sent.failure,
        answered_by=sent.answered_by,
        location=sent.location,
        body=sent.told,
        seconds=round(seconds, 6),
        expected_status=request.status,
        contains=ready.contains,
        passed=False,
        logs=ready.logs,
        logged=None,
    )
