"""LAR011, clear_command_did_nothing."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Cleared in roots directory."""
    host.sh('sed -i "s/^RELEASE=.*/RELEASE=edited/" .env; chown root:root "$CACHE"; chmod 755 "$CACHE"')
    host.sh("php artisan config:clear >/tmp/cleared", user=host.user)


def symptom(host: Host) -> bool:
    """File is still there after success."""
    success = "cleared" in host.sh("cat /tmp/cleared").lower()
    return success and "edited" not in host.sh('cat "$CACHE/config.php"')


def lookalike(host: Host) -> None:
    """Older than its sources yet equal."""
    host.sh('touch -d 2020-01-01 "$CACHE/config.php"; touch .env', user=host.user)
