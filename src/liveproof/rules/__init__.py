"""Every rule that liveproof knows: one file is one rule, found by walking this folder.

A check asks all rules, so it imports them all; an index of the files would save less than 1 ms (ADR 10).
"""

import os
from functools import cache
from importlib import import_module

from liveproof.model.rule import Rule

_HEADINGS = ("## Why", "## Fix safety")


class BadRule(Exception):
    """A rule's file breaks the law of the house; the message says how."""


@cache
def load() -> tuple[Rule, ...]:
    """All rules in the order of their codes.

    Raises:
        BadRule: a code is used twice; a cause, effect or way is unknown; a heading, check or condition is missing;
            causes go round.
    """
    rules = tuple(sorted((_rule(name) for name in _names()), key=lambda rule: rule.code))
    by_code: dict[str, Rule] = {}
    for rule in rules:
        if rule.code in by_code:
            raise BadRule(f"{rule.code} is used by {by_code[rule.code].module} and {rule.module}")
        by_code[rule.code] = rule
    for rule in rules:
        for effect, _, way in (named.partition(":") for named in rule.leads_to):
            if effect not in by_code:
                raise BadRule(f"{rule.module} names the unknown effect {effect}")
            if way and way not in by_code[effect].ways:
                raise BadRule(f"{rule.module} names the unknown way {way!r} of {effect}")
            by_code[effect].add_cause(rule.code, way)
    for rule in rules:
        for cause in rule.caused_by:
            if cause not in by_code:
                raise BadRule(f"{rule.module} names the unknown cause {cause}")
        _refuse_circle(rule, by_code, ())
    return rules


def codes() -> tuple[str, ...]:
    """The codes of all rules."""
    return tuple(rule.code for rule in load())


def hidden_by_memory() -> frozenset[str]:
    """The codes of faults that visitors do not meet before PHP-FPM is reloaded."""
    return frozenset(rule.code for rule in load() if rule.hidden_by_memory)


def _names() -> list[str]:
    here = os.path.dirname(__file__)
    found = []
    for family in os.scandir(here):
        if family.is_dir() and not family.name.startswith("_"):
            found += [
                f"{__name__}.{family.name}.{entry.name[:-3]}"
                for entry in os.scandir(family.path)
                if entry.name.endswith(".py") and not entry.name.startswith("_")
            ]
    return found


def _rule(name: str) -> Rule:
    module = import_module(name)
    rule = getattr(module, "rule", None)
    if not isinstance(rule, Rule):
        raise BadRule(f"{name} defines no rule")
    rule.module = name
    if rule.check_function is None:
        raise BadRule(f"{name} has no check")
    for heading in _HEADINGS:
        if heading not in rule.page:
            raise BadRule(f"{name} has no heading {heading!r}")
    if rule.severity.breaks and not rule.condition:
        raise BadRule(f"{name} breaks its link and names no condition under which the link is proven")
    return rule


def _refuse_circle(rule: Rule, by_code: dict[str, Rule], path: tuple[str, ...]) -> None:
    if rule.code in path:
        raise BadRule(f"causes go round: {' <- '.join((*path, rule.code))}")
    for cause in rule.caused_by:
        if cause in by_code:
            _refuse_circle(by_code[cause], by_code, (*path, rule.code))
