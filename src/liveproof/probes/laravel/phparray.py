"""Read a PHP file that holds one array, as ``var_export`` writes it: parsed by tree-sitter-php, never executed."""

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from liveproof.model.dataclass import dataclass

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_DEEPEST = 120
_ESCAPED = re.compile(r"\\([\\'])")


class Unreadable(Exception):
    """The file is no complete PHP file with one array in it; the message says what is wrong, without its content."""


@dataclass(frozen=True, slots=True)
class Code:
    """A value that is no array and no plain scalar (an object, a constant): its source text."""

    text: str


Key = str | int
Value = dict[Key, "Value"] | str | int | bool | None | Code


def read_array(content: bytes) -> dict[Key, Value]:
    """The one array of a file: after ``return``, or as the only argument of a call (``setCompiledRoutes(array(…))``).

    Keys become what PHP makes of them (``'7'`` is 7); strings that are not UTF-8 use surrogateescape.

    Raises:
        Unreadable: cut off, not PHP, no array, or nested deeper than any configuration.
    """
    root = _parser().parse(content).root_node
    if root.has_error or not content.rstrip().endswith((b";", b"?>")):
        raise Unreadable("it is not a complete PHP file")
    array = _outermost(root)
    if array is None:
        raise Unreadable("it holds no array")
    return _array(array, 0)


def names(content: bytes) -> frozenset[str]:
    """Every name that a PHP file calls or mentions; what cannot be parsed has the names that were understood."""
    found: set[str] = set()
    waiting = [_parser().parse(content).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "name":
            found.add(_text(node))
        waiting.extend(node.children)
    return frozenset(found)


@cache
def _parser() -> "Parser":
    import tree_sitter  # noqa: PLC0415  (only where a cache changed)
    import tree_sitter_php  # noqa: PLC0415  (as above)

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_php.language_php()))


def _outermost(root: "Node") -> "Node | None":
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if node.type == "array_creation_expression":
            return node
        waiting.extend(node.named_children)
    return None


def _array(node: "Node", depth: int) -> dict[Key, Value]:
    if depth > _DEEPEST:
        raise Unreadable("its arrays are nested too deeply")
    found: dict[Key, Value] = {}
    following = 0
    for element in node.named_children:
        if element.type != "array_element_initializer":
            continue
        parts = [part for part in element.named_children if part.type != "comment"]
        if not parts:
            continue
        key: Key = following if len(parts) == 1 else _key(_value(parts[0], depth))
        found[key] = _value(parts[-1], depth)
        if isinstance(key, int):
            following = max(following, key + 1)
    return found


def _value(node: "Node", depth: int) -> Value:
    kind = node.type
    if kind == "array_creation_expression":
        return _array(node, depth + 1)
    if kind == "string":
        return _single_quoted(_text(node))
    if kind == "encapsed_string" and all(child.type == "string_content" for child in node.named_children):
        return _text(node)[1:-1]
    text = _text(node)
    if kind in ("integer", "unary_op_expression"):
        try:
            return int(text.replace(" ", ""))
        except ValueError:
            return Code(text)
    return _WORDS.get(text.lower(), Code(text))


_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _key(value: Value) -> Key:
    """As PHP makes keys (php.net, Arrays): integers written as strings are integers, booleans too, null is empty."""
    if isinstance(value, bool):
        return int(value)
    if value is None:
        return ""
    if isinstance(value, str) and (value.isascii() and value.removeprefix("-").isdigit()):
        return int(value) if len(value) <= 20 and str(int(value)) == value else value
    return value if isinstance(value, str | int) else str(value)


def _single_quoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])


def _text(node: "Node") -> str:
    return os.fsdecode(node.text or b"")
