"""LAR020, maintenance_mode_left_on."""

from tests.lab import Host

# A page of its own, which Laravel's front controller answers with before it starts the app.
_PAGE = "echo back soon >resources/views/away.blade.php; chown --reference=artisan resources/views/away.blade.php"


def fault(host: Host) -> None:
    """A deploy that ended between `down` and `up`."""
    host.warm()
    host.sh(f"{_PAGE}; runuser -u $WWW -- php artisan down --render=away --retry=60")


def symptom(host: Host) -> bool:
    """Visitors get 503."""
    return host.get("/").status == 503


def lookalike(host: Host) -> None:
    """Down and up again; a file of this name elsewhere."""
    host.sh(f"""
        {_PAGE}
        runuser -u "$WWW" -- php artisan down --render=away
        runuser -u "$WWW" -- php artisan up
        touch storage/app/down
        chown --reference=artisan storage/app/down
    """)
