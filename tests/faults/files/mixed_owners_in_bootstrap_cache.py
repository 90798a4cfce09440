"""FIL004, mixed_owners_in_bootstrap_cache."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Half written by root."""
    host.sh('chown root:root "$CACHE"/packages.php "$CACHE"/services.php')


def symptom(host: Host) -> bool:
    """Files have several owners."""
    return len(host.sh('stat -c %U "$CACHE"/*.php | sort -u').split()) > 1


def lookalike(host: Host) -> None:
    """All written by root."""
    host.sh('chown root: "$CACHE"/*.php; chmod 644 "$CACHE"/*.php')
