"""The fault bench: every rule on fresh real hosts."""

import pytest

from liveproof.model.rule import Rule
from liveproof.rules import load
from tests.live.trial import try_fault, try_lookalike

RULES = [pytest.param(rule, id=rule.code) for rule in load()]


@pytest.mark.parametrize("rule", RULES)
def test_lookalike_is_silent(rule: Rule, suite: str) -> None:
    """What resembles the fault and is none raises nothing."""
    try_lookalike(rule, suite)


@pytest.mark.parametrize("rule", RULES)
def test_fault_is_found_mended_and_taken_back(rule: Rule, suite: str) -> None:
    """The fault took, is found as a root or led to it, is mended or named, and rollback restores everything."""
    try_fault(rule, suite)
