"""REL007, deploy_newer_than_service."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Deployed after start."""
    host.ini("opcache.validate_timestamps=0")
    host.sh("sleep 2")
    host.warm()
    host.sh("""sleep 4; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"; touch app/Http/Controllers/*.php""")
    host.warm()


def symptom(host: Host) -> bool:
    """Old answer."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def lookalike(host: Host) -> None:
    """Deployed where php looks."""
    host.warm()
    host.sh("""sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"; chown "$WWW:$WWW" "$HANDLER"; sleep 4""")
    host.warm()
