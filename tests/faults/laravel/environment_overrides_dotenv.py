"""LAR019, environment_overrides_dotenv."""

from tests.lab import Host


def fault(host: Host) -> None:
    """The pool's own value, and no cached configuration."""
    host.sh("""
        rm "$CACHE/config.php"
        sed -i "s/^\\[.*\\]/&\\nenv[RELEASE] = r9/" "$POOL"
        systemctl restart "$FPM"; sleep 1
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """Requests see another release than artisan does."""
    return "RELEASE=r1" in host.sh("cat .env") and '"r9"' in host.get().body


def lookalike(host: Host) -> None:
    """The same value, keys that .env does not have, another pool's; a variable of the service that it lets through."""
    host.sh("""
        rm "$CACHE/config.php"
        printf 'clear_env = no\\nenv[RELEASE] = r1\\nenv[APP_DEBUG] = "(false)"\\nenv[OTHER] = x\\n' > /tmp/env
        sed -i '/^\\[.*\\]/r /tmp/env' "$POOL"; rm /tmp/env
        drop="/etc/systemd/system/${FPM%.service}.service.d"; mkdir -p "$drop"
        printf '[Service]\\nEnvironment=LOG_LEVEL=debug ELSE=1\\n' > "$drop/e.conf"
        systemctl daemon-reload; systemctl restart "$FPM"; sleep 1
    """)
    host.warm()
