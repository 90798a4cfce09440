"""What was not compared or not judged is said, and is never called proven."""

import json
from typing import Any

import pytest

from tests.lab import Host
from tests.live.trial import checked, told


def _configure(host: Host, text: str) -> None:
    host.sh(f"mkdir -p /etc/liveproof; cat > /etc/liveproof/liveproof.toml <<'END'\n{text}\nEND")


def _links(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    (app,) = report["apps"]
    return {link["link"]: (link["verdict"], link["reason"]) for link in app["links"]}


@pytest.mark.parametrize("layout", ["plain", "git"])
def test_the_headline_says_whether_a_release_was_compared(suite: str, layout: str) -> None:
    """Without one it claims no more than that the disk is what runs; the status is 0 all the same."""
    with Host.up(suite, layout=layout) as host:
        report = checked(host)
        assert (report["verdict"], report["release_compared"]) == ("proven", layout == "git"), told(report)
        ran = host.liveproof("check", "-v")
        assert ran.returncode == 0
        claimed = "the deployed code is the code that is live" in ran.stdout
        assert (claimed, "PROVEN (no release compared)" in ran.stdout) == (layout == "git", layout == "plain")


def test_disabled_rules_are_listed_and_prove_nothing(suite: str) -> None:
    """A broken host stays unproven however many rules are disabled, and fix works with the others."""
    with Host.up(suite, layout="git") as host:
        host.sh('chown -R root: "$CACHE"')
        found = {finding["code"] for app in checked(host)["apps"] for finding in app["findings"]}
        disabled = sorted({*found, "FIL001", "FIL003", "FIL004", "REL001", "LAR011"})
        _configure(host, f"[rules]\ndisabled = {json.dumps(disabled)}")
        report = checked(host)
        links = _links(report)
        assert report["verdict"] == "unproven", told(report)
        assert links["release"] == ("unproven", "disabled by /etc/liveproof/liveproof.toml: REL001")
        assert links["disk"][0] == "unproven"
        results = {result["code"]: result["verdict"] for result in report["apps"][0]["results"]}
        assert {results[code] for code in disabled} == {"disabled"}
        ran = host.liveproof("check", "-v")
        assert ran.returncode == 3
        assert f"disabled by /etc/liveproof/liveproof.toml: {', '.join(disabled)}" in ran.stdout
        _configure(host, '[rules]\ndisabled = ["FIL001"]')
        fixed = json.loads(host.liveproof("fix", "--yes", "--format", "json").stdout)
        assert [outcome["kind"] for outcome in fixed["outcome"]] == ["fixed"], fixed
        assert _links(fixed)["disk"] == ("unproven", "disabled by /etc/liveproof/liveproof.toml: FIL001")


def test_ignored_paths_are_listed_and_prove_nothing(suite: str) -> None:
    """Code of root's below an ignored directory is not called right."""
    with Host.up(suite, layout="git") as host:
        _configure(host, '[files]\nignore = ["app/Jobs/**", "storage/app/public/**"]')
        links = _links(checked(host))
        assert {link for link, (verdict, _) in links.items() if verdict == "unproven"} == {"release", "disk", "caches"}
        assert links["disk"][1].startswith("ignored by /etc/liveproof/liveproof.toml: app/Jobs"), links
        ran = host.liveproof("check", "-v")
        assert (ran.returncode, "ignored by /etc/liveproof/liveproof.toml" in ran.stdout) == (3, True)


def test_passing_php_does_not_change_the_verdict(suite: str) -> None:
    """Cron's schedule:run of this second passes."""
    with Host.up(suite) as host:
        host.sh(
            '(runuser -u "$WWW" -- php artisan schedule:run; runuser -u "$WWW" -- php -r "sleep(8);") >/dev/null 2>&1 &'
        )
        assert checked(host)["verdict"] == "proven"


def test_no_request_is_sent_where_none_is_wanted(suite: str) -> None:
    """nginx logs none, the rest is judged as ever, and the wire is unproven."""
    with Host.up(suite) as host:
        before = host.sh("cat /var/log/nginx/access.log | wc -l")
        ran = host.liveproof("check", "--no-requests", "--format", "json")
        assert ran.returncode == 3
        links = _links(json.loads(ran.stdout))
        assert {link for link, (verdict, _) in links.items() if verdict == "unproven"} == {"wire"}
        assert "--no-requests" in links["wire"][1]
        assert host.sh("cat /var/log/nginx/access.log | wc -l") == before
