"""FPM004, configuration_invalid."""

from tests.lab import Host


def fault(host: Host) -> None:
    """A directive that is misspelt, and that nobody loaded yet."""
    host.warm()
    host.sh("sleep 1; printf 'pm.max_childrens = 7\\n' >> \"$POOL\"")


def symptom(host: Host) -> bool:
    """Its own test refuses it, and the site answers all the same."""
    return "refused" in host.sh("php-fpm$PHP -t 2>/dev/null || echo refused") and host.get("/").status == 200


def lookalike(host: Host) -> None:
    """A remark and a directive that are taken, and loaded; a file that PHP-FPM does not include."""
    host.sh("""
        printf '; pm.max_childrens = 7\\npm.max_requests = 900\\n' >> "$POOL"
        printf 'pm.max_childrens = 7\\n' > "${POOL%/*}/notes.txt"
        systemctl reload "$FPM"
        sleep 1
    """)
    host.warm()
