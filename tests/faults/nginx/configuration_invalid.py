"""NGX001, configuration_invalid."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Unknown directive."""
    host.sh(
        "printf 'server {\\n    listen 8081;\\n    server_nam broken.test;\\n}\\n' > /etc/nginx/sites-enabled/broken"
    )


def symptom(host: Host) -> bool:
    """Test fails while the site answers."""
    return host.sh("nginx -t > /dev/null 2>&1 && echo valid || true") == "" and host.get().status == 200


def lookalike(host: Host) -> None:
    """Broken file that is not included."""
    host.sh("""
        printf 'server { nonsense' > /etc/nginx/sites-available/unused
        printf 'server { listen 80; server_name _; return 404; }\\n' > /etc/nginx/conf.d/same-name.conf
        nginx -t 2>&1 | grep -q 'conflicting server name'
    """)
