"""Workers of a real supervisord: its own restarts and artisan's signal bring new ones, proven by pid and start."""

import json

import pytest

from tests.faults.snippets import into_releases, switch_release, work
from tests.lab import Host
from tests.live.trial import checked, codes, told
from tests.supervised import CONTROL, supervise


def pid(host: Host) -> str:
    return host.sh(f"{CONTROL} pid queue:queue_00").strip()


def fixed(host: Host, *arguments: str) -> str:
    ran = host.liveproof("fix", "--yes", "--format", "json", *arguments)
    (outcome,) = json.loads(ran.stdout)["outcome"]
    return ": ".join(filter(None, (outcome["kind"], outcome["reason"])))


@pytest.mark.parametrize("again", ["true", "unexpected"])
def test_a_program_gets_a_new_process(suite: str, again: str) -> None:
    """By artisan's signal where supervisord then starts it again, else by supervisorctl, when allowed."""
    with Host.up(suite) as host:
        supervise(host, f"autorestart={again}")
        work(host)
        assert checked(host)["verdict"] == "proven", told(checked(host))
        host.sh("sed -i 's/job-v[0-9]*/job-v9/' app/Jobs/RecordCall.php")
        was = pid(host)
        if again == "unexpected":
            plan = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)["plan"][0]
            assert "supervisord's queue:queue_00" in str(plan["held_back"])
            assert not [step for step in plan["steps"] if "artisan" in str(step)]
        assert fixed(host, *(["--allow", "drops"] if again == "unexpected" else [])) == "fixed"
        assert pid(host) not in (was, "0")
        assert "job-v9" in work(host)
        assert checked(host)["verdict"] == "proven", told(checked(host))


def test_a_program_of_the_old_release_is_restarted_in_the_new_one(suite: str) -> None:
    with Host.up(suite) as host:
        into_releases(host)
        supervise(host, "autorestart=true")
        work(host)
        switch_release(host)
        was = pid(host)
        assert codes(checked(host)), told(checked(host))
        assert fixed(host, "--allow", "drops").startswith("fixed")
        assert pid(host) not in (was, "0")
        assert checked(host)["verdict"] == "proven", told(checked(host))
