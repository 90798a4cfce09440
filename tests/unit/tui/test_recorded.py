"""Every recorded host on the screen: each finding is there to be explained, and no row is too wide."""

import gzip
import json
from pathlib import Path

import pytest

from liveproof.cli.commands.replay import judge_recording
from liveproof.store import recording
from liveproof.tui.kept import Chain, Kept
from liveproof.tui.sections import panes
from liveproof.tui.shown import Shown
from tests.recorded.test_recordings import RECORDINGS

_SOME = [path for path in RECORDINGS if path.parent.name == "bookworm"]


@pytest.mark.parametrize("path", _SOME, ids=lambda path: path.name.partition(".")[0])
def test_a_recorded_host(path: Path) -> None:
    examination = judge_recording(
        recording.loads(json.dumps(json.loads(gzip.decompress(path.read_bytes()))["recording"]))
    )
    chains = tuple(Chain(app, examination.started) for app in examination.apps)
    for width in (80, 200):
        (rows, *_) = panes(Shown(kept=Kept(chains), now=examination.started), width)
        codes = {row.code for row in rows if row.code}
        assert codes == {finding.code for app in examination.apps for finding in app.findings}
        assert all(len(row.line.text) <= (80 if width == 80 else 99) for row in rows)
