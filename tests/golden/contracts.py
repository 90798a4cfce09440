"""Whether what a command prints for programs is as its file in schema/ says."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "schema"


def refuse_other(document: Any, name: str) -> None:
    """Refuse what the schema ``name`` (``liveproof-1``) does not describe, fields that it does not know included.

    Raises:
        jsonschema.ValidationError: it is not as described.
    """
    jsonschema.validate(document, _closed(json.loads((SCHEMAS / f"{name}.schema.json").read_text())))


def _closed(schema: Any) -> Any:
    """The schema with fields that it does not describe refused."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    if "properties" in closed and closed["properties"].keys() != {"is"}:
        closed["unevaluatedProperties"] = False
    return closed
