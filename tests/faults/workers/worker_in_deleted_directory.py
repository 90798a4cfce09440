"""WRK003, worker_in_deleted_directory."""

from tests.faults.snippets import into_releases, start_worker, switch_release, worker_directory
from tests.lab import Host


def fault(host: Host) -> None:
    """The deploy removes the release that the worker was started in."""
    into_releases(host)
    start_worker(host)
    switch_release(host)
    host.sh('rm -rf "$(dirname "$(readlink -f "$APP")")/1"')


def symptom(host: Host) -> bool:
    """The kernel calls its directory deleted."""
    return worker_directory(host).endswith(" (deleted)")


def lookalike(host: Host) -> None:
    """The old release is gone, the worker was restarted before; what else was deleted is none of it."""
    into_releases(host)
    start_worker(host)
    switch_release(host)
    host.sh("""
        systemctl restart api-gateway-queue; sleep 1
        rm -rf "$(dirname "$(readlink -f "$APP")")/1"
        mkdir /srv/elsewhere; cd /srv/elsewhere
        systemd-run -q -u elsewhere --uid="$WWW" --working-directory=/srv/elsewhere php -r 'sleep(600);'
        sleep 0.5; rmdir /srv/elsewhere
    """)
