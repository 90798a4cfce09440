"""Write the recordings anew from real hosts: for every rule its fault, for every suite its healthy host."""

import gzip
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from liveproof.rules import load
from tests import faults
from tests.lab import Host
from tests.live.test_healthy import HOSTS

HERE = Path(__file__).parent
SUITES = ("bookworm", "trixie")


def main(words: list[str]) -> int:
    """Two hosts at a time; a line for each recording. Words are suites, and codes of rules (none: all of them)."""
    suites = [suite for suite in SUITES if suite in words] or SUITES
    codes = [rule.code for rule in load()]
    whats = [word for word in words if word in codes] or codes + [f"healthy-{layout}-{user}" for layout, user in HOSTS]
    jobs = [(suite, what) for suite in suites for what in whats]
    for suite in suites:
        Host.up(suite).down()
    with ProcessPoolExecutor(2) as pool:
        for line in pool.map(_write, *zip(*jobs, strict=True)):
            print(line, flush=True)
    return 0


def _write(suite: str, what: str) -> str:
    """One host: its facts, and beside them what a check on the host itself said."""
    _, layout, user = what.split("-", 2) if what.startswith("healthy-") else ("", "plain", "www-data")
    with Host.up(suite, layout=layout, user=user) as host:
        rule = next((rule for rule in load() if rule.code == what), None)
        if rule:
            faults.of(rule).fault(host)
            assert faults.of(rule).symptom(host), f"{what} on {suite}: the fault did not take"
        host.liveproof("check")  # what this one's requests leave in the logs is seen by both of the following
        said = json.loads(host.liveproof("check", "--format", "json").stdout)
        codes = {finding["code"] for app in said["apps"] for finding in app["findings"]}
        assert not rule or what in codes, f"{what} on {suite}: not found"
        seen = host.liveproof("record")
        assert seen.returncode == 0, seen.stderr
    kept = {
        "rules": [rule.code for rule in load()],
        "said": [_said(app) for app in said["apps"]],
        "recording": json.loads(seen.stdout),
    }
    path = HERE / suite / f"{what}.json.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(kept, separators=(",", ":")).encode(), mtime=0))
    return f"{suite}/{what}: {path.stat().st_size:,} bytes, {said['verdict']}"


def _said(app: dict[str, object]) -> dict[str, object]:
    """What must be said again: verdicts, and the roots with what they led to."""
    return {name: app[name] for name in ("path", "verdict", "diagnoses")} | {
        "links": {link["link"]: link["verdict"] for link in app["links"]},  # type: ignore[attr-defined]
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
