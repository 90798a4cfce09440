"""What the command line asks for, as a value, and the short way for the plain `check` that saves importing click."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from liveproof.model.settings import PolicyName

FORMATS = ("text", "json", "markdown")
POLICIES: tuple[str, ...] = get_args(PolicyName)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at and how to tell it. ``path`` empty: every app of the host. ``output`` empty: standard output."""

    path: str = ""
    format: str = "text"
    config: str | None = None
    output: str = ""
    timings: bool = False
    policy: str | None = None
    user: str | None = None
    release: str | None = None

    @property
    def overrides(self) -> dict[str, str | None]:
        """What the command line says over the configuration file."""
        return {
            "app.path": self.path or None,
            "policy.name": self.policy,
            "app.user": self.user,
            "app.release": self.release,
        }


# Options of `check` that the short way knows: name on the command line to field of Asked.
_VALUES = {"--format": "format", "--config": "config", "--output": "output"}


def plain_check(arguments: Sequence[str]) -> Asked | None:
    """A plain ``check`` as click would read it; None for everything else: unknown, doubtful, abbreviated or help.

    click costs 50 ms to import, a quarter of what a check of an unchanged host may take.
    """
    if not arguments or arguments[0] != "check":
        return None
    given: dict[str, object] = {}
    rest = iter(arguments[1:])
    for word in rest:
        if word == "--timings":
            given["timings"] = True
            continue
        name, equals, value = word.partition("=")
        if name in _VALUES:
            if not equals:
                value = next(rest, "")
            if not value or value.startswith("-") or (name == "--format" and value not in FORMATS):
                return None
            given[_VALUES[name]] = value
        elif word.startswith("-") or not word or "path" in given:
            return None
        else:
            given["path"] = word
    return Asked(**given)  # type: ignore[arg-type]
