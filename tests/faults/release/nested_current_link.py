"""REL004, nested_current_link."""

from tests.faults.snippets import into_deployer, served_release
from tests.lab import Host


def fault(host: Host) -> None:
    """`current` was copied and is a directory, into which the next deploy put its link."""
    into_deployer(host, 1)
    host.sh("""
        rm "$APP/current"; cp -a "$APP/releases/1" "$APP/current"
        rm "$APP/current/storage"; ln -s ../shared/storage "$APP/current/storage"
        cd "$APP/current"
        for what in config route view; do (umask 027; runuser -u "$WWW" -- php artisan $what:cache -q); done
        ln -s "$APP/releases/2" "$APP/current"; chown -h "$WWW:" "$APP/current/2"
        systemctl reload "$FPM"; sleep 1
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """The link to release 2 lies within `current`, and release 1 answers."""
    return host.sh('readlink -f "$APP/current/2"').endswith("/releases/2") and served_release(host) == "v1"


def lookalike(host: Host) -> None:
    """A release with a link of its own, to a directory that is no release."""
    into_deployer(host, 2)
    host.sh("""
        mkdir "$APP/shared/reports"; ln -s ../../shared/reports "$APP/releases/2/reports"
        chown -h "$WWW:" "$APP/shared/reports" "$APP/releases/2/reports"; systemctl reload "$FPM"; sleep 1
    """)
    host.warm()
