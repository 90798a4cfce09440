"""FPM005, configuration_changed_since_start."""

from tests.lab import Host

PAGE = "curl -s http://127.0.0.1/limit.php"


def fault(host: Host) -> None:
    """A memory limit that nobody loaded."""
    host.sh(
        "printf '<?php echo ini_get(\"memory_limit\");' > public/limit.php; chown --reference=artisan public/limit.php"
    )
    host.warm()
    host.sh("sleep 1")
    host.liveproof("check")
    host.sh("printf 'memory_limit = 777M\\n' > /etc/php/$PHP/fpm/conf.d/99-limit.ini; php-fpm$PHP -t")


def symptom(host: Host) -> bool:
    """The file sets the limit, and PHP has another one."""
    return host.sh("cat /etc/php/$PHP/fpm/conf.d/99-limit.ini").strip().endswith("777M") and "777M" not in host.sh(PAGE)


def lookalike(host: Host) -> None:
    """Edited and reloaded; files that were touched, or rewritten with the same content; a worker that was replaced."""
    host.sh("""
        printf 'memory_limit = 777M\\n' > /etc/php/$PHP/fpm/conf.d/99-limit.ini
        printf '; a remark\\n' >> "$POOL"
        systemctl reload "$FPM"
        sleep 1
    """)
    host.warm()
    host.liveproof("check")
    host.sh("""
        touch /etc/php/$PHP/fpm/php.ini "$POOL"
        cp -p "$POOL" /tmp/same && cp /tmp/same "$POOL"
        printf 'memory_limit = 777M\\n' > /etc/php/$PHP/fpm/conf.d/99-limit.ini
        kill "$(pgrep -P "$(systemctl show -p MainPID --value "$FPM")" | head -n 1)"
        sleep 1
    """)
