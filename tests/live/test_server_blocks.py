"""Each server block that passes to the app is asked: HTTP and HTTPS, the name and the default."""

import json

from tests.lab import Host
from tests.live.trial import told

# A second block of the same app, on another port; @HEAD@ goes into its PHP location.
_BLOCK = r"""
sed 's/80 default_server/8080/; s/server_name _/server_name shop.example/' /etc/nginx/sites-available/api-gateway \
    > /etc/nginx/conf.d/second.conf
sed -i 's,include fastcgi_params;,include fastcgi_params; @HEAD@,' /etc/nginx/conf.d/second.conf
nginx -t -q && systemctl reload nginx; sleep 1
"""


def _check(host: Host) -> dict[str, str]:
    report = json.loads(host.liveproof("check", "--format", "json").stdout)
    links = {link["link"]: link["verdict"] for app in report["apps"] for link in app["links"]}
    return {**links, "told": told(report), "codes": str([f["code"] for app in report["apps"] for f in app["findings"]])}


def test_both_blocks_that_answer_are_proven(suite: str) -> None:
    """One on another port and of another name changes nothing, and both requests are what is looked at."""
    with Host.up(suite) as host:
        host.sh(_BLOCK.replace("@HEAD@", ""))
        host.warm()
        said = _check(host)
        assert said["wire"] == "proven", said["told"]
        answers = json.loads(host.liveproof("check", "--format", "json").stdout)["apps"][0]["results"]
        holds = next(one["holds"] for one in answers if one["code"] == "WIR001")
        assert any("shop.example" in text for text in holds), holds
        assert any("localhost" in text for text in holds), holds


def test_a_block_that_cannot_reach_php_is_found_beside_one_that_can(suite: str) -> None:
    """The name's own block hands PHP a script that is not there; the default one answers as ever."""
    with Host.up(suite) as host:
        host.sh(_BLOCK.replace("@HEAD@", ""))
        host.sh("""
            sed -i 's,fastcgi_param SCRIPT_FILENAME .*,fastcgi_param SCRIPT_FILENAME /var/www/api-gateway/gone.php;,' \
                /etc/nginx/conf.d/second.conf
            nginx -t -q && systemctl reload nginx; sleep 1
        """)
        host.warm()
        said = _check(host)
        assert said["wire"] == "broken", said["told"]
        assert "WIR001" in said["codes"]
