"""OPC010, reset_ran_in_cli_only."""

from tests.faults.snippets import EDIT, compiled_before, old_answer
from tests.lab import Host


def fault(host: Host) -> None:
    """Reset on the command line."""
    compiled_before(host, "opcache.validate_timestamps=0")
    host.sh(f"sleep 4; {EDIT}")
    host.sh("""php -d opcache.enable_cli=1 -r 'exit(opcache_reset() ? 0 : 1);'""")


def symptom(host: Host) -> bool:
    """Old answer."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Reset on a healthy host."""
    host.warm()
    host.sh("""php -d opcache.enable_cli=1 -r 'opcache_reset();'""")
