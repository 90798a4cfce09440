"""Recordings of real hosts, replayed through the rules of today: they say what was said on the host itself."""

import gzip
import json
from pathlib import Path

import pytest

from liveproof.cli.commands.replay import judge_recording
from liveproof.model.run_record import Record
from liveproof.report.formats.json import document
from liveproof.rules import load
from liveproof.store import recording
from tests.recorded.__main__ import _said

RECORDINGS = sorted(Path(__file__).parent.glob("*/*.json.gz"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_the_same_is_said_again(path: Path) -> None:
    """Verdicts, links, roots and consequences as on the host; a fault's own rule is among them.

    Rules that were added since are not asked: they may need facts that nobody looked at then.
    """
    kept = json.loads(gzip.decompress(path.read_bytes()))
    known = recording.loads(json.dumps(kept["recording"]))
    rules = tuple(rule for rule in load() if rule.code in kept["rules"])
    told = document(Record("", "check", known.version, judge_recording(known, rules)))
    assert [_said(app) for app in told["apps"]] == kept["said"]
    code = path.name.partition(".")[0]
    if not code.startswith("healthy"):
        assert code in {finding["code"] for app in told["apps"] for finding in app["findings"]}
    else:
        assert told["verdict"] == "proven"


def test_every_rule_was_recorded() -> None:
    """Each rule's fault stands in the recordings of each suite."""
    for suite in {path.parent.name for path in RECORDINGS}:
        found = {path.name.partition(".")[0] for path in RECORDINGS if path.parent.name == suite}
        assert {rule.code for rule in load()} <= found, suite
