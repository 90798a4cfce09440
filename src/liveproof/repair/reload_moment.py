"""The moment for a graceful reload of PHP-FPM: when no request runs that it would cut off, or that others wait for.

On a reload PHP-FPM serves nobody until the last running request has ended, and ends those itself that take longer than
process_control_timeout. How long a request will take nobody knows; how long one has been running is seen from outside,
by the connections that workers hold (nginx opens one for each request). Of those that run at the first look it is not
known since when, and what takes long is likely to be asked for again as soon as it has ended: so those that follow them
are watched to their end as well.
"""

import time
from collections.abc import Callable

from liveproof.fixes.reload import MARGIN
from liveproof.host.reader import Reader
from liveproof.host.write.service_control import Service, WouldDrop, state
from liveproof.probes.fpm.load import connections
from liveproof.repair.action import Stopped

_CALM = 0.3  # s; whoever runs longer may make others wait for long
_PATIENCE = 10.0  # s for a moment at which nobody does, once it is known how long requests take
_PAUSE = 0.05


def await_moment(service: Service, stopped: Callable[[], bool] = lambda: False) -> None:
    """Wait until nobody runs for long; where nobody runs for too long, ten seconds after that was seen at the latest.

    Not at all for a service whose reload may cut off requests, or cannot.

    Raises:
        WouldDrop: a request has been running for so long that the reload would cut it off.
        ServiceFailed: systemd cannot tell the service's process.
        Stopped: somebody asked to stop.
    """
    if not service.addresses or service.timeout <= 0:
        return
    pid = service.pid or state(service.unit).main_pid
    reader = Reader()
    since: dict[int, float] = {}
    watch = _Watch()
    while True:
        now = time.monotonic()
        held = connections(reader, pid, service.addresses)
        since = {one: since.get(one, now) for one in held}
        oldest = max((now - seen for seen in since.values()), default=0.0)
        if oldest > max(0.0, service.timeout - MARGIN):
            raise WouldDrop(
                f"a request has been running for {oldest:.0f} s, and process_control_timeout is {service.timeout:g} s: "
                "a reload now would cut it off"
            )
        over = watch.over(held, now)
        if over and (oldest < _CALM or now - over > _PATIENCE):
            return
        if stopped():
            raise Stopped
        time.sleep(_PAUSE)


class _Watch:
    """Whether the requests of the first look have ended, and those that ran right after that."""

    def __init__(self) -> None:
        self._first: frozenset[int] | None = None
        self._following: frozenset[int] | None = None
        self._ended = self._over = 0.0

    def over(self, held: frozenset[int], now: float) -> float:
        """Since when (monotonic) they all have, 0 while they have not; ``held`` are the connections at ``now``."""
        self._first = held if self._first is None else self._first & held
        if self._first:
            return 0.0
        self._ended = self._ended or now
        if self._following is None and now - self._ended >= _CALM:
            self._following = held
        elif self._following is not None:
            self._following &= held
        if self._following is not None and not self._following:
            self._over = self._over or now
        return self._over
