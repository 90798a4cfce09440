"""The configuration key by key (``request[0].status``), in the order of the file; as `config show` prints it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any, get_args

from liveproof.model.codec import to_json
from liveproof.model.dataclass import dataclass
from liveproof.model.settings import Document, Settings
from liveproof.model.settings.keys import Unset


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value, as JSON has it, and where it came from; where it is None, ``note`` says what that means."""

    key: str
    value: Any
    note: str = ""
    source: str = "default"

    @property
    def text(self) -> str:
        """The value as TOML writes it, or the note in brackets."""
        if self.value is None:
            return f"({self.note})"
        if isinstance(self.value, dict):
            pairs = ", ".join(f"{name} = {_toml(value)}" for name, value in self.value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        return _toml(self.value)


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def show(settings: Settings) -> tuple[Setting, ...]:
    """Every effective value, secrets hidden, and where it came from: default, the file, or command line."""
    sources = dict(settings.sources)
    return tuple(
        Setting(key, None if note and not value else value, note if not value else "", sources.get(key, "default"))
        for key, declared, value in keys(to_json(settings.without_secrets()))
        for note in ("".join(part.note for part in _parts(declared.type) if isinstance(part, Unset)),)
    )


def keys(document: Mapping[str, Any], table: Any = Document, place: str = "") -> Iterator[tuple[str, Field[Any], Any]]:
    """Every value of a document that was found right, with its key and how it is declared; lists of tables by index."""
    for declared in fields(table):
        if declared.name not in document:
            continue
        key, value, inner = f"{place}{declared.name}", document[declared.name], inner_table(declared.type)
        if inner and isinstance(value, Mapping):
            yield from keys(value, inner, f"{key}.")
        elif inner and value:
            for index, row in enumerate(value):
                yield from keys(row, inner, f"{key}[{index}].")
        else:
            yield key, declared, value


def inner_table(annotation: Any) -> Any:
    """The dataclass of a key that is a table or a list of tables, else None."""
    return next((part for part in _parts(annotation) if is_dataclass(part) and not isinstance(part, Unset)), None)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
