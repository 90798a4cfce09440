"""FPM002, socket_missing."""

from tests.lab import Host

NOT_ON = {"upstream": "the pool listens on TCP, so there is no socket file"}


def fault(host: Host) -> None:
    """Socket file removed."""
    host.sh('rm "$SOCK"')


def symptom(host: Host) -> bool:
    """Unit is active without a socket."""
    return host.sh('systemctl is-active "$FPM"; test -S "$SOCK" && echo there || true') == "active"


def lookalike(host: Host) -> None:
    """Moved together with nginx."""
    host.sh("""
        sed -i 's#^listen = .*#listen = /run/php/moved.sock#' "$POOL"
        sed -i 's#unix:[^;]*;#unix:/run/php/moved.sock;#' /etc/nginx/sites-available/api-gateway
        systemctl reload "$FPM" && nginx -t && systemctl reload nginx
        for i in $(seq 50); do
            curl -s -o /dev/null -w '%{http_code}' localhost/api/status | grep -q 200 && exit
            sleep .1
        done
    """)
