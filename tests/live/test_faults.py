"""The fault bench: every rule on fresh real hosts."""

import pytest

from liveproof.model.rule import Rule
from liveproof.rules import load
from tests import faults
from tests.live.trial import try_fault, try_lookalike

RULES = [pytest.param(rule, id=rule.code) for rule in load()]


def _possible(rule: Rule, fpm: str) -> None:
    if reason := faults.why_not_on(rule, fpm):
        pytest.skip(f"{rule.code} on {fpm} values: {reason}")


@pytest.mark.parametrize("rule", RULES)
def test_lookalike_is_silent(rule: Rule, suite: str, fpm: str) -> None:
    """What resembles the fault and is none raises nothing."""
    _possible(rule, fpm)
    try_lookalike(rule, suite, fpm)


@pytest.mark.parametrize("rule", RULES)
def test_fault_is_found_mended_and_taken_back(rule: Rule, suite: str, fpm: str) -> None:
    """The fault took, is found as a root or led to it, is mended or named, and rollback restores everything."""
    _possible(rule, fpm)
    try_fault(rule, suite, fpm)
