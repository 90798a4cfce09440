"""LAR001, config_cache_stale."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Env changed after caching."""
    host.sh("sed -i 's/^RELEASE=.*/RELEASE=edited/' .env")


def symptom(host: Host) -> bool:
    """App answers with the old value."""
    return "RELEASE=edited" in host.sh("cat .env") and '"release":"edited"' not in host.get().body


def lookalike(host: Host) -> None:
    """Sources touched but equal."""
    host.sh("touch .env config/*.php && echo '# a remark' >>.env && sed -i '2i // a remark' config/app.php")
