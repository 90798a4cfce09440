"""FPM013, too_few_processes."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Master hangs and workers are gone."""
    host.sh("""
        master=$(systemctl show -p MainPID --value "$FPM")
        kill -STOP "$master"
        kill -KILL $(cat "/proc/$master/task/$master/children")
        sleep 1
    """)


def symptom(host: Host) -> bool:
    """Active without workers."""
    return host.sh('systemctl is-active "$FPM"; pgrep -fc "^php-fpm: pool" || true') == "active\n0"


def lookalike(host: Host) -> None:
    """One master and two workers."""
    host.sh("""
        sed -i 's/^pm = .*/pm = static/; s/^pm.max_children = .*/pm.max_children = 2/' "$POOL"
        systemctl restart "$FPM"
    """)
