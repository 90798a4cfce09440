"""OPC006, file_cache_outlives_restart."""

from tests.faults.snippets import EDIT, old_answer
from tests.lab import Host

# With JIT PHP writes no files.
_SETTINGS = ("opcache.validate_timestamps=0", "opcache.jit=disable", "opcache.jit_buffer_size=0")


def _keeping(host: Host) -> None:
    host.sh('mkdir -p /var/cache/bytecode; chown "$WWW:" /var/cache/bytecode; sleep 2')
    host.ini(*_SETTINGS, "opcache.file_cache=/var/cache/bytecode")
    host.warm()


def fault(host: Host) -> None:
    """A deploy with a restart, after which PHP reads what it had written before."""
    _keeping(host)
    host.sh(f'sleep 2; {EDIT}; sleep 3; systemctl restart "$FPM"; sleep 1')
    host.warm()


def symptom(host: Host) -> bool:
    """The old code answers after a restart."""
    host.sh('systemctl restart "$FPM"; sleep 1')
    old = old_answer(host)
    host.warm()
    return old


def lookalike(host: Host) -> None:
    """A deploy that removes the bytecode of the app, then reloads."""
    _keeping(host)
    host.sh(f'sleep 2; {EDIT}; rm -r /var/cache/bytecode/*"$APP"; sleep 3; systemctl restart "$FPM"; sleep 1')
    host.warm()
