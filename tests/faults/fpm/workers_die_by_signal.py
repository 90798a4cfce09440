"""FPM016, workers_die_by_signal."""

from tests.lab import Host

_WORKER = '"$(pgrep -P "$(systemctl show -p MainPID --value "$FPM")" | head -n 1)"'


def fault(host: Host) -> None:
    """A worker that crashes."""
    host.warm()
    host.sh(f"kill -SEGV {_WORKER}; sleep 1")


def symptom(host: Host) -> bool:
    """PHP-FPM's log says so."""
    return "exited on signal 11" in host.sh("cat /var/log/php$PHP-fpm.log")


def lookalike(host: Host) -> None:
    """A worker that was ended on purpose; one that crashed before PHP-FPM was reloaded."""
    host.sh(f"kill -SEGV {_WORKER}; sleep 2; systemctl reload $FPM; sleep 2; kill -TERM {_WORKER}; sleep 1")
    host.warm()
