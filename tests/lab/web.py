"""Requests to a host as a client on the network sends them."""

import http.client
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

_LISTEN: Final = "0A"


class Answer(NamedTuple):
    """An HTTP answer of a host: status code (0 when no connection was had) and body as text."""

    status: int
    body: str


def request(
    address: str,
    method: str,
    path: str,
    *,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 15.0,
) -> Answer:
    """One request to port 80 of ``address``; status 0 and the reason when there is no answer."""
    connection = http.client.HTTPConnection(address, 80, timeout=timeout)
    try:
        connection.request(method, path, body=None if body is None else body.encode(), headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def listens(pid: int, port: int) -> bool:
    """Whether something listens on ``port`` where process ``pid`` lives.

    Read from the kernel's table: a trial connection would leave a line in sshd's log.
    """
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    return True
    return False
