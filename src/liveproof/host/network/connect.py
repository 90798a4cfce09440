"""Whether another user gets a connection to a socket: asked by connecting as that user, in the view of its process.

Mode bits, ACLs, parent directories, mount namespaces and chroots are all counted by construction. Nothing is sent.
"""

import errno
import os
import socket
from collections.abc import Mapping, Sequence

from liveproof.host.child_process import Lost, forked
from liveproof.host.errors import CannotSee
from liveproof.host.numbers import whole
from liveproof.host.process.command import Identity
from liveproof.host.process.switch_user import become

CONNECTED = "connected"
FULL = "its backlog is full"
_EACH = 1.0  # s for one TCP connection; a unix socket answers at once


def attempts(addresses: Sequence[str], identity: Identity, pid: int = 0, *, timeout: float = 5.0) -> Mapping[str, str]:
    """Connect to each address as ``identity``; with a ``pid`` in that process's view of the file system.

    Args:
        addresses: ``unix:PATH`` or ``HOST:PORT``.
        identity: the user, group and supplementary groups.
        pid: a process of that user whose root directory and mounts count, or 0 for our own.
        timeout: seconds for all together.

    Returns:
        For each address CONNECTED, FULL (allowed, but nobody accepts), or the name of the error (``EACCES``,
        ``ECONNREFUSED``, ``ENOENT``; see errno(3)).

    Raises:
        CannotSee: we may not become that user, the process is gone, or it took too long.
        OSError: fork(2) or pipe(2) failed.
    """
    if os.geteuid() not in (0, identity.uid):
        raise CannotSee("only root can connect as another user; run liveproof as root")

    def answers() -> dict[str, str]:
        become(identity, pid)
        return {address: _attempt(address) for address in addresses}

    try:
        result: dict[str, str] = forked(answers, timeout)
    except Lost as error:
        raise CannotSee(f"could not connect as user {identity.uid}: {error}") from error
    except FileNotFoundError as error:
        raise CannotSee(f"the process {pid} whose view counts has ended") from error
    return result


def _attempt(address: str) -> str:
    unix = address.startswith("unix:")
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    family = socket.AF_UNIX if unix else socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as peer:
            if unix:
                peer.setblocking(False)
                peer.connect(os.fsencode(address[5:]))
            else:
                peer.settimeout(_EACH)
                peer.connect((host, whole(port) or 0))
    except BlockingIOError:
        return FULL
    except TimeoutError:
        return "ETIMEDOUT"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except (ValueError, OverflowError) as error:
        return str(error)
    return CONNECTED
