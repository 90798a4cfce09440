"""For each rule how its fault is made on a real test host: never shipped, as it breaks hosts.

``tests/faults/FAMILY/RULE.py`` belongs to ``liveproof/rules/FAMILY/RULE.py`` and has three functions, each with a
``Host``: ``fault`` breaks a healthy one in the rule's way, ``symptom`` tells whether a person would see that without
liveproof, and ``lookalike`` changes a healthy one so that it resembles the fault and is none. Where a fault
cannot be on hosts with some values of PHP-FPM (``Host.fpm``), ``NOT_ON`` names these with the reason.
"""

from importlib import import_module
from typing import Protocol, cast

from liveproof.model.rule import Rule
from tests.lab import Host


class Faults(Protocol):
    """A module of this folder."""

    def fault(self, host: Host) -> None:
        """Break a healthy host in the rule's way."""

    def symptom(self, host: Host) -> bool:
        """Whether a person sees, without liveproof, that the fault took."""

    def lookalike(self, host: Host) -> None:
        """Change a healthy host so that it resembles the fault and is none."""


def of(rule: Rule) -> Faults:
    """The faults of a rule.

    Raises:
        ModuleNotFoundError: it has none.
    """
    family, name = rule.module.split(".")[-2:]
    return cast("Faults", import_module(f"{__name__}.{family}.{name}"))


def why_not_on(rule: Rule, fpm: str) -> str:
    """Why a rule's fault cannot be on a host with these values of PHP-FPM; empty where it can."""
    never: dict[str, str] = getattr(of(rule), "NOT_ON", {})
    return never.get(fpm, "")
