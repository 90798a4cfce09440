"""The configuration file with every key as a comment: its default and what it means, from where it is declared."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_args, get_origin

from liveproof.config.keys import inner_table
from liveproof.install.file import File
from liveproof.model.settings import Document
from liveproof.model.settings.keys import Unset

PATH = "/etc/liveproof/liveproof.toml"
_WIDTH = 118
_HEAD = (
    "/etc/liveproof/liveproof.toml: everything here may be left out. What begins with # and a key shows the key's "
    "default, or an example where that is not a value. "
    "Only root may be able to write this file. `liveproof config show` prints what is in force and where it came from, "
    "`liveproof config schema` a JSON Schema for editors."
)


def config_file() -> File:
    """The file as it is installed; root's alone, since it may come to hold passwords of alert channels."""
    return File(
        PATH, "".join(f"{line}\n" for line in _lines()).encode(), "the configuration, all keys as comments", 0o600
    )


def _lines() -> Iterator[str]:
    yield from _comment(_HEAD)
    yield from _table(Document, "")


def _table(table: Any, place: str, *, listed: bool = False) -> Iterator[str]:
    """The keys of a table, then the tables in it, as TOML wants it."""
    inner = [declared for declared in fields(table) if inner_table(declared.type) and _tables_below(declared)]
    for declared in fields(table):
        if declared not in inner:
            yield from _key(declared, listed=listed)
    for declared in inner:
        below = inner_table(declared.type)
        name = f"{place}{declared.name}"
        several = get_origin(_plain(declared.type)) is tuple
        yield ""
        described = declared.metadata.get("description") or (below.__doc__ or "").partition("\n\n")[0]
        yield from _comment(described)
        yield f"#[[{name}]]" if several else f"[{name}]"
        yield from _table(below, f"{name}.", listed=several)


def _tables_below(declared: Field[Any]) -> bool:
    return is_dataclass(inner_table(declared.type))


def _key(declared: Field[Any], *, listed: bool) -> Iterator[str]:
    """A key with its default; with an example where the default is no value, and in tables that are examples."""
    note = next((part.note for part in get_args(declared.type) if isinstance(part, Unset)), "")
    default = _default(declared)
    examples = declared.metadata.get("examples", [])
    shown = examples[0] if examples and (listed or (not default and note) or default is None) else default
    described = declared.metadata.get("description", "")
    if note and "default" not in described and "left out" not in described and "without" not in described:
        described += f" By default: {note}."
    if examples and shown is not examples[0]:
        described += f" For example {_toml(examples[0])}."
    yield from _comment(described)
    yield f"#{declared.name} = {_toml(shown)}"


def _default(declared: Field[Any]) -> Any:
    if declared.default is not MISSING:
        return declared.default
    return declared.default_factory() if declared.default_factory is not MISSING else None


def _plain(annotation: Any) -> Any:
    """The type of an annotated key."""
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(" ".join(text.split()), _WIDTH):
        yield f"# {line}"


def _toml(value: Any) -> str:
    """A value as a person would write it: what holds quotes between single ones, where TOML allows that."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{name} = {_toml(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)
