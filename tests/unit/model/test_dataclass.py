"""Dataclasses made without generated code behave as those of the standard library."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.model.dataclass import dataclass


class Base:
    """A base without fields."""

    __slots__ = ()
    kinds: ClassVar[list[str]] = []

    def __init_subclass__(cls) -> None:
        cls.kinds.append(cls.__name__)


@dataclass(frozen=True, slots=True)
class Ours(Base):
    """A value."""

    order: ClassVar[int] = 3

    name: str
    size: int = 0
    parts: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    more: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size")

    @property
    def twice(self) -> int:
        """A property."""
        return self.size * 2


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same, made by the standard library."""

    name: str
    size: int = 0
    parts: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    more: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class One:
    """A single field."""

    only: int


@dataclass(frozen=True, slots=True)
class Child(One):
    """A field more than its parent."""

    more: int = 5


VALUES = {
    "name": st.text(max_size=3),
    "size": st.integers(0, 3),
    "parts": st.just(("a",)),
    "secret": st.text(max_size=2),
}


@given(st.fixed_dictionaries({}, optional=VALUES), st.fixed_dictionaries({}, optional=VALUES))
def test_they_are_made_compared_and_shown_as_the_standard_ones(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The same arguments are taken or refused, and equality, repr and asdict agree."""
    try:
        theirs = Standard(**one), Standard("n", **{k: v for k, v in other.items() if k != "name"})
    except TypeError:
        with pytest.raises(TypeError):
            Ours(**one)
        return
    ours = Ours(**one), Ours("n", **{k: v for k, v in other.items() if k != "name"})
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert repr(ours[0]) == repr(theirs[0]).replace("Standard", "Ours")
    assert asdict(ours[0]) == asdict(theirs[0])
    assert asdict(replace(ours[0], size=2)) == asdict(replace(theirs[0], size=2))
    assert [each.name for each in fields(Ours)] == [each.name for each in fields(Standard)]


def test_they_cannot_be_changed() -> None:
    value = Ours("a")
    with pytest.raises(FrozenInstanceError):
        value.size = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del value.size
    with pytest.raises((AttributeError, TypeError)):
        value.other = 1  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize(
    ("args", "given_by_name", "message"),
    [
        ((), {}, "misses the argument 'name'"),
        (("a", 1, (), "", {}, 6), {}, "too many"),
        (("a",), {"name": "b"}, "name"),
        (("a",), {"no": 1}, "no"),
    ],
)
def test_wrong_arguments_are_refused(args: Any, given_by_name: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Ours(*args, **given_by_name)


def test_the_rest_of_a_dataclass() -> None:
    """Hash, copies, pattern matching, signature, defaults, parents, properties and class variables."""
    value = Ours("a", 2)
    assert {One(1): "x"}[One(1)] == "x"
    assert One(1) != Child(1)
    assert (Child(1), Child(1).more, Child(1, 2).only) == (Child(1, 5), 5, 1)
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == copy.copy(value) == value
    match value:
        case Ours(name, size):
            assert (name, size) == ("a", 2)
    assert str(inspect.signature(One)) == "(only: int)"
    assert Ours("a").more is not Ours("a").more
    assert (value.twice, Ours.order, Base.kinds[-1], is_dataclass(Ours)) == (4, 3, "Ours", True)
    with pytest.raises(ValueError, match="size"):
        Ours("a", -1)
