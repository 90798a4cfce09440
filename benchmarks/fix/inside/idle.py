"""Whether a pool is idle, seen from outside as `probes/fpm/load.py` sees it: no connection held, none waiting."""

import time

from liveproof.host.network.socket_tables import unix_sockets

APART = 0.05  # s between the two looks that make an idle moment
_AGAIN = 0.01


def idle(socket: str) -> bool:
    """One look at the pool that listens on the unix socket at this path."""
    table = unix_sockets()
    return not table.held(socket) and not any(one.waiting > 0 for one in table.listeners if one.path == socket)


def moment(socket: str, patience: float) -> bool:
    """Wait at most so many seconds for an idle moment, two looks in a row; whether there was one."""
    until = time.monotonic() + patience
    while True:
        if idle(socket):
            time.sleep(APART)
            if idle(socket):
                return True
        if time.monotonic() > until:
            return False
        time.sleep(_AGAIN)
