"""REL007, deploy_newer_than_service."""

from tests.faults.snippets import EDIT, compiled_before, old_answer
from tests.lab import Host


def fault(host: Host) -> None:
    """Deployed after start."""
    compiled_before(host, "opcache.validate_timestamps=0")
    host.sh(f"sleep 4; {EDIT}; touch app/Http/Controllers/*.php")
    host.warm()


def symptom(host: Host) -> bool:
    """Old answer."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Deployed where php looks."""
    host.warm()
    host.sh(f'{EDIT}; chown "$WWW:$WWW" "$HANDLER"; sleep 4')
    host.warm()
