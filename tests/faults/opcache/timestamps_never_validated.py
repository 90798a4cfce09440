"""OPC002, timestamps_never_validated."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Deployed without reload."""
    host.ini("opcache.validate_timestamps=0")
    host.sh("sleep 2")
    host.warm()
    host.sh("""sleep 1; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER" """)
    host.warm()


def symptom(host: Host) -> bool:
    """Old answer."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def lookalike(host: Host) -> None:
    """Deployed where php looks."""
    host.ini("opcache.validate_timestamps=1", "opcache.revalidate_freq=2")
    host.warm()
    host.sh("""sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"; sleep 4""")
    host.warm()
