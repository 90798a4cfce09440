"""Pools by their status pages, and the OPcache of their masters through liveproof's PHP probe."""

from collections.abc import Iterable
from dataclasses import replace

from liveproof.host.errors import CannotSee
from liveproof.host.php.probe import installed
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, PoolStatus, WorkerState
from liveproof.model.sample import OpcacheNow, PoolNow, WorkerNow
from liveproof.model.secrets import hide
from liveproof.probes.fpm import status_page
from liveproof.probes.opcache.asking import Answer, ask
from liveproof.sampling.known import Known
from liveproof.sampling.processes import pool_workers, resident
from liveproof.sampling.question import Question

_TIMEOUT = 2.0  # s that one status page may take; it is waited for in a thread of its own
_OPCACHE_EVERY = 5.0  # s; it changes slowly, and PHP builds a list of every script for each answer
_PROBE = "/liveproof"
_MOST_WORKERS = 500  # that are told of one pool


@dataclass(frozen=True, slots=True)
class _Served:
    app: App
    master: Master
    pool: Pool


class Pools:
    """The pools of the known apps, each with the question for its status page; the masters with that for OPcache."""

    def __init__(self, reader: Reader, known: Known) -> None:
        self._reader = reader
        self._served: dict[str, _Served] = {}
        self._apps: dict[str, list[str]] = {}
        self._of_master: dict[tuple[str, str], list[_Served]] = {}
        for app, facts in known.apps:
            fpm = facts.get(Fpm)
            for master, pool in fpm.serving(app.pools) if isinstance(fpm, Fpm) else ():
                self._apps.setdefault(pool.id, []).append(app.path)
                if pool.id not in self._served:
                    self._served[pool.id] = one = _Served(app, master, pool)
                    self._of_master.setdefault((master.version, master.config), []).append(one)
        self._pages = {name: _page(one.pool) for name, one in self._served.items() if one.pool.status_path}
        self._caches = {key: self._cache(key) for key in self._of_master}

    def begin(self) -> None:
        """Ask whatever is due."""
        for page in self._pages.values():
            page.begin()
        for cache in self._caches.values():
            cache.begin()

    def wait(self, until: float) -> None:
        """Wait for answers until that moment of the monotonic clock."""
        for page in self._pages.values():
            page.wait(until)
        for cache in self._caches.values():
            cache.wait(until)

    def pools(self) -> tuple[PoolNow, ...]:
        """What the pools have answered."""
        return tuple(self._pool(name, one) for name, one in sorted(self._served.items()))

    def opcache(self) -> tuple[OpcacheNow, ...]:
        """What is known of the caches."""
        return tuple(_opcache(self._of_master[key], question) for key, question in self._caches.items())

    def _pool(self, name: str, one: _Served) -> PoolNow:
        apps, pool = tuple(self._apps[name]), one.pool
        page = self._pages.get(name)
        if page is None:
            why = f"it has no status page: set pm.status_path in {pool.file}"
        elif page.waiting > _TIMEOUT / 4:
            why = f"it has not answered for {page.waiting:.0f} s: are all its workers busy?"
        elif isinstance(page.answer, PoolStatus):
            return _answered(apps, pool, page.answer)
        else:
            why = page.why or "it has not answered yet"
        pids = pool_workers(self._reader, one.master, pool.name)
        workers = tuple(WorkerNow(pid, "unknown", "", -1.0, resident(pid)) for pid in pids[:_MOST_WORKERS])
        return PoolNow(name, apps, hide(why), pool.max_children, workers=workers)

    def _cache(self, key: tuple[str, str]) -> Question[Answer]:
        def of_master() -> Answer:
            reasons = []
            for one in self._of_master[key]:
                if busy := self._busy(one):
                    reasons.append(busy)
                    continue
                try:
                    # Without a path no script is told, only the numbers.
                    app = replace(one.app, path="", real="", root="")
                    return ask(self._reader, installed(), app, one.master, one.pool)
                except CannotSee as error:
                    reasons.append(str(error))
            raise CannotSee(reasons[0] if reasons else "no pool of it is known")

        return Question(of_master, _OPCACHE_EVERY)

    def _busy(self, one: _Served) -> str:
        """Why a pool must not be asked for its OPcache: the question would wait behind the requests of visitors."""
        page = self._pages.get(one.pool.id)
        if page is None or not page.at:
            return ""
        if page.waiting > _TIMEOUT / 4:
            return f"pool {one.pool.id} does not answer"
        status = page.answer
        if isinstance(status, PoolStatus) and 0 < one.pool.max_children <= _active(one.pool, status):
            return f"all workers of pool {one.pool.id} are busy"
        return ""


def _page(pool: Pool) -> Question[PoolStatus]:
    address = pool.status_address or pool.address
    return Question(lambda: status_page.ask(address, pool.status_path, _TIMEOUT))


def _answered(apps: tuple[str, ...], pool: Pool, status: PoolStatus) -> PoolNow:
    active = _active(pool, status)
    return PoolNow(
        pool.id,
        apps,
        "",
        pool.max_children,
        active=active,
        idle=len(status.workers) - active if status.workers else status.idle,
        queue=status.listen_queue,
        accepted=status.accepted,
        limit_reached=status.max_children_reached,
        start=status.start,
        workers=tuple(_worker(worker, own=_own(worker, pool)) for worker in status.workers[:_MOST_WORKERS]),
    )


def _active(pool: Pool, status: PoolStatus) -> int:
    """The workers that serve a request of somebody else.

    Counted in the list: the master brings the page's own numbers up to date once a second (fpm_process_ctl.c).
    """
    if not status.workers:
        return status.active
    return sum(1 for worker in status.workers if worker.state != "Idle" and not _own(worker, pool))


def _own(worker: WorkerState, pool: Pool) -> bool:
    """Whether the worker's request is one of liveproof's own."""
    path = worker.request.partition(" ")[2].partition("?")[0]
    return path in (pool.status_path, _PROBE)


def _worker(worker: WorkerState, *, own: bool) -> WorkerNow:
    if own:
        return WorkerNow(worker.pid, "idle", "", 0.0, resident(worker.pid))
    return WorkerNow(
        worker.pid, worker.state.lower(), hide(worker.request), round(worker.seconds, 3), resident(worker.pid)
    )


def _opcache(served: Iterable[_Served], question: Question[Answer]) -> OpcacheNow:
    pools = tuple(one.pool.id for one in served)
    answer = question.answer
    if not isinstance(answer, Answer):
        why = question.why or ("it has not answered yet" if question.waiting else "it was not asked yet")
        return OpcacheNow(pools, hide(why), question.at)
    status = _object(answer.told.get("status"))
    counts, memory = _object(status.get("opcache_statistics")), _object(status.get("memory_usage"))
    return OpcacheNow(
        pools,
        "",
        question.at,
        enabled=bool(status.get("opcache_enabled")),
        used=_number(memory, "used_memory"),
        free=_number(memory, "free_memory"),
        wasted=_number(memory, "wasted_memory"),
        hits=_number(counts, "hits"),
        misses=_number(counts, "misses"),
        scripts=_number(counts, "num_cached_scripts"),
        keys=_number(counts, "num_cached_keys"),
        max_keys=_number(counts, "max_cached_keys"),
    )


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _number(values: dict[str, object], name: str) -> int:
    value = values.get(name)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 62 else -1
