"""FPM003, socket_not_accessible_by_web_server."""

from tests.lab import Host

NOT_ON = {"upstream": "the pool listens on TCP, so there is no socket file"}


def fault(host: Host) -> None:
    """Owned by root."""
    host.sh("""
        sed -i 's/^listen.owner.*/listen.owner = root/; s/^listen.group.*/listen.group = root/' "$POOL"
        systemctl restart "$FPM"
        for i in $(seq 50); do test -S "$SOCK" && exit; sleep .1; done
    """)


def symptom(host: Host) -> bool:
    """Web server is denied."""
    return host.get().status == 502 and host.sh('stat -c %U:%a "$SOCK"') == "root:660"


def lookalike(host: Host) -> None:
    """Only the group lets it in."""
    host.sh("""
        sed -i 's/^listen.owner.*/listen.owner = root/; s/^listen.group.*/listen.group = www-data/' "$POOL"
        systemctl restart "$FPM"
        for i in $(seq 50); do test -S "$SOCK" && exit; sleep .1; done
    """)
