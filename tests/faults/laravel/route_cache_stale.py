"""LAR002, route_cache_stale."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Route added after caching."""
    host.sh(r"""
        echo "Route::get('/added', '\\\\'.StatusController::class)->name('added');" >>routes/api.php
    """)


def symptom(host: Host) -> bool:
    """New route is not found."""
    return "/added" in host.sh("cat routes/api.php") and host.get("/api/added").status == 404


def lookalike(host: Host) -> None:
    """Routes touched but equal."""
    host.sh("echo '// a remark' >>routes/api.php && touch routes/*.php")
