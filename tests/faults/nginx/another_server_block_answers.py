"""NGX005, another_server_block_answers."""

from tests.lab import Host

_OLD = """
mkdir -p /srv/old
echo 'the old site' > /srv/old/index.html
sed -i 's/server_name _;/server_name shop.example;/' /etc/nginx/sites-enabled/api-gateway
"""


def fault(host: Host) -> None:
    """An old site that was left in conf.d, which nginx reads first."""
    host.warm()
    host.sh(f"""{_OLD}
        printf 'server {{ listen 80; listen [::]:80; server_name Shop.example; root /srv/old; }}\\n' \
            > /etc/nginx/conf.d/00-old.conf
        systemctl reload nginx
        sleep 1
    """)


def symptom(host: Host) -> bool:
    """Visitors of the name see the old site."""
    return "the old site" in host.sh("curl -s -H 'Host: shop.example' http://127.0.0.1/")


def lookalike(host: Host) -> None:
    """The old site under its own name and on its own port; a block of the same name that only redirects to HTTPS."""
    host.sh(f"""{_OLD}
        printf 'server {{ listen 80; server_name old.example; root /srv/old; }}\\n' > /etc/nginx/conf.d/00-old.conf
        printf 'server {{ listen 8080; server_name shop.example; root /srv/old; }}\\n' >> /etc/nginx/conf.d/00-old.conf
        printf 'server {{ listen 80; server_name www.shop.example; return 301 http://shop.example/; }}\\n' \
            >> /etc/nginx/conf.d/00-old.conf
        systemctl reload nginx
        sleep 1
    """)
    host.warm()
