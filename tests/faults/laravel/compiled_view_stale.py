"""LAR005, compiled_view_stale."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Source replaced with its time kept."""
    host.get("/")
    host.sh("""
        time=$(stat -c %Y resources/views/welcome.blade.php)
        echo '<p>a new paragraph</p>' >>resources/views/welcome.blade.php
        touch -d "@$time" resources/views/welcome.blade.php
    """)


def symptom(host: Host) -> bool:
    """Page lacks the new paragraph."""
    page = host.get("/")
    return page.status == 200 and "a new paragraph" not in page.body


def lookalike(host: Host) -> None:
    """Source edited with a new time."""
    host.get("/")
    host.sh("sleep 1.1; echo '<p>a new paragraph</p>' >>resources/views/welcome.blade.php")
