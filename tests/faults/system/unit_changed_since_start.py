"""SYS004, unit_changed_since_start."""

from tests.lab import Host


def fault(host: Host) -> None:
    """A drop-in that nobody restarted for: the umask of the workers. systemd has read it."""
    host.warm()
    host.liveproof("check")
    host.sh("""
        sleep 1
        mkdir -p "/etc/systemd/system/$FPM.service.d"
        printf '[Service]\\nUMask=0077\\n' > "/etc/systemd/system/$FPM.service.d/umask.conf"
        systemctl daemon-reload
    """)


def symptom(host: Host) -> bool:
    """systemd tells of the new umask, and the master has the old one."""
    running = host.sh('grep Umask /proc/"$(systemctl show -p MainPID --value "$FPM")"/status')
    return "0077" not in running and "0077" in host.sh('systemctl show -p UMask "$FPM"')


def lookalike(host: Host) -> None:
    """The same drop-in with a restart after it; then it is touched, and written again with the same content."""
    host.sh("""
        mkdir -p "/etc/systemd/system/$FPM.service.d"
        printf '[Service]\\nTimeoutStopSec=77\\n' > "/etc/systemd/system/$FPM.service.d/stop.conf"
        systemctl daemon-reload
        sleep 1
        systemctl restart "$FPM"
        sleep 1
    """)
    host.warm()
    host.liveproof("check")
    host.sh("""
        touch "/etc/systemd/system/$FPM.service.d/stop.conf"
        printf '[Service]\\nTimeoutStopSec=77\\n' > "/etc/systemd/system/$FPM.service.d/stop.conf"
        systemctl daemon-reload
    """)
