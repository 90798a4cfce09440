"""OPC001, cached_bytecode_differs_from_disk."""

from tests.faults.snippets import EDIT, compiled_before, old_answer
from tests.lab import Host


def fault(host: Host) -> None:
    """Edited within an hour of trust."""
    compiled_before(host, "opcache.validate_timestamps=1", "opcache.revalidate_freq=3600")
    host.sh(f"sleep 1; {EDIT}")


def symptom(host: Host) -> bool:
    """Old answer."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Edited and reloaded."""
    host.ini("opcache.validate_timestamps=0")
    host.warm()
    host.sh(f'{EDIT}; systemctl reload "$FPM"; sleep 1')
    host.warm()
