"""Recordings: they come back, hold no secret, and a hostile one is refused."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.cli.commands.replay import judge_recording
from liveproof.cli.main import main
from liveproof.model.settings import Request, Settings
from liveproof.store import recording
from tests.golden import incident

SETTINGS = Settings(request=(Request("/a?token=geheim1", headers={"Authorization": "Bearer geheim2"}, body="geheim3"),))


def recorded() -> recording.Recording:
    """The incident's facts."""
    return recording.record(incident.broken().examination, SETTINGS)


def test_the_same_is_found_in_a_recording() -> None:
    """Rules say of recorded facts what they say of the facts themselves."""
    again = recording.loads(recording.dumps(recorded()))
    assert [app.results for app in judge_recording(again).apps] == [
        app.results for app in judge_recording(recorded()).apps
    ]
    assert judge_recording(again).apps[0].diagnoses == judge_recording(recorded()).apps[0].diagnoses


def test_secrets_stay_on_the_host() -> None:
    """Headers, bodies and secret parameters of configured requests are not in it; their names are."""
    text = recording.dumps(recorded())
    assert "geheim" not in text
    assert "Authorization" in text


def test_a_fact_that_was_not_recorded_is_unseen() -> None:
    """A recording of an older version proves nothing of what it did not look at."""
    known = recorded()
    bare = replace(known, apps=tuple((app, {}) for app, _ in known.apps))
    assert judge_recording(bare).verdict.value == "unproven"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "schema is None"),
        ('{"schema": "liveproof-recording/9"}', "recording/9"),
        ('{"schema": "liveproof-recording/1"}', "does not fit"),
    ],
)
def test_what_is_no_recording(text: str, why: str) -> None:
    """Is told what it is, in a sentence."""
    with pytest.raises(recording.NoRecording, match=why):
        recording.loads(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(data=st.data())
def test_a_damaged_recording(data: st.DataObject) -> None:
    """Whatever stands at any place of a recording: it is refused or replayed, and nothing else happens."""
    told = json.loads(recording.dumps(recorded()))
    at, key = _place(told, data)
    at[key] = data.draw(_JSON)
    try:
        known = recording.loads(json.dumps(told))
    except recording.NoRecording:
        return
    judge_recording(known)


def _place(told: object, data: st.DataObject) -> tuple[dict[str, object], str]:
    """A field somewhere in it."""
    here = told
    while True:
        assert isinstance(here, dict)
        key = data.draw(st.sampled_from(sorted(here)))
        below = here[key]
        while isinstance(below, list) and below:
            below = below[0]
        if not isinstance(below, dict) or not below or data.draw(st.integers(0, 3)) == 0:
            return here, key
        here = below


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording is told like a check, packed or not; a broken file is a usage error in a sentence."""
    plain, packed, broken = tmp_path / "a.json", tmp_path / "a.json.gz", tmp_path / "b.gz"
    plain.write_text(recording.dumps(recorded()))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    broken.write_bytes(packed.read_bytes()[:200])
    assert [main(["replay", str(plain)]), main(["replay", str(packed)])] == [1, 1]
    assert "BROKEN" in capsys.readouterr().out
    for path in (broken, tmp_path / "none"):
        assert main(["replay", str(path)]) == 2
        assert "Traceback" not in capsys.readouterr().err
