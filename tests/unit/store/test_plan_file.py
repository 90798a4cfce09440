"""A saved plan is the plan of now to the letter, or it is refused in a sentence."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveproof.host.files import trusted
from liveproof.model.plan import PlanOptions
from liveproof.store.plan_file import BadPlan, SavedAppPlan, SavedPlan, differences, dump, load, saved
from tests.golden import incident


def made() -> SavedPlan:
    """The plan for the incident as it is saved."""
    return saved([incident.plan()], PlanOptions(), {})


def test_it_differs_in_nothing_from_what_it_was_made_from() -> None:
    """Also where the reason of a step names another figure now."""
    (kept,) = made().plans
    now = replace(incident.plan(), steps=tuple(replace(step, why="8 of 9") for step in incident.plan().steps))
    assert tuple(differences(kept, now)) == ()


def test_what_the_plan_is_for_is_named() -> None:
    """A fault that came or went since, also where the steps are the same."""
    (kept,) = made().plans
    now = replace(incident.plan(), digest="d2", fixes=("FIL001", "FIL003", "LAR002", "OPC001"), settles=("OPC007",))
    assert tuple(differences(kept, now)) == ("OPC002 is gone", "OPC007 has come")


Change = Callable[[SavedAppPlan], SavedAppPlan]


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: replace(kept, steps=(*kept.steps, kept.steps[0])),
        lambda kept: replace(kept, steps=kept.steps[::-1]),
        lambda kept: replace(kept, steps=()),
        lambda kept: replace(kept, fixes=()),
        lambda kept: replace(kept, fixes=(*kept.fixes, "OPC001")),
        lambda kept: replace(kept, settles=("OPC001",)),
        *(
            lambda kept, word=word: replace(kept, steps=(replace(kept.steps[0], **{word: "other"}), *kept.steps[1:]))
            for word in ("what", "undo", "safety")
        ),
        *(
            lambda kept, word=word: replace(kept, steps=(replace(kept.steps[0], **{word: ()}), *kept.steps[1:]))
            for word in ("fixes", "details")
        ),
        lambda kept: kept,
    ],
)
@pytest.mark.parametrize("digest", ["d1", "d2"])
def test_whatever_it_says_otherwise_is_told(change: Change, digest: str) -> None:
    """Under the digest of now and under another one: no text and no order of the steps hides that they differ."""
    (kept,) = made().plans
    forged = change(replace(kept, digest=digest))
    assert bool(tuple(differences(forged, incident.plan()))) == (forged != kept)


roots = pytest.mark.skipif(os.geteuid() != 0, reason="a plan must be root's")


def _written(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


@roots
def test_what_is_written_is_read(tmp_path: Path) -> None:
    """The same value, and the same bytes again."""
    plan = saved([incident.plan()], PlanOptions(notices=True), {"user": "\udcff ü\n"})
    assert load(_written(tmp_path, dump(plan).encode())) == plan


def test_what_could_not_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of more bytes than are read again is refused when it is saved, not when it is needed."""
    monkeypatch.setattr("liveproof.store.plan_file._MOST_BYTES", 200)
    with pytest.raises(BadPlan, match="larger than"):
        dump(made())


@roots
def test_what_was_judged_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another plan that is put in its place once it was judged is not the one that is read."""
    path = _written(tmp_path, dump(made()).encode())
    other = tmp_path / "other.json"
    other.write_text(dump(saved([], PlanOptions(), {})))
    judge = trusted._judge

    def swapped(seen: os.stat_result, here: str, owner: int) -> None:
        judge(seen, here, owner)
        if here == path:
            other.rename(path)

    monkeypatch.setattr(trusted, "_judge", swapped)
    assert load(path).plans == made().plans
    assert not other.exists()


@roots
def test_cut_off_at_every_length(tmp_path: Path) -> None:
    """A copy that was not finished, however much of it there is."""
    content = dump(made()).encode()
    for length in range(len(content)):
        with pytest.raises(BadPlan):
            load(_written(tmp_path, content[:length]))


@roots
@pytest.mark.parametrize(
    "change",
    [
        # Of two keys of one name JSON takes the last, and a person may read the first.
        lambda text: text.replace('"what": "', '"what": "nothing", "what": "', 1),
        lambda text: text.replace('"plans": [', '"plans": [], "plans": [', 1),
        lambda text: text.replace('"format": 1,', '"format": 1, "remark": "ignored",', 1),
        lambda text: text + " " * 4096,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace('"what": "', '"what": "\\u200b', 1).replace("\\u200b", "\N{ZERO WIDTH SPACE}", 1),
        lambda text: text.replace('"made": ', '"made": 0', 1),
        lambda text: text.replace('"made": 1', '"made": Infinity, "made": 1', 1),
    ],
)
def test_it_is_to_the_letter_what_was_written(change: Callable[[str], str], tmp_path: Path) -> None:
    """Nothing stands in it that a person could read otherwise than liveproof does."""
    with pytest.raises(BadPlan, match=r"not as `fix --save` wrote it|not a complete plan"):
        load(_written(tmp_path, change(dump(made())).encode()))


@roots
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), cut=st.integers(0, 40), put=st.binary(max_size=20))
def test_whatever_is_put_into_it(at: int, cut: int, put: bytes, tmp_path: Path) -> None:
    """It is refused, or it is a plan that says what it says: written again it has the same bytes."""
    content = dump(made()).encode()
    spoilt = content[: at % len(content)] + put + content[at % len(content) + cut :]
    try:
        assert dump(load(_written(tmp_path, spoilt))).encode() == spoilt
    except BadPlan:
        assert spoilt != content
