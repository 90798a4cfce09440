"""Several wishes that PHP compile scripts again become one for each cache."""

from dataclasses import replace

import pytest

from liveproof.model.plan import Act, Step
from liveproof.model.verdicts import Safety
from liveproof.steps import load
from liveproof.steps.invalidate_scripts import MOST_SCRIPTS, InvalidateScripts
from liveproof.steps.merging import Contradiction

ONE = InvalidateScripts(
    "8.2/www", "unix:/a", (("www", "unix:/a"), ("api", "unix:/b")), 9, 1.5, (10, 0), ("/srv/b.php", "/srv/a.php")
)


def merged(*acts: Act, removed: frozenset[str] = frozenset()) -> list[Act]:
    steps = [Step(act, f"why {number}", "back", Safety.SAFE, ("OPC001",)) for number, act in enumerate(acts)]
    return [step.act for step in InvalidateScripts.merge(steps, removed)]


def test_pools_of_one_master_share_the_cache() -> None:
    """One request drops the scripts of both: two would switch them at two moments."""
    other = replace(
        ONE, pool="8.2/api", address="unix:/b", pools=(("new", "unix:/c"),), scripts=("/srv/c.php", "/srv/a.php")
    )
    (act,) = merged(ONE, other)
    assert act == replace(
        ONE, pools=(*ONE.pools, ("new", "unix:/c")), scripts=("/srv/a.php", "/srv/b.php", "/srv/c.php")
    )


@pytest.mark.parametrize("other", [{"pid": 8}, {"start": 2.5}, {"generation": (11, 0)}])
def test_another_cache_is_another_step(other: dict[str, object]) -> None:
    assert len(merged(ONE, replace(ONE, **other))) == 2  # type: ignore[arg-type]


def test_what_another_step_removes_cannot_be_compiled() -> None:
    (act,) = merged(ONE, removed=frozenset({"/srv/a.php"}))
    assert isinstance(act, InvalidateScripts)
    assert act.scripts == ("/srv/b.php",)
    assert merged(ONE, removed=frozenset(ONE.scripts)) == []


def test_too_many_together_are_told() -> None:
    many = [replace(ONE, scripts=tuple(f"/srv/{number}/{n}.php" for n in range(MOST_SCRIPTS))) for number in range(2)]
    with pytest.raises(Contradiction, match=r"OPC001 want 100 scripts of PHP-FPM pool 8.2/www compiled again"):
        merged(*many)


def test_its_words() -> None:
    assert ONE.describe() == "let PHP-FPM pool 8.2/www compile what has changed again, without a reload"
    assert ONE.lasting() == replace(ONE, scripts=(), generation=(0, 0))
    assert ONE.details() == ONE.scripts
    assert ONE.shell() == ()


def test_it_comes_right_before_what_is_done_to_services() -> None:
    names = [kind.__name__ for kind in load()]
    assert names[names.index("InvalidateScripts") :] == [
        "InvalidateScripts",
        "ServiceAction",
        "RestartProgram",
        "SignalWorkers",
    ]
