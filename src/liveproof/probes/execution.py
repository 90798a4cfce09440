"""Which front controllers each pool executed while liveproof's own requests were answered, by its OPcache.

The pool is asked once more, after the requests, for these few scripts only: how often they were taken from the cache,
and when last (php.net: opcache_get_status).
"""

import json
import os
from collections.abc import Iterable, Iterator

from liveproof.analysis.memory.pool_load import waits
from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError
from liveproof.host.php.probe import installed
from liveproof.host.php.probe_request import parameters, path_told, paths_asked
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.execution import Execution
from liveproof.model.facts.fpm import Fpm, Pool
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.facts.wire import Wire
from liveproof.model.findings import Unknown

_TIMEOUT = 2.0  # s; it has answered a larger question just before
_MARK = b'{"liveproof":1,'
_OFF = "no status page or OPcache shows which script answered"

# Real path of a script: how often it was taken from the cache, and the second of its latest use.
_Uses = dict[str, tuple[int, int]]


def probe(reader: Reader, app: App, nginx: Nginx, fpm: Fpm, *, opcache: Opcache, wire: Wire) -> Execution:
    """The scripts that ran since OPcache was looked at first.

    Raises:
        CannotSee: no request was answered by PHP.
    """
    answered = (each for each in wire.exchanges if each.way == "nginx" and each.status)
    if all(exchange.answered_by in ("nginx", "file") for exchange in answered):
        raise CannotSee("no request was answered by the app, so nothing shows which code answers")
    script, fronts = installed(), frozenset(_fronts(reader, app, nginx, wire))
    before = dict(opcache.pools)
    own: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    unseen: list[tuple[str, Unknown]] = []
    for _, pool in fpm.serving(app.pools):
        known = before.get(pool.id)
        if not isinstance(known, PoolOpcache):
            unseen.append((pool.id, known or Unknown(f"OPcache of pool {pool.id} was not asked")))
            continue
        try:
            used = tuple(_used(known, _ask(script, app, pool, fronts), opcache.now))
        except CannotSee as error:
            unseen.append((pool.id, Unknown(f"pool {pool.id}: {error}")))
            continue
        own += [(pool.id, path) for path in used if path in fronts]
        others += [(pool.id, path) for path in used if path not in fronts]
        if not used:
            why = "" if known.enabled else f": OPcache is off there, and {_OFF}"
            unseen.append((pool.id, Unknown(f"pool {pool.id} reports no front controller that ran{why}")))
    return Execution(tuple(own), tuple(others), tuple(unseen))


def _fronts(reader: Reader, app: App, nginx: Nginx, wire: Wire) -> Iterator[str]:
    """The scripts that a request of the app begins with, by their real paths: those of index, and scripts asked for."""
    root = reader.resolve(app.root or app.path)
    for server in nginx.servers:
        if server.id in app.servers:
            yield from (os.path.normpath(f"{root}/{name}") for name in server.index if name.endswith(".php"))
    yield f"{root}/index.php"
    for exchange in wire.exchanges:
        asked = exchange.path.partition("?")[0]
        if asked.endswith(".php"):
            yield os.path.normpath(f"{root}/{asked}")


def _ask(script: str, app: App, pool: Pool, fronts: Iterable[str]) -> _Uses:
    """How often each of these scripts, and those of releases beside, were used.

    Raises:
        CannotSee: the pool did not tell.
    """
    if busy := waits(pool):
        raise CannotSee(f"which script answered was not asked: {busy}")
    asked = {"LIVEPROOF_BELOW": paths_asked(fronts)}
    if app.path != app.real:
        asked["LIVEPROOF_PARENT"] = paths_asked((app.real.rpartition("/")[0],))
        asked["LIVEPROOF_ENTRY"] = paths_asked((app.root.removeprefix(app.path) + "/index.php",))
    try:
        answer = fastcgi.request(pool.address, parameters(script, asked), timeout=_TIMEOUT)
        told = json.loads(answer.body[answer.body.index(_MARK) :])
        return {path_told(one[0]): (int(one[1]), int(one[4])) for one in told["scripts"]}
    except FastcgiError as error:
        raise CannotSee(f"OPcache could not be asked again: {error}") from None
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise CannotSee("OPcache could not be asked again: the PHP probe's answer was disturbed") from None


def _used(known: PoolOpcache, now: _Uses, looked: float) -> Iterator[str]:
    """The scripts that ran since the first look at ``looked``."""
    before = {script.path: (script.hits, script.last_used) for script in (*known.scripts, *known.entries)}
    for path, (hits, last) in now.items():
        hits_then, last_then = before.get(path, (-1, int(looked) - 1))
        if hits > hits_then or last > last_then:
            yield path
