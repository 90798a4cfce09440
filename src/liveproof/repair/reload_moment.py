"""The moment for a graceful reload of PHP-FPM: when no request runs that it would cut off, or that others wait for.

On a reload PHP-FPM serves nobody until the last running request has ended, and ends those itself that take longer than
process_control_timeout. How long a request will take nobody knows; how long one has been running is seen from outside,
by the connections that workers hold (nginx opens one for each request).
"""

import time
from collections.abc import Callable

from liveproof.host.reader import Reader
from liveproof.host.write.service_control import Service, WouldDrop, state
from liveproof.probes.fpm.load import connections
from liveproof.repair.action import Stopped

MARGIN = 2.0  # s that must be left of process_control_timeout; as fixes/reload.py has it
_CALM = 0.3  # s; whoever runs longer may make others wait for long
_PATIENCE = 10.0  # s for a moment at which nobody does
_PAUSE = 0.05


def await_moment(service: Service, stopped: Callable[[], bool] = lambda: False) -> None:
    """Wait until nobody runs for long; for at most ten seconds where nobody runs for too long.

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
    began = time.monotonic()
    first: frozenset[int] | None = None
    since: dict[int, float] = {}
    while True:
        now = time.monotonic()
        held = connections(reader, pid, service.addresses)
        since = {one: since.get(one, now) for one in held}
        first = held if first is None else first & held
        oldest = max((now - seen for seen in since.values()), default=0.0)
        if oldest > max(0.0, service.timeout - MARGIN):
            raise WouldDrop(
                f"a request has been running for {oldest:.0f} s, and process_control_timeout is {service.timeout:g} s: "
                "a reload now would cut it off"
            )
        # How long those of the first look had been running before it is not known.
        calm = not first and oldest < _CALM
        if calm or (not first and now - began > _PATIENCE):
            return
        if stopped():
            raise Stopped
        time.sleep(_PAUSE)
