"""No plan crosses a floor, on trees at random; bench-harm tries ten thousand of them."""

from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.files.floors import sealed
from tests.unit.random_trees import harm, random_plan


@given(st.integers(0, 2**32))
def test_no_plan_crosses_a_floor(seed: int) -> None:
    assert harm(*random_plan(seed)) == []


def test_the_trees_are_worth_trying() -> None:
    """The plans for them do change owners and modes; else the test above would show nothing."""
    steps = [step for seed in range(200) for step in random_plan(seed)[0].steps]
    assert {type(step.act).__name__ for step in steps} >= {"ChangeOwner", "ChangeMode", "MakeDirectory"}
    assert len(steps) > 200


def test_a_public_certificate_is_no_secret() -> None:
    assert not sealed("vendor/composer/ca-bundle/res/cacert.pem", 0o644)
    assert sealed("storage/oauth-private.key", 0o600)
    assert sealed("storage/oauth-private.key", 0o660)
