"""LAR015, errors_logged_since_deploy."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Roots session directory."""
    host.sh("chown -R root:root storage/framework/sessions && chmod 755 storage/framework/sessions")
    host.get("/")


def symptom(host: Host) -> bool:
    """A request is denied and logged."""
    denials = 'grep -ac "ERROR.*Permission denied" storage/logs/laravel.log || true'
    before = int(host.sh(denials))
    host.get("/")
    return int(host.sh(denials)) > before


def lookalike(host: Host) -> None:
    """Denial from before the deploy."""
    host.sh(
        """
        echo '[2026-01-02 03:04:05] production.ERROR: file_put_contents(/nowhere/x): Failed to open stream: '\
'Permission denied {"exception":"[object] (ErrorException(code: 0): denied at /var/www/x.php:1)"}' \
            >>storage/logs/laravel.log
        """,
        user=host.user,
    )
