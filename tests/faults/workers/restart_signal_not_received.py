"""WRK004, restart_signal_not_received."""

from tests.faults.snippets import start_worker, work
from tests.lab import Host

_UNIT = "/etc/systemd/system/api-gateway-queue.service"


def fault(host: Host) -> None:
    """A worker with a cache store of its own runs on after a deploy that ended with queue:restart."""
    host.sh(f"sed -i 's/--sleep=1/--sleep=1 --timeout=3/; /^User=/i Environment=CACHE_DRIVER=array' {_UNIT}")
    host.sh("systemctl daemon-reload; rm -f bootstrap/cache/config.php")
    start_worker(host)
    work(host)
    host.sh("sed -i 's/job-v[0-9]*/job-v9/' app/Jobs/RecordCall.php; sleep 1")
    host.sh("php artisan queue:restart -q; sleep 16", user=host.user)


def symptom(host: Host) -> bool:
    """A job that is queued now runs the old class."""
    return "job-v9" not in work(host)


def lookalike(host: Host) -> None:
    """A worker that has followed the signal, and a listener, which looks for none."""
    start_worker(host)
    host.sh("systemd-run -q -u listener --uid=$WWW --working-directory=$APP php artisan queue:listen; sleep 1.5")
    host.sh("php artisan queue:restart -q; sleep 6", user=host.user)
