"""WIR003, request_logged_nothing."""

from tests.lab import Host

_REQUEST = r"""
    mkdir -p /etc/liveproof
    cat > /etc/liveproof/liveproof.toml <<'TOML'
[[request]]
method = "POST"
path = "/api/retell/function"
headers = { Content-Type = "application/json", Accept = "application/json" }
body = '{"name":"current_time","call":{"call_id":"{request_id}"}}'
status = 200
logs = "{request_id}"
TOML
"""


def fault(host: Host) -> None:
    """Log level above the message."""
    host.sh(_REQUEST)
    host.sh("sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=error/' .env; php artisan config:cache", user=host.user)
    host.sh("systemctl reload $FPM")
    host.warm()


def symptom(host: Host) -> bool:
    """The log stays as it is."""
    count = "cat storage/logs/*.log | wc -c"
    before = host.sh(count)
    return host.post().status == 200 and host.sh(count) == before


def lookalike(host: Host) -> None:
    """The request is logged."""
    host.sh(_REQUEST)
