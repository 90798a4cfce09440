"""No cache is built from a .env that gives nothing: it would outlive the file's repair."""

import json

import pytest

from tests.lab import Host
from tests.live.trial import checked, codes, told

CASES = {
    "missing": "mv .env /root/env",
    "dangling": "mv .env /root/env; ln -s /nowhere/.env .env",
    "unreadable": "cp -p .env /root/env; chown root: .env; chmod 600 .env",
}


@pytest.mark.parametrize("case", CASES)
def test_no_cache_is_built_without_dotenv(suite: str, case: str) -> None:
    """Neither is one called stale, nor made where it is missing; the advice says why."""
    with Host.up(suite) as host:
        host.sh(CASES[case])
        report = checked(host)
        assert not codes(report) & {"LAR001", "LAR002"}, told(report)
        host.sh('rm "$CACHE/routes-v7.php"; systemctl reload "$FPM"; sleep 1')
        before = host.sh('sha256sum "$CACHE"/*.php')
        report = checked(host)
        assert "LAR003" in codes(report, breaking=False), told(report)
        plans = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)["plan"]
        assert not [step for plan in plans for step in plan["steps"] if "artisan" in str(step)]
        assert any("Put .env right first" in why for plan in plans for _, why in plan["manual"]), plans
        host.liveproof("fix", "--yes", "--allow", "disruptive")
        assert host.sh('sha256sum "$CACHE"/*.php') == before
