"""Pools asked for their status page, or watched where they would not answer."""

from collections.abc import Sequence
from dataclasses import replace

from liveproof.analysis.memory.pool_load import saturated
from liveproof.host.errors import CannotSee
from liveproof.host.process import namespaces
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Load, Master, Pool, PoolStatus, Socket
from liveproof.model.findings import Unknown
from liveproof.probes.fpm import load as fpmload
from liveproof.probes.fpm import status_page
from liveproof.probes.fpm.sockets import Sockets

_STATUS = 2.0  # s that one status page may take, and all of them
_ALL_STATUS = 5.0


class PoolWatch:
    """Asks status pages within one time limit for all, and watches the pools that do not answer."""

    def __init__(self, reader: Reader, sockets: Sockets) -> None:
        self._reader, self._sockets = reader, sockets
        self._left = _ALL_STATUS

    def look(
        self, master: Master, pool: Pool, socket: Socket, asked: Sequence[str]
    ) -> tuple[Load, PoolStatus | Unknown]:
        """The pool's load and, unless it is saturated, its status page; ``asked`` are its addresses in nginx."""
        ours = self._sockets.ours(asked)
        subject = fpmload.Subject(master.pid, pool.name, pool.address, socket, pool.max_children, ours)
        load = self._load(subject, pool, 0.0)
        if saturated(load, pool.max_children) and not pool.status_address:
            return load, Unknown(
                f"pool {pool.id} is saturated: all {load.processes} workers are busy and its status page would wait too"
            )
        if not pool.status_path:
            return load, Unknown(f"pool {pool.id} has no status page: set pm.status_path in {pool.file}")
        if self._left <= 0:
            return load, Unknown(f"pool {pool.id} was not asked: other pools' status pages took all the time there is")
        clock = self._reader.now()
        limit = min(_STATUS, self._left)
        try:
            return load, status_page.ask(self._reached(pool), pool.status_path, limit)
        except CannotSee as error:
            took = max(0.0, self._reader.now() - clock)
            self._left -= took
            if took >= limit * 0.9 and not pool.status_address:
                load = self._load(replace(subject, ours=ours + 1), pool, took)
            return load, Unknown(str(error))

    def _load(self, subject: fpmload.Subject, pool: Pool, unanswered: float) -> Load:
        load = fpmload.load(self._reader, self._sockets, subject, len(pool.workers), unanswered, watch=self._left > 0)
        self._left -= load.seconds
        return load

    def _reached(self, pool: Pool) -> str:
        address = pool.status_address or pool.address
        if not address.startswith("unix:"):
            return address
        return f"unix:{namespaces.path_for(self._sockets.viewer, address[5:])}"
