"""How a key of ``liveproof.toml`` is declared: its default, description and check, and what several tables share."""

from collections.abc import Callable
from dataclasses import field
from typing import Annotated, Any

from liveproof.model.dataclass import dataclass

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$"


def key(default: Any, description: str, **limits: Any) -> Any:
    """A key of the file with its default; ``limits`` of ``pydantic.Field``: ge, le, pattern, min_length, examples."""
    limits |= {"strict": True} if {"ge", "le"} & limits.keys() else {}  # a number in quotes is no number
    if default is dict:
        return field(default_factory=dict, metadata={"description": description, **limits})
    return field(default=default, metadata={"description": description, **limits})


class Check:
    """A check of one value. ``wrong`` raises ValueError with what it should be, as an administrator reads it."""

    def __init__(self, wrong: Callable[[Any], None]) -> None:
        self._wrong = wrong

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """The hook by which pydantic asks an annotation for its check; without pydantic nothing calls it."""
        from pydantic_core.core_schema import no_info_after_validator_function  # noqa: PLC0415  (only pydantic calls this)

        return no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any) -> Any:
        self._wrong(value)
        return value


@dataclass(frozen=True, slots=True)
class Unset:
    """What holds where a key is left out, as `config show` says it."""

    note: str


def absolute(value: str) -> None:
    """Refuse what is no absolute path."""
    if not value.startswith("/") or "\0" in value:
        raise ValueError("should be an absolute path")


Absolute = Annotated[str, Check(absolute)]
