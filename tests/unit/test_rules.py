"""The registry: every rule keeps the law of the house."""

import re

import pytest

from liveproof import rules
from liveproof.model.rule import Rule, needs
from liveproof.model.verdicts import Safety, Severity

STARRED = frozenset(
    f"{family}{number:03}"
    for family, numbers in {
        "FIL": range(1, 7),
        "REL": (1, 7),
        "OPC": (1, 2, 9, 10, 12, 15),
        "FPM": (1, 2, 3, 6, 13),
        "NGX": (1, 4),
        "LAR": (1, 2, 3, 5, 6, 7, 11, 15),
        "WIR": (1, 3),
        "SYS": (1, 3),
    }.items()
    for number in numbers
)


def test_every_rule_that_the_seed_names_is_there() -> None:
    """No starred row of the catalogue is missing."""
    assert STARRED - {rule.code for rule in rules.load()} == set()


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.code) for rule in rules.load()])
def test_rule_keeps_the_law(rule: Rule) -> None:
    """A rule names the fault, and its signatures name facts by type."""
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert not rule.name.startswith(("check_", "fix_"))
    assert rule.page.splitlines()[0].endswith(".")
    for function in filter(None, (rule.check_function, rule.fix_function)):
        assert needs(function)
        assert all(not isinstance(kind, str) for kind in needs(function).values())
    assert (rule.fix_function is None) == (rule.fix_safety is Safety.MANUAL)


def _module(code: str, name: str, caused_by: tuple[str, ...] = ()) -> Rule:
    rule = Rule(code, Severity.HIGH, caused_by=caused_by)
    rule.module = name
    return rule


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([_module("FIL901", "a"), _module("FIL901", "b")], "used by"),
        ([_module("FIL901", "a", ("FIL999",))], "unknown cause"),
        ([_module("FIL901", "a", ("FIL902",)), _module("FIL902", "b", ("FIL901",))], "go round"),
    ],
)
def test_registry_refuses(made: list[Rule], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Duplicate codes, unknown causes and circles are refused."""
    by_name = {rule.module: rule for rule in made}
    monkeypatch.setattr(rules, "_names", lambda: list(by_name))
    monkeypatch.setattr(rules, "_rule", by_name.__getitem__)
    with pytest.raises(rules.BadRule, match=message):
        rules.load.__wrapped__()
