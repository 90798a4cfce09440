"""An answer of nginx's cache proves nothing of the app."""

from typing import Any

import pytest

from tests.lab import Host
from tests.live.trial import checked, codes, told

_SITE = r"""
mkdir -p /srv/two
echo '<?php echo "page v1";' > /srv/two/index.php
cat > /etc/nginx/conf.d/two.conf <<END
fastcgi_cache_path /var/cache/nginx-two levels=1:2 keys_zone=pages:1m;
server {
  listen 8080; server_name two; root /srv/two; index index.php;
  location / { try_files \$uri /index.php?\$query_string; }
  location ~ \.php$ {
    include fastcgi_params; fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    fastcgi_pass unix:$SOCK; fastcgi_cache pages; fastcgi_cache_valid 200 1h; fastcgi_cache_key KEY;
  }
}
END
nginx -t -q && systemctl reload nginx; sleep 0.5
"""


def wire(report: dict[str, Any]) -> str:
    (app,) = report["apps"]
    return next(f"{link['verdict']} {link['reason']}" for link in app["links"] if link["link"] == "wire")


def _with_an_old_page(host: Host, visit: str) -> dict[str, Any]:
    """Proven at first; the report once the page has changed while the cache goes on with the old one."""
    assert host.sh(visit) == "page v1"
    report = checked(host, "/srv/two")
    assert report["verdict"] == "proven", told(report)
    host.sh('sleep 1; sed -i s/v1/v2/ /srv/two/index.php; sleep 1; systemctl reload "$FPM"; sleep 1')
    assert host.sh(visit) == "page v1"
    report = checked(host, "/srv/two")
    assert wire(report).startswith("unproven"), told(report)
    return report


@pytest.mark.parametrize("key", [r"\$host\$request_uri", r"\$host\$uri"])
def test_an_old_page_in_nginxs_cache_is_not_proven(suite: str, key: str) -> None:
    """With a key that a query gets past, and with one that it does not."""
    with Host.up(suite) as host:
        host.sh(_SITE.replace("KEY", key))
        visit = "curl -s -H 'Host: two' http://127.0.0.1:8080/"
        report = _with_an_old_page(host, visit)
        assert "not what the app itself answers now" in wire(report)
        assert host.sh(visit) == "page v1"
        host.sh(
            "echo '<?php http_response_code(500);' > /srv/two/index.php; sleep 1; systemctl reload \"$FPM\"; sleep 1"
        )
        report = checked(host, "/srv/two")
        assert "WIR001" in codes(report), told(report)


_FRONT = r"""
sed -i 's/fastcgi_cache .*//; /fastcgi_cache_path/d' /etc/nginx/conf.d/two.conf
cat > /etc/nginx/conf.d/front.conf <<END
proxy_cache_path /var/cache/nginx-front levels=1:2 keys_zone=front:1m;
upstream behind { server 127.0.0.1:8080; }
server {
  listen 8090; server_name front;
  location ~* \.(css|js)$ { proxy_pass http://behind; proxy_cache front; proxy_cache_valid 200 1h; }
  location / { proxy_pass http://behind; proxy_set_header Host two; proxy_cache_valid 200 1h; CACHE }
}
END
nginx -t -q && systemctl reload nginx; sleep 0.5
"""


@pytest.mark.parametrize("cache", ["proxy_cache front;", r"proxy_cache front; proxy_cache_key \$uri;"])
def test_an_old_page_in_the_cache_of_a_proxy_before_it_is_not_proven(suite: str, cache: str) -> None:
    """The app's own server block answers the new page, visitors get the old one from the block in front of it."""
    with Host.up(suite) as host:
        host.sh(_SITE + _FRONT.replace("CACHE", cache))
        visit = "curl -s -H 'Host: front' http://127.0.0.1:8090/"
        report = _with_an_old_page(host, visit)
        assert "proxy_cache front" in wire(report)
        assert "not what the app itself answers now" in wire(report)
        host.sh("rm -rf /var/cache/nginx-front/*; systemctl restart nginx; sleep 0.5")
        assert host.sh(visit) == "page v2"
        report = checked(host, "/srv/two")
        assert report["verdict"] == "proven", told(report)


def test_a_proxy_that_keeps_only_files_changes_nothing(suite: str) -> None:
    """Style sheets are no answers of the app."""
    with Host.up(suite) as host:
        host.sh(_SITE + _FRONT.replace("CACHE", ""))
        report = checked(host, "/srv/two")
        assert report["verdict"] == "proven", told(report)


def test_a_cache_that_keeps_nothing_of_this_app_changes_nothing(suite: str) -> None:
    """Laravel's session cookie keeps nginx from keeping a page."""
    with Host.up(suite) as host:
        host.sh(r"""
            sed -i 's/fastcgi_pass .*/&\nfastcgi_cache pages; fastcgi_cache_valid 200 1h; fastcgi_cache_key $uri;/' \
                /etc/nginx/sites-available/api-gateway
            echo 'fastcgi_cache_path /var/cache/nginx-two keys_zone=pages:1m;' > /etc/nginx/conf.d/cache.conf
            nginx -t -q && systemctl reload nginx; sleep 0.5
        """)
        report = checked(host)
        assert report["verdict"] == "proven", told(report)


def test_an_empty_page_is_not_proven(suite: str) -> None:
    """Status 200 and nothing in it."""
    with Host.up(suite) as host:
        host.sh('echo "<?php exit;" > "$APP/public/index.php"; sleep 1; systemctl reload "$FPM"; sleep 1')
        assert host.get().status == 200
        report = checked(host)
        assert wire(report).startswith("unproven"), told(report)
        assert "empty page" in wire(report)
