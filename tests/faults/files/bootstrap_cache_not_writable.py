"""FIL003, bootstrap_cache_not_writable."""

from tests.faults.snippets import denied
from tests.lab import Host


def fault(host: Host) -> None:
    """Artisan ran as root."""
    host.sh('chown root:root "$CACHE"; chmod 755 "$CACHE"')


def symptom(host: Host) -> bool:
    """App user cannot write."""
    return denied(host, "$CACHE")


def lookalike(host: Host) -> None:
    """Belongs to root but group may write."""
    host.sh('chown "root:$WWW" "$CACHE"; chmod 2775 "$CACHE"')
