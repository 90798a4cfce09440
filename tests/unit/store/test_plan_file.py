"""A saved plan is the plan of now to the letter, or it is refused in a sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from liveproof.model.plan import PlanOptions
from liveproof.store.plan_file import SavedAppPlan, SavedPlan, differences, saved
from tests.golden import incident


def made() -> SavedPlan:
    """The plan for the incident as it is saved."""
    return saved([incident.plan()], PlanOptions(), {})


def test_it_differs_in_nothing_from_what_it_was_made_from() -> None:
    """Also where the reason of a step names another figure now."""
    (kept,) = made().plans
    now = replace(incident.plan(), steps=tuple(replace(step, why="8 of 9") for step in incident.plan().steps))
    assert tuple(differences(kept, now)) == ()


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
