"""NGX004, upstream_socket_is_no_pool."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Socket of a version that is gone."""
    host.sh("""
        site=/etc/nginx/sites-available/api-gateway
        sed -i 's#fastcgi_pass [^;]*;#fastcgi_pass unix:/run/php/php7.4-fpm.sock;#' "$site"
        nginx -t && systemctl reload nginx
        for i in $(seq 50); do
            curl -s -o /dev/null -w '%{http_code}' localhost/api/status | grep -q 502 && exit
            sleep .1
        done
    """)


def symptom(host: Host) -> bool:
    """Bad gateway and no such socket."""
    return host.get().status == 502 and host.sh("test -e /run/php/php7.4-fpm.sock && echo there || true") == ""


def lookalike(host: Host) -> None:
    """Upstream block and a link."""
    host.sh("""
        server=$SOCK  # an address and port need no link
        case $SOCK in /*) ln -sfn "$SOCK" /run/php/current.sock; server=unix:/run/php/current.sock ;; esac
        printf 'upstream php { server %s; }\\n' "$server" > /etc/nginx/conf.d/upstream.conf
        sed -i 's#fastcgi_pass [^;]*;#fastcgi_pass php;#' /etc/nginx/sites-available/api-gateway
        nginx -t && systemctl reload nginx
        sleep 1
        curl -s -o /dev/null -w '%{http_code}' localhost/api/status | grep -q 200
    """)
