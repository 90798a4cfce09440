"""FIL006, log_file_not_writable."""

from tests.faults.snippets import denied
from tests.lab import Host


def fault(host: Host) -> None:
    """Logged as root."""
    host.sh("chown root:root storage/logs/laravel.log; chmod 644 storage/logs/laravel.log")


def symptom(host: Host) -> bool:
    """App user cannot log."""
    return denied(host, "storage/logs/laravel.log")


def lookalike(host: Host) -> None:
    """Log of root that the group may write."""
    host.sh('chown "root:$WWW" storage/logs/laravel.log; chmod 664 storage/logs/laravel.log')
