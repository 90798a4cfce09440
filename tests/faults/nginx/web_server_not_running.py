"""NGX009, web_server_not_running."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Stopped."""
    host.sh("systemctl stop nginx")


def symptom(host: Host) -> bool:
    """Nobody answers."""
    return host.get().status == 0 and host.sh("systemctl is-active nginx || true") == "inactive"


def lookalike(host: Host) -> None:
    """Just restarted."""
    host.sh("systemctl restart nginx; sleep 1")
