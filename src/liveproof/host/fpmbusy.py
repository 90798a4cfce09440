"""Pools asked for their status page, or watched where they would not answer."""

from liveproof.host import fpmload, fpmstatus, view
from liveproof.host.reader import CannotSee, Reader
from liveproof.host.sockets import Sockets
from liveproof.model.facts.fpm import Load, Master, Pool, PoolStatus, Socket
from liveproof.model.findings import Unknown

_STATUS = 2.0  # s that one status page may take, and all of them
_ALL_STATUS = 5.0


class Busy:
    """Asks status pages within one time limit for all, and watches the pools that do not answer."""

    def __init__(self, reader: Reader, sockets: Sockets) -> None:
        self._reader, self._sockets = reader, sockets
        self._left = _ALL_STATUS

    def look(self, master: Master, pool: Pool, socket: Socket) -> tuple[Load, PoolStatus | Unknown]:
        """The pool's load and, unless it is saturated, its status page."""
        subject = fpmload.Subject(master.pid, pool.name, pool.address, socket, pool.max_children)
        load = fpmload.load(self._reader, self._sockets, subject, len(pool.workers))
        if fpmload.saturated(load, pool.max_children):
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
            return load, fpmstatus.ask(self._reader, self._address(pool), pool.status_path, limit)
        except CannotSee as error:
            took = max(0.0, self._reader.now() - clock)
            self._left -= took
            if took >= limit * 0.9:
                load = fpmload.load(self._reader, self._sockets, subject, len(pool.workers), took)
            return load, Unknown(str(error))

    def _address(self, pool: Pool) -> str:
        if not pool.address.startswith("unix:"):
            return pool.address
        return f"unix:{view.path_for(self._sockets.viewer, pool.address[5:])}"
