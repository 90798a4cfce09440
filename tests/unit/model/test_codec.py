"""model/codec.py: frozen dataclasses to JSON and back."""

import json
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import GenericAlias, UnionType
from typing import Any, Literal, cast, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveproof.model import facts
from liveproof.model.codec import Cut, Misshapen, from_json, to_json
from liveproof.model.findings import Diagnosis, Evidence, Finding, Result, Unknown
from liveproof.model.plan import Outcome, Plan, Step
from liveproof.model.run_record import Repair
from liveproof.model.verdicts import Safety
from liveproof.steps import load
from liveproof.steps.change_owner import ChangeOwner, Owned


def _fact_types() -> list[type]:
    names = sorted(path.stem for path in Path(facts.__path__[0]).glob("[a-z]*.py"))
    modules = [import_module(f"{facts.__name__}.{name}") for name in names]
    kinds = (kind for module in modules for kind in vars(module).values() if isinstance(kind, type))
    return list(
        dict.fromkeys(kind for kind in kinds if is_dataclass(kind) and kind.__module__.startswith(facts.__name__))
    )


KINDS = [*_fact_types(), Finding, Result, Diagnosis, Plan, Outcome, Repair, Step]
_TEXT = st.text(max_size=8) | st.sampled_from(["a\nb", "\udcff\udc80", "\x1b[31m", "\u202e", "is"])


@cache  # the strategies of a large fact cost more than its values
def _values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotation."""
    if kind is str:
        return _TEXT
    if kind is int:
        return st.integers()
    if kind is float:
        return st.floats(allow_nan=False)
    if kind is bool:
        return st.booleans()
    if isinstance(kind, UnionType):
        return st.one_of([_values(part) for part in kind.__args__])
    if isinstance(kind, GenericAlias):
        if kind.__args__[-1] is Ellipsis:
            return st.lists(_values(kind.__args__[0]), max_size=2).map(tuple)
        return st.tuples(*(_values(part) for part in kind.__args__))
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if kind is type(None):
        return st.none()
    if kind is Step:  # one without an undo is not safe: not every combination of fields is a step
        return st.builds(Step, _values(ChangeOwner), _TEXT, st.text(min_size=1), st.sampled_from(list(Safety)))
    given_fields = {each.name: _values(cast("Any", each.type)) for each in fields(kind)}
    if kind is Finding:
        given_fields["evidence"] = st.lists(_values(Evidence), min_size=1, max_size=2).map(tuple)
    return st.builds(kind, **given_fields)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=25)  # of each: what goes wrong does so for a kind of field, and they share those
def test_everything_comes_back(kind: type, data: st.DataObject) -> None:
    """What is written to JSON text, by any fact, finding or plan, is read back as the same value."""
    value = data.draw(_values(kind))
    assert from_json(kind, json.loads(json.dumps(to_json(value)))) == value


@dataclass(frozen=True, slots=True)
class Old:
    """As an earlier version knew it."""

    name: str


@dataclass(frozen=True, slots=True)
class New:
    """As a later version knows it."""

    name: str
    size: int = 7
    secret: str = field(default="", repr=False)


def test_versions_understand_each_other() -> None:
    """A field that is missing takes its default; one that is unknown is ignored."""
    assert from_json(New, to_json(Old("x"))) == New("x")
    assert from_json(Old, to_json(New("x", 9))) == Old("x")


@pytest.mark.parametrize(
    ("kind", "data", "where"),
    [
        (New, [], "object"),
        (New, {}, ".name is missing"),
        (New, {"name": 1}, ".name should be str"),
        (New, {"name": "x", "size": True}, ".size should be int"),
        (Owned, {"path": "a", "uid": 0, "gid": "0"}, ".gid"),
        (ChangeOwner, {"root": "/", "entries": [1], "uid": 0, "gid": 0, "names": ""}, r".entries\[0\]"),
        (Outcome, {"kind": "no such"}, ".kind"),
        (Step, {"act": {"is": "Explode"}, "why": "", "undo": "x", "safety": "safe"}, "Explode"),
        (
            Step,
            {"act": {"is": "ServiceAction", "verb": "reload", "unit": "x"}, "why": "w", "undo": "", "safety": "safe"},
            "without an undo",
        ),
        (Unknown, {"reason": None}, ".reason"),
    ],
)
def test_other_shapes_are_refused(kind: type, data: Any, where: str) -> None:
    """Data of another shape raises Misshapen with the place, nothing else."""
    load()
    with pytest.raises(Misshapen, match=where):
        from_json(kind, data)


def test_a_cut_is_counted() -> None:
    """Long lists and texts are shortened and counted, and what may hold secrets is left out."""
    cut = Cut(items=2, text=3)
    act = ChangeOwner("/var/www", (Owned("a", 0, 0), Owned("b", 0, 0), Owned("c", 0, 0)), 33, 33, "abcdef")
    kept = from_json(ChangeOwner, to_json(act, cut=cut))
    assert (len(kept.entries), kept.names, kept.root, cut.cuts) == (2, "abc", "/va", 3)
    assert to_json(New("x", 1, "hunter2"), cut=cut) == {"name": "x", "size": 1}


def test_json_cannot_carry_everything() -> None:
    """An annotation that JSON has no shape for is told at once."""

    @dataclass
    class Odd:
        raw: bytes

    with pytest.raises(TypeError, match="bytes"):
        to_json(Odd(b""))
