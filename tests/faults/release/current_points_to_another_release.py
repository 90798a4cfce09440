"""REL003, current_points_to_another_release."""

from tests.faults.snippets import into_deployer, served_release
from tests.lab import Host


def fault(host: Host) -> None:
    """The deploy of release 2 failed after it had been recorded, a day later than the last switch."""
    into_deployer(host, 1)
    host.sh("""
        touch -h -d '2 days ago' "$APP/current"
        touch -d '1 day ago' "$APP/.dep/releases_log" "$APP/releases/2"
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """Deployer's last record is of release 2, and release 1 answers."""
    return '"release_name":"2"' in host.sh("tail -n 1 $APP/.dep/releases_log") and served_release(host) == "v1"


def lookalike(host: Host) -> None:
    """Deployer rolled back: the release that it left is marked."""
    into_deployer(host, 1)
    host.sh("""
        cd "$APP/releases/2"; echo '2026-01-03T00:00:00+0000,deploy' > BAD_RELEASE; chown "$WWW:" BAD_RELEASE
        touch -h -d '2 days ago' "$APP/current"
        touch -d '1 day ago' "$APP/.dep/releases_log" "$APP/releases/2"
    """)
    host.warm()
