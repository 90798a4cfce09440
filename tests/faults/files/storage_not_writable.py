"""FIL005, storage_not_writable."""

from tests.faults.snippets import denied
from tests.lab import Host


def fault(host: Host) -> None:
    """View cache ran as root."""
    host.sh("chown -R root:root storage/framework; chmod -R go-w storage/framework; chmod 755 storage/framework/*")


def symptom(host: Host) -> bool:
    """App user cannot write views."""
    return denied(host, "storage/framework/views")


def lookalike(host: Host) -> None:
    """Written through the group."""
    host.sh('chown -R "deploy:$WWW" storage/framework/ storage/logs/; chmod -R g+rwX storage/framework/ storage/logs/')
