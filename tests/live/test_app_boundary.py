"""An app without artisan whose code lies beside its document root: found as a whole, and judged as a whole."""

from collections.abc import Iterator

import pytest

from tests.lab import Host
from tests.live.trial import checked, codes, told

_SITE = """
mkdir -p /srv/two/public /srv/two/src
echo '<?php require __DIR__ . "/../src/lib.php"; echo version();' > /srv/two/public/index.php
echo '<?php function version() { return "v1"; }' > /srv/two/src/lib.php
cat > /etc/nginx/sites-enabled/two <<END
server {
  listen 8080; server_name two; root ROOT; index index.php;
  location / { try_files \\$uri /index.php; }
  location ~ \\\\.php$ {
    include fastcgi_params; fastcgi_param SCRIPT_FILENAME \\$document_root\\$fastcgi_script_name;
    fastcgi_pass unix:$SOCK;
  }
}
END
nginx -t -q && systemctl reload nginx; sleep 0.5
"""


def visit(host: Host) -> str:
    return host.sh("curl -s -H 'Host: two' http://127.0.0.1:8080/")


@pytest.fixture
def two(suite: str) -> Iterator[Host]:
    with Host.up(suite) as host:
        host.ini("opcache.validate_timestamps=0")
        host.sh(_SITE.replace("ROOT", "/srv/two/public"))
        host.sh("sleep 2")
        assert visit(host) == "v1"
        yield host


@pytest.mark.parametrize("path", ["/srv/two", "/srv/two/public"])
def test_an_app_beside_its_document_root_is_proven(two: Host, path: str) -> None:
    """By either path, and it is the app above the document root."""
    report = checked(two, path)
    assert report["verdict"] == "proven", told(report)
    assert [app["path"] for app in report["apps"]] == ["/srv/two"]


def test_old_code_beside_the_document_root_is_found_and_fixed(two: Host) -> None:
    """An edit of ../src/lib.php without a reload is old code that is live, where liveproof had looked before it."""
    checked(two, "/srv/two")
    two.sh("sleep 1; sed -i s/v1/v2/ /srv/two/src/lib.php; sleep 1")
    assert visit(two) == "v1"
    for path in ("/srv/two", "/srv/two/public"):
        report = checked(two, path)
        assert codes(report) & {"OPC001", "OPC002"}, told(report)
        assert report["verdict"] == "broken", told(report)
    two.liveproof("fix", "--yes", "--allow", "disruptive", "/srv/two")
    assert visit(two) == "v2"


def test_unreadable_code_beside_the_document_root_is_found(two: Host) -> None:
    """OPcache hides it until the next reload."""
    two.sh("chmod 600 /srv/two/src/lib.php; chown root: /srv/two/src/lib.php")
    report = checked(two, "/srv/two/public")
    assert "FIL002" in codes(report), told(report)


def test_old_code_beside_a_document_root_in_a_shared_directory_is_found(suite: str) -> None:
    """/var/www is no app; the library in it that one of its apps includes is judged all the same, no other app is."""
    with Host.up(suite) as host:
        host.ini("opcache.validate_timestamps=0")
        site = _SITE.replace("/srv/two/public", "/var/www/html").replace("/srv/two/src", "/var/www/src")
        host.sh(site.replace("ROOT", "/var/www/html"))
        host.sh("sleep 2")
        assert visit(host) == "v1"
        host.warm()
        host.sh("""sleep 1; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"; sleep 1""")
        report = checked(host, "/var/www/html")
        assert not codes(report) & {"OPC001", "OPC002"}, told(report)
        host.sh("sed -i s/v1/v2/ /var/www/src/lib.php; sleep 1")
        report = checked(host, "/var/www/html")
        assert codes(report) & {"OPC001", "OPC002"}, told(report)
        assert [app["path"] for app in report["apps"]] == ["/var/www/html"]
