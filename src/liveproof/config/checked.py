"""What pydantic makes of the declarations in model/settings.py: the errors of a document, and the JSON Schema."""

import difflib
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from liveproof.config.keys import inner_table
from liveproof.model.settings import Document

# What pydantic says of Python's types, in words of TOML.
_WORDS = {
    "dataclass_type": "should be a table",
    "string_type": "should be a text in quotes",
    "too_short": "should not be empty",
    "tuple_type": "should be a list",
}


class _Schema(GenerateJsonSchema):
    """Without the defaults that only stand for a key or table that is left out."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        default = schema.get("default")
        return (
            super().default_schema(schema)
            if default and not is_dataclass(default)
            else self.generate_inner(schema["schema"])
        )


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(Document).json_schema(schema_generator=_Schema),
        "title": "liveproof.toml",
    }


def errors(document: dict[str, Any], known_rules: Callable[[], Collection[str]]) -> tuple[str, ...]:
    """Everything that is wrong with a document, each with its place (``request[1].status: …``); empty when right."""
    try:
        right = TypeAdapter(Document).validate_python(document)
    except ValidationError as error:
        return tuple(_described(wrong) for wrong in error.errors(include_url=False, include_input=False))
    known = known_rules() if right.rules.disabled else ()
    return tuple(
        f"rules.disabled[{index}]: {code!r} is not a rule{_meant(code.upper(), known)}"
        for index, code in enumerate(right.rules.disabled)
        if code not in known
    )


def _described(wrong: Any) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong["loc"]).lstrip(".")
    if wrong["type"] == "unexpected_keyword_argument":
        return f"{place}: unknown key{_meant(str(wrong['loc'][-1]), _keys_at(wrong['loc'][:-1]))}"
    message = _WORDS.get(wrong["type"], wrong["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{place}: {message[:1].lower()}{message[1:]}"


def _keys_at(place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in a table; its place names it as pydantic does."""
    table: Any = Document
    for part in place:
        if isinstance(part, str):
            table = inner_table(next(declared.type for declared in fields(table) if declared.name == part))
    return [declared.name for declared in fields(table)]


def _meant(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else f" (known: {', '.join(known)})" if len(known) < 12 else ""
