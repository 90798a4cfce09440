"""New code is made live on a stock PHP-FPM, where a reload would cut requests off: no worker ends."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Host
from tests.live.trial import checked, codes, told

INSIDE = (Path(__file__).parent / "invalidate_inside.py").read_text()
PYTHON = {"PYTHONPATH": "/opt/liveproof/app:/opt/liveproof/lib"}
STOCK = 'sed -i "s/^process_control_timeout.*/process_control_timeout = 0/" /etc/php/*/fpm/php-fpm.conf'
# The deploy of the incident: the times are kept, and a second passes, so that nothing depends on a fraction of one.
DEPLOY = """
sleep 3; cp -p "$HANDLER" /tmp/before
sed "s/handler-v[0-9]*/handler-v9/" /tmp/before > "$HANDLER.new"
chown --reference="$HANDLER" "$HANDLER.new"; chmod --reference="$HANDLER" "$HANDLER.new"
mv "$HANDLER.new" "$HANDLER"; sleep 1
"""
SLOW = """
cat > public/slow.php <<'PHP'
<?php if (isset($_GET['answer'])) { echo 'first'; fastcgi_finish_request(); } sleep((int) $_GET['seconds']); echo 'end';
PHP
chown "$WWW:" public/slow.php
"""


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A stock PHP-FPM that never looks at a file again."""
    with Host.up(suite) as up:
        up.sh(STOCK)
        up.ini("opcache.validate_timestamps=0")
        up.warm()
        yield up


def invalidate(host: Host, path: str = "", meanwhile: str = "") -> dict[str, Any]:
    """The step for the handler, or for another script, carried out on the host."""
    ran = host.exec(["python3", "-", path or host.sh("echo $HANDLER"), meanwhile], stdin=INSIDE, env=PYTHON)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def verdicts(host: Host) -> tuple[str, str]:
    """What a check says of the memory link, and OPC001's reason where it cannot tell."""
    report = checked(host)
    assert "OPC001" not in codes(report, breaking=False), told(report)
    (app,) = report["apps"]
    (rule,) = [result for result in app["results"] if result["code"] == "OPC001"]
    memory = next(link for link in app["links"] if link["link"] == "memory")
    return str(memory["verdict"]), f"{memory['reason']} {rule['reason']}"


def test_new_code_goes_live_without_a_reload(host: Host) -> None:
    """Old code is served; after the step the new one is, by the same workers, and a check proves it."""
    host.sh(DEPLOY)
    assert "handler-v9" not in host.post().body
    workers = host.workers()
    came = invalidate(host)
    assert came["came"] == "done", came
    assert "handler-v9" in host.post().body
    assert host.workers() >= workers
    verdict, reason = verdicts(host)
    assert verdict == "proven", reason
    # Not only right after it, when PHP itself says that it has dropped the script: nor once it was compiled and used.
    host.warm()
    verdict, reason = verdicts(host)
    assert verdict == "proven", reason


def test_a_change_after_it_is_not_called_fresh(host: Host) -> None:
    """The remembered moment speaks of what came before it only, and of this very cache."""
    host.sh(DEPLOY)
    assert invalidate(host)["came"] == "done"
    assert "handler-v9" in host.post().body
    host.sh('sleep 3; sed -i "s/handler-v9/handler-v8/" "$HANDLER"')
    report = checked(host)
    memory = next(link for link in report["apps"][0]["links"] if link["link"] == "memory")
    assert memory["verdict"] != "proven", told(report)


def test_rollback_drops_what_was_compiled_in_between(host: Host) -> None:
    """The file is as before again, and so is what the visitor gets."""
    host.sh(DEPLOY)
    came = invalidate(host)
    assert "handler-v9" in host.post().body
    host.sh('cp -p /tmp/before "$HANDLER"')
    assert "handler-v9" in host.post().body
    back = host.liveproof("rollback", came["run"], "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert "handler-v9" not in host.post().body
    assert verdicts(host)[0] == "proven"


@pytest.mark.parametrize("query", ["seconds=9", "seconds=9&answer=1"], ids=["connected", "answered"])
def test_a_busy_pool_is_waited_for_and_then_left_alone(host: Host, query: str) -> None:
    """A request that runs may yet include the script; one whose visitor has its answer already as well."""
    host.sh(DEPLOY + SLOW)
    old = host.post().body
    begin = f"(curl -s 'http://127.0.0.1/slow.php?{query}' >/tmp/slow 2>&1 &) ; sleep 0.5"
    came = invalidate(host, meanwhile=begin)
    assert came["came"] == "failed", came
    assert "was not idle" in came["said"], came
    assert came["notes"] == []
    assert ("handler-v9" in host.post().body) == ("handler-v9" in old)
    host.sh("sleep 5")
    short = begin.replace("seconds=9", "seconds=2")
    came = invalidate(host, meanwhile=short)
    assert came["came"] == "done", came
    assert came["seconds"] > 1, came
    assert "handler-v9" in host.post().body


def test_another_master_or_cache_is_refused(host: Host) -> None:
    """What was seen is gone: the plan no longer speaks of this PHP-FPM."""
    fpm = host.sh("echo $FPM")
    wait = "for i in $(seq 200); do curl -sf http://127.0.0.1/api/status && exit 0; sleep .05; done; exit 1"
    came = invalidate(host, meanwhile=f"systemctl restart {fpm}; {wait}")
    assert came["came"] == "refused", came
    assert "no longer the process that was seen" in came["said"], came
    host.warm()
    came = invalidate(host, meanwhile=f"sleep 1; systemctl reload {fpm}; sleep 1; {wait}")
    assert came["came"] == "refused", came
    assert "its cache was started again" in came["said"], came


def test_what_php_may_not_do_is_refused(host: Host) -> None:
    """Before anything is begun, with what stands in the way."""
    host.ini("opcache.validate_timestamps=0", "disable_functions=opcache_invalidate")
    host.warm()
    came = invalidate(host)
    assert came["came"] == "refused", came
    assert "disable_functions holds opcache_invalidate" in came["said"], came


def test_many_visitors_do_not_keep_it_from_being_done(host: Host) -> None:
    """Under a load that leaves gaps, a gap is found, and every answer is one version's."""
    host.sh(DEPLOY)
    host.sh(
        "(for i in $(seq 100); do curl -s http://127.0.0.1/api/status >>/tmp/load; sleep 0.2; done) >/dev/null 2>&1 &"
    )
    begun = time.monotonic()
    came = invalidate(host)
    assert came["came"] == "done", came
    assert time.monotonic() - begun < 20
    assert "handler-v9" in host.post().body
