"""REL010, live_release_will_be_removed."""

from tests.faults.snippets import into_deployer, served_release
from tests.lab import Host


def fault(host: Host) -> None:
    """A switch in two steps was cut off between them: `release` is still there."""
    into_deployer(host, 2)
    host.sh("""
        ln -s releases/2 "$APP/release"; chown -h "$WWW:" "$APP/release"
        touch -h -d '1 hour ago' "$APP/release"
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """What the next deploy would take away is what answers."""
    return host.sh('readlink -f "$APP/release"').endswith("/2") and served_release(host) == "v2"


def lookalike(host: Host) -> None:
    """A deploy is at work on another release."""
    into_deployer(host, 2)
    host.sh("""
        cp -a "$APP/releases/2" "$APP/releases/3"; ln -s releases/3 "$APP/release"; chown -h "$WWW:" "$APP/release"
    """)
    host.warm()
