"""The prevention checklist on real hosts: what is open is said, applied where it can be, and rolled back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.golden.contracts import refuse_other
from tests.lab import Host
from tests.live.trial import difference, state

# Every item that liveproof can judge by itself, broken in its own way.
BREAK = r"""
sed -i 's/^;*process_control_timeout.*/;process_control_timeout = 0/' "/etc/php/$PHP/fpm/php-fpm.conf"
sed -i 's/$realpath_root/$document_root/g' /etc/nginx/sites-enabled/*
nginx -s reload; systemctl reload "$FPM"; sleep 1
chown -R "deploy:$WWW" /var/www/api-gateway/shared/storage; chmod -R g+rwX /var/www/api-gateway/shared/storage
find /var/www/api-gateway/shared/storage -type d -exec chmod g-s {} +
printf '0 0 31 2 * root cd %s && php artisan schedule:run --password=hunter2 $(touch /root/ran) `id` \033]0;x\007\n' \
  "$APP" >/etc/cron.d/gateway
printf '[Service]\nExecStart=/usr/bin/php %s/artisan queue:work\n[Install]\nWantedBy=multi-user.target\n' "$APP" \
  >/etc/systemd/system/gateway-queue.service
systemctl daemon-reload; systemctl enable --quiet gateway-queue.service
rm -f /etc/logrotate.d/api-gateway
printf '%s/*.log {\n  su root root\n  daily\n  create 0640 root adm\n}\n' /var/www/api-gateway/shared/storage/logs \
  >/etc/logrotate.d/gateway
printf '<?php\n// liveproof check\nafter("deploy:symlink", "php-fpm:nothing");\n' >"$APP/deploy.php"
chown www-data:www-data "$APP/deploy.php"
"""

OPEN = {
    "artisan_user", "shared_directories", "log_rotation", "graceful_reload", "resolved_root", "deploy_hook",
    "real_request", "watcher", "alert_channel",
}  # fmt: skip
APPLIED = {"shared_directories", "graceful_reload", "resolved_root"}


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A healthy host whose releases are switched by a link."""
    with Host.up(suite, layout="releases") as up:
        yield up


def prevented(host: Host, *arguments: str, user: str = "root") -> tuple[int, dict[str, Any]]:
    """The status and document of `prevent`."""
    ran = host.liveproof("prevent", "--format", "json", *arguments, user=user)
    assert ran.stdout.startswith("{"), ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hunter2" not in ran.stdout + ran.stderr
    document = json.loads(ran.stdout)
    refuse_other(document, "liveproof-prevent-1")
    return ran.returncode, document


def states(document: dict[str, Any]) -> dict[str, str]:
    """The items of the only app with how they stand."""
    (app,) = document["apps"]
    return {item["name"]: item["state"] for item in app["items"]}


def is_open(document: dict[str, Any]) -> set[str]:
    """The items that are open."""
    return {name for name, state in states(document).items() if state == "open"}


def test_what_is_open_is_applied_and_rolled_back(host: Host) -> None:
    """Each item open on a host that is broken so; what can be applied is done then, and goes back byte for byte."""
    host.sh(BREAK)
    before = state(host)
    status, document = prevented(host)
    assert (status, is_open(document)) == (1, OPEN)
    told = json.dumps(document)
    for line in (
        "www-data cd ",
        "User=www-data",
        "create 0640 www-data",
        "systemd-analyze verify",
        "logrotate --debug",
    ):
        assert line in told, line
    assert "\\u001b]" not in host.liveproof("prevent").stdout.encode("unicode-escape").decode()
    assert difference(before, state(host)) == []
    status, document = prevented(host, "--apply", "--dry-run", "--allow", "disruptive")
    assert status == 1
    assert {code for step in document["plan"][0]["steps"] for code in step["codes"]} == {"FIL012", "OPC004", "OPC013"}
    assert difference(before, state(host)) == []

    # Without leave only what is safe is done.
    _, document = prevented(host, "--apply", "--yes")
    assert OPEN - is_open(document) == {"shared_directories"}
    safe_run = document["outcome"][0]["run"]
    status, document = prevented(host, "--apply", "--yes", "--allow", "disruptive")
    assert (status, is_open(document)) == (1, OPEN - APPLIED), document["outcome"]
    assert "process_control_timeout = 10s" in host.sh('"php-fpm$PHP" -tt 2>&1')
    assert host.get("/api/status").status == 200
    made = "d=/var/www/api-gateway/shared/storage/app/made; runuser -u deploy -- mkdir $d; stat -c %G $d; rmdir $d"
    assert host.sh(made) == host.user

    assert host.liveproof("rollback", "--yes", document["outcome"][0]["run"]).returncode in (0, 1)
    assert host.liveproof("rollback", "--yes", safe_run).returncode in (0, 1)
    assert difference(before, state(host)) == []
    assert is_open(prevented(host)[1]) == OPEN
    assert host.sh("test -e /root/ran && echo ran || true") == ""


def test_a_healthy_host_shows_what_is_really_open(host: Host) -> None:
    """No request, no watcher and no channel are configured there; the rest is done, and a person can close it."""
    status, document = prevented(host)
    assert (status, is_open(document)) == (1, {"real_request", "watcher", "alert_channel"})
    assert states(document)["deploy_hook"] == "unknown"
    host.sh(
        r"""
        mkdir -p /etc/liveproof
        cat >/etc/liveproof/liveproof.toml <<'END'
[[request]]
path = "/api/status"
[[alerts.channel]]
name = "me"
kind = "command"
command = ["/bin/true"]
END
        liveproof=$(command -v liveproof)
        printf '[Service]\nExecStart=%s watch\n[Install]\nWantedBy=multi-user.target\n' "$liveproof" \
          >/etc/systemd/system/liveproof-watch.service
        systemctl daemon-reload; systemctl enable --now --quiet liveproof-watch.service; sleep 1
        """
    )
    status, document = prevented(host)
    assert (status, is_open(document)) == (3, set()), document
    host.sh("printf '#!/bin/sh\\nliveproof check\\n' >/var/www/api-gateway/deploy.sh")
    status, document = prevented(host)
    assert (status, set(states(document).values())) == (0, {"done", "not applicable"}), document
    host.sh("systemctl disable --quiet liveproof-watch.service")
    assert is_open(prevented(host)[1]) == {"watcher"}
    host.sh("systemctl stop liveproof-watch.service")


def test_without_root_nothing_is_applied_or_claimed(host: Host) -> None:
    """What cannot be seen is unknown, and nothing is changed."""
    before = state(host)
    status, document = prevented(host, user="deploy")
    assert status in (1, 3)
    assert "unknown" in states(document).values()
    ran = host.liveproof("prevent", "--apply", "--yes", user="deploy")
    assert ran.returncode in (1, 2, 3, 4), ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert difference(before, state(host)) == []


def test_an_app_that_is_no_laravel(host: Host) -> None:
    """Laravel's items do not apply; the others are judged."""
    host.sh(
        r"""
        mkdir -p /var/www/plain; echo '<?php echo 1;' >/var/www/plain/index.php
        cat >/etc/nginx/sites-enabled/plain <<END
server {
    listen 8099;
    server_name plain.test;
    root /var/www/plain;
    index index.php;
    location ~ \.php\$ {
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME \$realpath_root\$fastcgi_script_name;
        fastcgi_pass unix:$SOCK;
    }
}
END
        nginx -s reload
        """
    )
    _, document = prevented(host, "/var/www/plain")
    found = states(document)
    assert found["fresh_caches"] == found["writable_directories"] == "not applicable", document
    assert found["resolved_root"] == "not applicable"
    assert "artisan" not in json.dumps(next(i for i in document["apps"][0]["items"] if i["name"] == "deploy_hook"))
