"""The facts of an app to JSON and back. What may hold a secret stays out: answers of the app, fields without a repr."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from liveproof.model.codec import Cut, Misshapen, from_json, to_json
from liveproof.model.facts.apps import App
from liveproof.model.facts.wire import Wire
from liveproof.model.findings import Absent, Unknown

_FACTS = "liveproof.model.facts."
_UNSEEN = {"Unknown": Unknown, "Absent": Absent}


def facts_to_json(facts: Mapping[type, object], cut: Cut) -> dict[str, Any]:
    """Every fact but the App itself, under its module and name (``files.Files``), each beside what it is.

    Raises:
        TypeError: an annotation that JSON cannot carry.
    """
    return {
        f"{kind.__module__[len(_FACTS) :]}.{kind.__name__}": _fact_to_json(value, cut)
        for kind, value in facts.items()
        if kind.__module__.startswith(_FACTS) and kind is not App
    }


def _fact_to_json(value: object, cut: Cut) -> dict[str, Any]:
    if isinstance(value, Wire):  # what the app answered may hold anything, its own secrets too
        value = replace(value, exchanges=tuple(replace(exchange, body="") for exchange in value.exchanges))
    return {type(value).__name__ if isinstance(value, Unknown | Absent) else "value": to_json(value, cut=cut)}


def facts_from_json(data: Mapping[str, Any]) -> dict[type, object]:
    """The facts that ``facts_to_json`` made ``data`` from.

    Raises:
        Misshapen: the data does not have that shape, or names a fact that this version does not know.
    """
    return dict(_fact_from_json(name, result) for name, result in data.items())


def _fact_from_json(name: str, told: Any) -> tuple[type, object]:
    module, _, kind_name = name.rpartition(".")
    if not (module.isidentifier() and kind_name.isidentifier()):
        raise Misshapen(f"{name!r} names no fact")
    try:
        kind = getattr(import_module(_FACTS + module), kind_name)
    except (ImportError, AttributeError):
        raise Misshapen(f"this version knows no fact {name!r}") from None
    if not (
        isinstance(told, dict) and len(told) == 1 and isinstance(kind, type) and kind.__module__ == _FACTS + module
    ):
        raise Misshapen(f"{name!r} is not a fact")
    ((shape, value),) = told.items()
    return kind, from_json(_UNSEEN.get(shape, kind), value)
