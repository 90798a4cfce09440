"""FPM019, processes_run_as_another_user_than_configured."""

from tests.lab import Host


def fault(host: Host) -> None:
    """The user of the pool's file was put right, and nobody loaded it."""
    host.sh("""
        cp -p "$POOL" /tmp/right
        sed -i 's/^user = .*/user = nobody/' "$POOL"
        systemctl reload "$FPM"
        sleep 1
        cat /tmp/right > "$POOL"
    """)


def symptom(host: Host) -> bool:
    """The workers go on as before."""
    workers = host.sh('ps -o user= --ppid "$(systemctl show -p MainPID --value "$FPM")"').split()
    return "nobody" in workers and "nobody" not in host.sh('grep ^user "$POOL"')


def lookalike(host: Host) -> None:
    """The same user, by its number."""
    host.sh("""
        sed -i "s/^user = .*/user = $(id -u "$WWW")/" "$POOL"
        systemctl reload "$FPM"
        sleep 1
    """)
    host.warm()
