"""The shape of a run's records: what is read back must be what this version writes, or nothing is rolled back by it."""

import math
from dataclasses import fields
from typing import Any

from liveproof.host.files.snapshot import META, Image, from_row

# Of the records and the kept contents; a run of another format is refused, and its own version can roll it back.
FORMAT = 1


def is_summary(value: Any) -> bool:
    """Whether it is what marks a run as over."""
    return (
        isinstance(value, dict)
        and _all(str, value.get("app"), value.get("state"))
        and _number(value.get("started"))
        and _texts(value.get("steps"))
        and _texts(value.get("services", []))
    )


def is_record(value: Any, *, first: bool) -> bool:
    """Whether it is a record of a journal; the first one tells of the run."""
    if not isinstance(value, dict) or (value.get("is") == "run") is not first:
        return False
    try:
        return bool(_KINDS[value["is"]](value))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return False


def _run(value: dict[str, Any]) -> bool:
    return (
        value["format"] == FORMAT
        and _all(str, value["app"], value["temporary"])
        and value["temporary"].startswith(".liveproof-")
        and "/" not in value["temporary"]
        and _number(value["started"])
        and _texts(value["steps"])
    )


def _service(value: dict[str, Any]) -> bool:
    return (
        value.keys() - {"addresses", "timeout"} == {"verb", "unit", "test", "patience", "was", "pid", "start"}
        and _texts(value.get("addresses", []))
        and _number(value.get("timeout", 0.0))
        and _all(str, value["verb"], value["unit"], value["was"])
        and _all(int, value["pid"])
        and _texts(value["test"])
        and _number(value["patience"])
        and _number(value["start"])
    )


def _begin(value: dict[str, Any]) -> bool:
    return (
        _all(int, value["step"], value["at"])
        and isinstance(value["what"], str)
        and _places(value["before"])
        and _places(value["goals"])
        and _pairs(value["trees"])
        and ("service" not in value or _service(value["service"]))
        and isinstance(value.get("invalidates", {}), dict)
    )


def _done(value: dict[str, Any]) -> bool:
    return _all(int, value["step"]) and _places(value["after"])


def _undo(value: dict[str, Any]) -> bool:
    return _all(int, value["step"]) and _pairs(value["times"])


def _undone(value: dict[str, Any]) -> bool:
    renewed = all(isinstance(path, str) and _all(int, old, new) for path, old, new in value["renewed"])
    return _all(int, value["step"], value["restored"]) and _pairs(value["refused"]) and renewed


def _end(value: dict[str, Any]) -> bool:
    return isinstance(value["state"], str)


_KINDS = {"run": _run, "begin": _begin, "done": _done, "undo": _undo, "undone": _undone, "end": _end}


def _all(kind: type, *values: Any) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)


def _number(value: Any) -> bool:
    return (_all(float, value) and math.isfinite(value)) or _all(int, value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and _all(str, *value)


def _pairs(value: Any) -> bool:
    return isinstance(value, list) and all(len(row) == 2 and _texts(row) for row in value)


def _places(value: Any) -> bool:
    for root, rows in value:
        if not isinstance(root, str):
            return False
        for row in rows:
            image = from_row(row)
            if any(type(getattr(image, name)) is not kind for name, kind in _IMAGE.items()):
                return False
    return True


_IMAGE = {field.name: type(getattr(Image("", META), field.name)) for field in fields(Image)}
