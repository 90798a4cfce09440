"""OPC002, timestamps_never_validated."""

from tests.faults.snippets import EDIT, compiled_before, old_answer
from tests.lab import Host


def fault(host: Host) -> None:
    """Deployed without reload."""
    compiled_before(host, "opcache.validate_timestamps=0")
    host.sh(f"sleep 1; {EDIT}")
    host.warm()


def symptom(host: Host) -> bool:
    """Old answer."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Deployed where php looks."""
    host.ini("opcache.validate_timestamps=1", "opcache.revalidate_freq=2")
    host.warm()
    host.sh(f"{EDIT}; sleep 4")
    host.warm()
