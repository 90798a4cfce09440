"""LAR009, environment_file_missing_or_unreadable."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Only root can read it, and no configuration is cached."""
    host.sh('rm "$CACHE/config.php"; chown root: .env; chmod 600 .env; systemctl restart "$FPM"; sleep 1')


def symptom(host: Host) -> bool:
    """The app has no key."""
    denied = host.sh("head -c 0 .env 2>/dev/null && echo readable || echo denied", user=host.user) == "denied"
    return denied and host.get("/").status == 500


def lookalike(host: Host) -> None:
    """None at all, since the pool gives the app its variables."""
    host.sh("""
        rm "$CACHE/config.php"
        sed 's/^\\([A-Z_]*\\)=\\(.*\\)/env[\\1] = "\\2"/' .env > /tmp/env
        sed -i '/^\\[.*\\]/r /tmp/env' "$POOL"
        rm .env /tmp/env "$CACHE/routes-v7.php"
        systemctl restart "$FPM"; sleep 1
    """)
    host.warm()
