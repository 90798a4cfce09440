"""JSON that means one thing only: UTF-8, no key twice, no NaN, not nested beyond reason."""

import json
from typing import Any


class NotStrict(ValueError):
    """It is no JSON, or could be read in two ways; the message says why."""


def loads(content: bytes) -> Any:
    """What a text stands for.

    Raises:
        NotStrict: it is no JSON, or could be read in two ways.
    """
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except UnicodeDecodeError:
        raise NotStrict("it is not UTF-8") from None
    except NotStrict:
        raise
    except RecursionError:
        raise NotStrict("it is nested too deeply") from None
    except ValueError as error:
        raise NotStrict(f"it is not complete JSON: {str(error)[:120]}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"the key {twice[:60]!r} stands there twice")
    return found


def _constant(name: str) -> Any:
    raise NotStrict(f"{name} is not a number of JSON")
