"""OPC021, user_ini_not_in_force_everywhere."""

from tests.lab import Host

PAGE = "curl -s http://127.0.0.1/limit.php"


def _page(host: Host) -> None:
    host.sh(
        "printf '<?php echo ini_get(\"memory_limit\");' > public/limit.php; chown --reference=artisan public/limit.php"
    )
    host.warm()
    host.sh(f"for i in $(seq 40); do {PAGE} >/dev/null & done; wait")


def fault(host: Host) -> None:
    """Edited where workers keep it for a day."""
    host.ini("user_ini.cache_ttl=86400")
    _page(host)
    host.sh("sleep 1; echo memory_limit=777M > public/.user.ini; chown --reference=artisan public/.user.ini")


def symptom(host: Host) -> bool:
    """The file sets the limit, and workers have another one."""
    told = host.sh(f"for i in $(seq 10); do {PAGE}; echo; done")
    return host.sh("cat public/.user.ini").strip().endswith("777M") and "128M" in told


def lookalike(host: Host) -> None:
    """Edited and reloaded, then touched; php.ini keeps it for a day."""
    host.ini("user_ini.cache_ttl=86400")
    _page(host)
    host.sh("""
        echo memory_limit=777M > public/.user.ini; chown --reference=artisan public/.user.ini
        sleep 1; systemctl reload "$FPM"; sleep 1
    """)
    host.warm()
    host.liveproof("check")
    host.sh("touch public/.user.ini")
