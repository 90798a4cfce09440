"""WRK010, worker_is_stopped."""

from tests.faults.snippets import start_worker
from tests.lab import Host

_PID = '"$(systemctl show -p MainPID --value api-gateway-queue)"'


def fault(host: Host) -> None:
    """A queue worker that somebody stopped."""
    start_worker(host)
    host.sh(f"kill -STOP {_PID}; sleep 1")


def symptom(host: Host) -> bool:
    """Its state is T, and its unit is called active."""
    return host.sh(f"ps -o stat= -p {_PID}").startswith("T") and "active" in host.sh(
        "systemctl is-active api-gateway-queue"
    )


def lookalike(host: Host) -> None:
    """It was stopped, and goes on."""
    start_worker(host)
    host.sh(f"kill -STOP {_PID}; sleep 1; kill -CONT {_PID}; sleep 1")
