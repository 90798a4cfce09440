"""OPC005, realpath_cache_pins_old_release."""

from tests.faults.snippets import into_releases, switch_release
from tests.lab import Host


def fault(host: Host) -> None:
    """Switched behind the link, with workers that keep what they resolved for an hour."""
    into_releases(host, "document_root")
    host.ini("realpath_cache_ttl=3600", "opcache.validate_timestamps=1")
    host.warm()
    switch_release(host)


def symptom(host: Host) -> bool:
    """Old release answers."""
    return "handler-v2" in host.sh('cat "$HANDLER"') and "handler-v1" in host.post().body


def lookalike(host: Host) -> None:
    """Switched, and reloaded after it."""
    into_releases(host, "document_root")
    host.ini("realpath_cache_ttl=3600", "opcache.validate_timestamps=1")
    host.warm()
    switch_release(host)
    host.sh('systemctl reload "$FPM"; sleep 1')
    host.warm()
