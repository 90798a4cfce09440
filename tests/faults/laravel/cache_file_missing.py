"""LAR003, cache_file_missing."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Route cache removed."""
    host.sh('rm "$CACHE/routes-v7.php"')


def symptom(host: Host) -> bool:
    """Routes are not cached."""
    return '"routes_cached":false' in host.get().body


def lookalike(host: Host) -> None:
    """Development host."""
    host.sh("sed -i 's/^APP_ENV=.*/APP_ENV=local/' .env && php artisan config:cache -q", user=host.user)
    host.sh('rm "$CACHE/routes-v7.php" && systemctl reload "$FPM.service" && sleep 1')
    host.get()
