"""OPC010, reset_ran_in_cli_only."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Reset on the command line."""
    host.ini("opcache.validate_timestamps=0")
    host.sh("sleep 2")
    host.warm()
    host.sh("""sleep 4; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER" """)
    host.sh("""php -d opcache.enable_cli=1 -r 'exit(opcache_reset() ? 0 : 1);'""")


def symptom(host: Host) -> bool:
    """Old answer."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def lookalike(host: Host) -> None:
    """Reset on a healthy host."""
    host.warm()
    host.sh("""php -d opcache.enable_cli=1 -r 'opcache_reset();'""")
