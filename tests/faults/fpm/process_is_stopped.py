"""FPM020, process_is_stopped."""

from tests.lab import Host

_WORKER = '"$(pgrep -P "$(systemctl show -p MainPID --value "$FPM")" | tail -n 1)"'


def fault(host: Host) -> None:
    """One of the workers is stopped; the others answer."""
    host.warm()
    host.sh(f"kill -STOP {_WORKER}; sleep 1")


def symptom(host: Host) -> bool:
    """Its state is T, and the service is called active."""
    return host.sh(f"ps -o stat= -p {_WORKER}").startswith("T") and host.sh('systemctl is-active "$FPM"') == "active"


def lookalike(host: Host) -> None:
    """It was stopped, and goes on."""
    host.sh(f"kill -STOP {_WORKER}; sleep 1; kill -CONT {_WORKER}; sleep 1")
    host.warm()
