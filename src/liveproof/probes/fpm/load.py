"""How busy a pool is, seen from outside: its processes, who waits at its socket, and whom its workers serve.

The status page of a saturated pool waits like every other request, so a pool that seems full is watched instead: a
queue that is there at every look, or connections that every worker holds from the first look to the last, is no
passing peak.
"""

from collections.abc import Sequence

from liveproof.host.numbers import whole
from liveproof.host.process import namespaces
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.fpm import Load, Socket
from liveproof.model.findings import Unknown
from liveproof.probes.fpm.masters import pool_of
from liveproof.probes.fpm.sockets import Sockets

_LOOKS = 6
_PAUSE = 0.15  # s between looks
_LAST = 5  # looks after which a worker that was still being started at the first one is counted like the others


@dataclass(frozen=True, slots=True)
class Subject:
    """A pool to look at: its master's pid, name, address and socket, and how many workers it may have.

    ``ours`` are liveproof's own connections to it that nobody may have accepted yet: they do not count as waiting.
    """

    master: int
    name: str
    address: str
    socket: Socket
    most: int
    ours: int


@dataclass(frozen=True, slots=True)
class _Look:
    processes: int
    waiting: int
    held: frozenset[int]

    def full(self, most: int) -> bool:
        return self.processes >= most and (self.waiting > 0 or len(self.held) >= most)


def load(
    reader: Reader,
    sockets: Sockets,
    subject: Subject,
    processes: int,
    unanswered: float = 0.0,
    *,
    watch: bool = True,
) -> Load:
    """The pool's load; ``processes`` are its workers as seen at first.

    A pool that does not seem full, or that there is no time to ``watch``, is looked at once. ``unanswered`` is for
    how long its status page gave no answer.
    """
    first = _look(sockets, subject, processes)
    waiting, held, count = first.waiting, first.held, first.processes
    lately = [first.held]
    if not watch or not (first.full(subject.most) or unanswered):
        return Load(count, waiting, len(held), 0.0)
    started = reader.now()
    for _ in range(_LOOKS):
        reader.pause(_PAUSE)
        sockets.forget()
        count = sum(1 for one in reader.children(subject.master) if pool_of(one) == subject.name)
        now = _look(sockets, subject, count)
        waiting, held = min(waiting, now.waiting), held & now.held
        lately.append(now.held)
        if not now.full(subject.most):
            break
    stuck = frozenset.intersection(*lately[-_LAST:]) if len(lately) > _LAST else held
    return Load(count, waiting, len(held), max(0.0, reader.now() - started), unanswered, len(stuck))


def connections(reader: Reader, master: int, addresses: Sequence[str]) -> frozenset[int]:
    """The connections that the workers of a master hold at this moment, by inode; nginx opens one for each request."""
    sockets = Sockets(reader, 0, Unknown("not asked"))
    held: frozenset[int] = frozenset()
    for address in addresses:
        path = address[5:] if address.startswith("unix:") else ""
        socket = Socket(True, True, 0, 0, 0, True, reader.resolve(path) if path else "")
        held |= _look(sockets, Subject(master, "", address, socket, 1, 0), 0).held
    return held


def _look(sockets: Sockets, subject: Subject, processes: int) -> _Look:
    network = namespaces.pid_for_sockets(sockets.reader, subject.master)
    if subject.address.startswith("unix:"):
        table = sockets.unix(network)
        names = {subject.address[5:], subject.socket.path}
        waiting = max((one.waiting for one in table.listeners if one.path in names), default=-1)
        held = frozenset(inode for path, inode in table.accepted if path in names)
    else:
        ports = sockets.tcp(network)
        port = whole(subject.address.rpartition(":")[2]) or 0
        waiting = max((one.waiting for one in ports.listeners if one.port == port), default=-1)
        held = ports.held(port)
    return _Look(processes, max(0, waiting - subject.ours) if waiting >= 0 else -1, held)
