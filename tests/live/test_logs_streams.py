"""Logs that are streams: never read as liveproof's own, and told where they lead to no file."""

import json
from typing import Any

import pytest

from tests.lab import Host
from tests.lab.product import LAUNCHER
from tests.live.trial import checked, codes, told

# As the official PHP image has it: the master logs to its standard error, which is a pipe.
_PIPE = r"""
sed -i 's#^;*error_log *=.*#error_log = /proc/self/fd/2#' "/etc/php/$PHP/fpm/php-fpm.conf"
start=$(sed -n 's/^ExecStart=//p' "/lib/systemd/system/$FPM.service")
mkdir -p "/etc/systemd/system/$FPM.service.d"
printf '[Service]\nExecStart=\nExecStart=/bin/bash -c "exec %s 2> >(exec cat >> /root/fpm.out)"\n' "$start" \
    > "/etc/systemd/system/$FPM.service.d/pipe.conf"
systemctl daemon-reload; systemctl restart "$FPM"; sleep 1
"""


def wire(report: dict[str, Any]) -> str:
    (app,) = report["apps"]
    return next(f"{link['verdict']} {link['reason']}" for link in app["links"] if link["link"] == "wire")


def test_fpms_own_stream_is_not_ours(suite: str) -> None:
    """Whatever liveproof's own standard error is, it is not FPM's log; where FPM's is a file, that is read."""
    with Host.up(suite) as host:
        host.sh(_PIPE)
        assert host.get().status == 200
        assert "ready to handle connections" in host.sh("cat /root/fpm.out")
        host.sh('date "+[%d-%b-%Y %H:%M:%S] ERROR: [pool www] boom" > /root/ours')
        said = host.sh(f"{LAUNCHER} check --format json 2>> /root/ours || true")
        report = json.loads(said)
        assert "boom" not in said
        assert "LAR015" not in codes(report, breaking=False), told(report)
        assert wire(report).startswith("unproven"), told(report)
        assert "stream of PHP-FPM" in wire(report)
        assert "give it a log file (error_log)" in wire(report)
        assert wire(checked(host)) == wire(report)
        host.sh("""
            sed -i 's#2> >(.*)"#2>> /root/fpm.out"#' "/etc/systemd/system/$FPM.service.d/pipe.conf"
            systemctl daemon-reload; systemctl restart "$FPM"; sleep 1
        """)
        report = checked(host)
        assert report["verdict"] == "proven", told(report)
        host.sh('date "+[%d-%b-%Y %H:%M:%S] ERROR: [pool www] boom" >> /root/fpm.out')
        report = checked(host)
        assert "LAR015" in codes(report, breaking=False), told(report)


@pytest.mark.parametrize("log", ["stderr", "syslog:server=unix:/dev/log", "/dev/null"])
def test_nginxs_log_that_is_no_file(suite: str, log: str) -> None:
    """It is told, with what settles it; beside a file it is enough that one can be read."""
    with Host.up(suite) as host:
        host.sh(rf"""
            sed -i '0,/server *{{/s##&\nerror_log {log};#' /etc/nginx/sites-available/api-gateway
            nginx -t -q && systemctl restart nginx; sleep 0.5
        """)
        report = checked(host)
        assert wire(report).startswith("unproven"), told(report)
        assert log in wire(report)
        host.sh(r"""
            sed -i 's#^error_log .*#&\nerror_log /var/log/nginx/two.log;#' /etc/nginx/sites-available/api-gateway
            nginx -t -q && systemctl restart nginx; sleep 0.5
        """)
        report = checked(host)
        assert report["verdict"] == "proven", told(report)


CHANNELS = {
    "errorlog": "'driver' => 'errorlog'",
    "stderr": "'driver' => 'monolog', 'handler' => Monolog\\Handler\\StreamHandler::class,"
    " 'with' => ['stream' => 'php://stderr']",
    "fd": "'driver' => 'single', 'path' => '/proc/self/fd/2'",
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_app_that_logs_to_no_file(suite: str, channel: str) -> None:
    """Its log cannot be read: that is told."""
    with Host.up(suite) as host:
        logging = host.sh("cat config/logging.php").replace(
            "'single' => [", f"'{channel}' => [{CHANNELS[channel]}],\n'single' => [", 1
        )
        assert channel in logging
        host.exec(["tee", f"{host.app}/config/logging.php"], stdin=logging)
        host.sh(f"sed -i '/^LOG_CHANNEL/d' .env; echo LOG_CHANNEL={channel} >> .env", user=host.user)
        host.sh("php artisan config:cache", user=host.user)
        host.sh('systemctl reload "$FPM"; sleep 3')
        report = checked(host)
        assert wire(report).startswith("unproven"), told(report)
        assert "let the app log to a file as well" in wire(report)
