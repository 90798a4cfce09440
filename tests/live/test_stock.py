"""Fixing on hosts whose PHP-FPM nobody tuned (process_control_timeout 0), as most servers are."""

import json
from collections.abc import Iterator

import pytest

from tests.faults.opcache.timestamps_never_validated import fault as old_code
from tests.faults.snippets import old_answer
from tests.lab import Host
from tests.live.trial import checked, codes, told

# A request that keeps a worker busy for longer than a fix waits, until the test is over.
BUSY = """
cat > public/busy.php <<'PHP'
<?php $until = microtime(true) + 60; while (microtime(true) < $until && !file_exists("/tmp/enough")) usleep(50000);
PHP
chown "$WWW:" public/busy.php
(curl -s -o /dev/null http://127.0.0.1/busy.php &) ; sleep 0.5
"""


@pytest.fixture(params=["debian", "upstream"])
def host(suite: str, request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host with old code: deployed, and PHP-FPM was not reloaded."""
    with Host.up(suite, fpm=request.param) as up:
        old_code(up)
        assert old_answer(up)
        yield up


def test_old_code_is_fixed_without_asking_and_without_a_reload(host: Host) -> None:
    """The workers stay, visitors get the new code, and that is proven."""
    workers = host.workers()
    ran = host.liveproof("fix", "--yes", "--format", "json")
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["outcome"][0]["kind"]) == (0, "fixed"), ran.stdout + ran.stderr
    assert [step["act"]["is"] for step in report["plan"][0]["steps"]] == ["InvalidateScripts"]
    assert not old_answer(host)
    assert host.workers() & workers, "every worker is a new one"
    after = checked(host)
    assert not codes(after), told(after)
    assert "OPC001" not in {r["code"] for app in after["apps"] for r in app["results"] if r["verdict"] == "unknown"}


def test_a_busy_pool_is_reloaded_only_where_that_is_allowed(host: Host) -> None:
    """While somebody is served no script is switched; the command that reloads is named, and does it."""
    host.sh(BUSY)
    ran = host.liveproof("fix", "--yes")
    assert (ran.returncode, old_answer(host)) == (1, True), ran.stdout
    assert "was not idle for a moment" in ran.stdout
    assert f"liveproof fix --allow drops {host.app}" in ran.stdout
    ran = host.liveproof("fix", "--yes", "--allow", "drops")
    assert (ran.returncode, old_answer(host)) == (0, False), ran.stdout
    assert "with a reload that may cut off requests" in ran.stdout


def test_files_are_fixed_although_php_fpm_is_busy(suite: str) -> None:
    """What only renews what is known of the memory is left out and said; later it is settled without asking."""
    with Host.up(suite, fpm="debian") as host:
        host.warm()
        host.sh(f"chown root: app/Http/Controllers/*.php; {BUSY}")
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (outcome["kind"], outcome["would_drop"]) == ("fixed in part", True), outcome
        assert "was not idle for a moment" in outcome["reason"]
        assert not codes(checked(host))
        host.sh("rm public/busy.php; touch /tmp/enough; sleep 2")
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (ran.returncode, outcome["kind"]) == (0, "settled"), outcome
