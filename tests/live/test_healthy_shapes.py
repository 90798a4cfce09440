"""Healthy hosts of other shapes are proven too: HTTPS, two apps, an app that is no Laravel."""

import json

import pytest

from tests.lab import Host
from tests.live.trial import told

_HTTPS = r"""
openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/ssl/private/shop.key -out /etc/ssl/certs/shop.pem \
    -days 30 -subj /CN=shop.example 2>/dev/null
sed 's/listen 80 default_server/listen 443 ssl default_server/; s/listen \[::\]:80 default_server/listen [::]:443 ssl/;
     s/server_name _/server_name shop.example/' /etc/nginx/sites-available/api-gateway > /etc/nginx/conf.d/tls.conf
sed -i '/server_name/a ssl_certificate_key /etc/ssl/private/shop.key; ssl_certificate /etc/ssl/certs/shop.pem;' \
    /etc/nginx/conf.d/tls.conf
sed -i '/fastcgi_param DOCUMENT_ROOT/a fastcgi_param HTTPS on;' /etc/nginx/conf.d/tls.conf
nginx -t -q && systemctl reload nginx; sleep 1
"""
_REDIRECT = r"""
printf 'server { listen 80 default_server; server_name shop.example; return 301 https://$host$request_uri; }\n' \
    > /etc/nginx/sites-available/api-gateway
nginx -t -q && systemctl reload nginx; sleep 1
"""
_PLAIN = r"""
mkdir -p /srv/plain/lib && cd /srv/plain
printf '<?php require __DIR__ . "/lib/answer.php"; echo answer();\n' > index.php
printf '<?php function answer() { return "plain"; }\n' > lib/answer.php
chown -R "$WWW:$WWW" /srv/plain
sed 's/ default_server//; s/server_name _/server_name plain.example/; s,/var/www/api-gateway/public,/srv/plain,' \
    /etc/nginx/sites-available/api-gateway > /etc/nginx/conf.d/plain.conf
nginx -t -q && systemctl reload nginx; sleep 3
for n in 1 2 3 4 5; do curl -s -H 'Host: plain.example' http://127.0.0.1/; done
"""
SHAPES = {
    "HTTP and HTTPS": _HTTPS,
    "HTTPS with a redirect": _HTTPS + _REDIRECT,
    "two apps in one pool, one of them no Laravel": _PLAIN,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_healthy_host_of_another_shape_is_proven(suite: str, shape: str) -> None:
    """Every app of it."""
    with Host.up(suite) as host:
        host.sh(SHAPES[shape], timeout=60)
        host.warm()
        report = json.loads(host.liveproof("check", "--format", "json").stdout)
        assert report["verdict"] == "proven", told(report)
        assert len(report["apps"]) == (2 if "two apps" in shape else 1)
        assert not [f["code"] for app in report["apps"] for f in app["findings"] if f["severity"] != "notice"]
