"""healing.py: what may be fixed, and how often."""

from liveproof.model.alerts import Problem
from liveproof.model.verdicts import Severity
from liveproof.watch.healing import Healing


def _problem(code: str, key: str = "") -> Problem:
    return Problem(key or code, code, "/a", Severity.HIGH, "it is broken")


def test_only_what_is_named() -> None:
    """By code or by family."""
    found = [_problem("FPM001"), _problem("FIL003"), _problem("OPC001")]
    assert [each.code for each in Healing(("FPM001", "OPC"), 10).chosen(found, 0.0)] == ["FPM001", "OPC001"]


def test_the_same_problem_is_tried_later_each_time() -> None:
    """One that a fix does not end is no reason to fix for ever."""
    healing = Healing(("FPM001",), 60)
    tried = [now for now in range(0, 3600, 10) if list(healing.chosen([_problem("FPM001")], float(now)))]
    assert tried == [0, 60, 180, 420, 900, 1860]


def test_so_many_in_an_hour() -> None:
    """All problems together."""
    healing = Healing(("FPM001",), 3)
    found = [_problem("FPM001", f"key {number}") for number in range(10)]
    assert len(list(healing.chosen(found, 0.0))) == 3
    assert list(healing.chosen(found, 3599.0)) == []
    assert len(list(healing.chosen(found, 3601.0))) == 3
