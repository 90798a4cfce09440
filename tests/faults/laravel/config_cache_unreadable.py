"""LAR007, config_cache_unreadable."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Cached by root with a strict umask."""
    host.sh("umask 077; php artisan config:cache -q; sleep 3")


def symptom(host: Host) -> bool:
    """Every request fails."""
    return host.get().status == 500


def lookalike(host: Host) -> None:
    """Apps own file that nobody else can read."""
    host.sh('chmod 600 "$CACHE/config.php"')
