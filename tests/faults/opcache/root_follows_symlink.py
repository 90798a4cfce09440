"""OPC004, root_follows_symlink."""

from tests.faults.snippets import into_releases, switch_release
from tests.lab import Host


def fault(host: Host) -> None:
    """Switched behind the link."""
    into_releases(host, "document_root")
    host.warm()
    switch_release(host)
    host.warm()


def symptom(host: Host) -> bool:
    """Old release answers."""
    return "handler-v2" in host.sh('cat "$HANDLER"') and "handler-v1" in host.post().body


def lookalike(host: Host) -> None:
    """Switched with resolved root."""
    into_releases(host)
    host.warm()
    switch_release(host)
    host.warm()
