"""OPC001, cached_bytecode_differs_from_disk."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Edited within an hour of trust."""
    host.ini("opcache.validate_timestamps=1", "opcache.revalidate_freq=3600")
    host.sh("sleep 2")
    host.warm()
    host.sh("""sleep 1; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER" """)


def symptom(host: Host) -> bool:
    """Old answer."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def lookalike(host: Host) -> None:
    """Edited and reloaded."""
    host.ini("opcache.validate_timestamps=0")
    host.warm()
    host.sh("""sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"; systemctl reload "$FPM"; sleep 1""")
    host.warm()
