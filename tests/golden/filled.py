"""Facts with only the fields that matter here; the rest takes the empty value of its type."""

from dataclasses import MISSING, fields, is_dataclass
from types import GenericAlias, NoneType, UnionType
from typing import Any, TypeVar

from liveproof.model.findings import Unknown

_T = TypeVar("_T")


def filled(kind: type[_T], /, **given: Any) -> _T:
    """A value of a dataclass, so that a fact that grows a field breaks no test that does not care."""
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING:
            given[field.name] = _empty(field.type)
    return kind(**given)


def _empty(kind: Any) -> Any:
    if kind in (str, int, float, bool):
        return kind()
    if isinstance(kind, GenericAlias):
        return ()
    if isinstance(kind, UnionType):
        return None if NoneType in kind.__args__ else Unknown("not asked here")
    assert is_dataclass(kind)
    return filled(kind)  # type: ignore[arg-type]
