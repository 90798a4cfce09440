"""Healthy hosts are proven, and looking at them leaves no trace."""

import json

import pytest

from tests.lab import NOISE, Host
from tests.live.trial import checked, codes, told

HOSTS = [("plain", "www-data"), ("releases", "www-data"), ("git", "www-data"), ("plain", "gateway")]


@pytest.mark.parametrize(("layout", "user"), HOSTS)
def test_healthy_host_is_proven(suite: str, layout: str, user: str) -> None:
    """Nothing is found and every link that was asked for is proven."""
    with Host.up(suite, layout=layout, user=user) as host:
        report = checked(host)
        assert codes(report, breaking=False) == set(), told(report)
        assert report["verdict"] == "proven", told(report)


def test_check_leaves_no_trace(suite: str) -> None:
    """The only files that a check changes are its own, but for what the host writes itself, as nginx its access log.

    The request is configured: what the app writes for a request is the app's, and `GET /` begins a session.
    """
    with Host.up(suite) as host:
        host.sh(
            "mkdir -p /etc/liveproof; printf '[[request]]\\npath = \"/api/status\"\\n' > /etc/liveproof/liveproof.toml"
        )
        host.mark()
        assert host.liveproof("check").returncode == 0
        own = "/var/lib/liveproof"
        assert [path for path in host.diff(ignore=NOISE) if not path.startswith(own)] == []


def test_only_what_selected_rules_need_is_looked_at(suite: str) -> None:
    """A narrowed check asks just these rules and probes just their facts; it proves nothing and is kept apart."""
    with Host.up(suite) as host:
        narrow = ("check", "--select", "FPM001,FPM002", "--timings", "--format", "json")
        ran = host.liveproof(*narrow)
        report = json.loads(ran.stdout)
        assert (ran.returncode, report["nothing_found"], report["verdict"]) == (0, True, "unproven"), told(report)
        assert {result["code"] for app in report["apps"] for result in app["results"]} == {"FPM001", "FPM002"}
        assert not {"files", "opcache", "wire", "laravel"} & report["timings"].keys()
        assert "only FPM001, FPM002 asked" in host.liveproof("report", report["run"], "--format", "text").stdout
        assert host.liveproof("report").returncode == 2  # the newest run is a whole one, and there is none
        host.sh(f"systemctl stop php{host.php}-fpm")
        ran = host.liveproof(*narrow)
        assert (ran.returncode, json.loads(ran.stdout)["verdict"]) == (1, "broken")
        beside = json.loads(host.liveproof("check", "--ignore", "FPM", "--format", "json").stdout)
        answers = {result["code"]: result for app in beside["apps"] for result in app["results"]}
        assert answers["FPM001"]["verdict"] == "disabled"
        assert answers["FPM001"]["reason"] == "disabled by the command line"
