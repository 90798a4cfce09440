"""WRK002, worker_runs_another_release."""

from tests.faults.snippets import into_releases, start_worker, switch_release, worker_directory
from tests.lab import Host


def fault(host: Host) -> None:
    """The link moves on, and nobody restarts the worker."""
    into_releases(host)
    start_worker(host)
    switch_release(host)


def symptom(host: Host) -> bool:
    """The worker stands in another release than the app."""
    return worker_directory(host) != host.sh('readlink -f "$APP"')


def lookalike(host: Host) -> None:
    """The worker was restarted after the switch; one of another app that lies beside the releases runs on."""
    fault(host)
    host.sh("""
        other=$(dirname "$(readlink -f "$APP")")/staging
        cp -a "$APP/." "$other"
        printf 'server { listen 8080; root %s/public; }\\n' "$other" > /etc/nginx/sites-enabled/staging
        systemctl reload nginx
        systemd-run -q -u staging --uid="$WWW" --working-directory="$other" php artisan queue:work --sleep=1
        systemctl restart api-gateway-queue
        sleep 1
    """)
