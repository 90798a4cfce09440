"""FIL002, code_unreadable_by_pool."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Deployed with narrow umask."""
    host.sh(
        'cp -p "$HANDLER" /tmp/handler; cd "${HANDLER%/*}"; umask 077; rm "$HANDLER"; cat /tmp/handler > "$HANDLER"'
    )


def symptom(host: Host) -> bool:
    """App user cannot read handler."""
    return host.sh('cat "$HANDLER" > /dev/null && echo readable || echo denied', user=host.user).endswith("denied")


def lookalike(host: Host) -> None:
    """Readable through group alone."""
    host.sh('chgrp "$WWW" "$HANDLER"; chmod 440 "$HANDLER"; systemctl reload "$FPM.service"')
