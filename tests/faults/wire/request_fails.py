"""WIR001, request_fails."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Nginx answers unavailable."""
    host.sh(r"""
        sed -i '0,/^\( *\)root .*/s//&\n    location = \/ { return 503; }/' /etc/nginx/sites-available/api-gateway
        nginx -t && systemctl reload nginx
    """)
    host.sh(
        "for i in $(seq 50); do curl -s -o /dev/null -w '%{http_code}' localhost/ | grep -q 503 && exit; sleep .1; done"
    )


def symptom(host: Host) -> bool:
    """Visitors get 503."""
    return host.get("/").status == 503


def lookalike(host: Host) -> None:
    """Another path is unavailable."""
    host.sh(r"""
        sed -i '0,/^\( *\)root .*/s//&\n    location = \/old { return 503; }/' /etc/nginx/sites-available/api-gateway
        nginx -t && systemctl reload nginx
    """)
