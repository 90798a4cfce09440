"""Patterns of paths below an app, as the configuration writes them."""

import re
from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether a path matches any of the patterns.

    ``*`` and ``?`` match within a name, ``[…]`` one of some characters, ``**`` any number of directories;
    ``storage/**`` matches ``storage`` itself as well as all that is below it, ``**`` everything.
    """
    whole = re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns) or "(?!)", re.DOTALL)
    return lambda path: whole.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    parts = pattern.strip("/").split("/")
    if parts == ["**"]:
        return ".*"
    written = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            # A slash was written after the part before; at the end it goes with what is below.
            written = f"{written.removesuffix('/')}(?:/.*)?" if last else f"{written}(?:.*/)?"
        else:
            written += "".join(_within_name(part, re.escape)) + ("" if last else "/")
    return written


def _within_name(part: str, escape: Callable[[str], str]) -> Iterable[str]:
    single = re.compile(r"(?<!\\-)\\-(?!\\-)")
    at = 0
    while at < len(part):
        character = part[at]
        end = part.find("]", at + 2) if character == "[" else -1
        if end > 0:
            inside = part[at + 1 : end]
            negated = inside[0] == "!"
            # A single hyphen makes a range; of two in a row Python warns that they may mean a difference.
            characters = single.sub("-", escape(inside[negated:]))
            yield _one_of(f"[{'^/' if negated else ''}{characters}]")
            at = end
        elif character == "*":
            yield "[^/]*"
        elif character == "?":
            yield "[^/]"
        else:
            yield escape(character)
        at += 1


def _one_of(characters: str) -> str:
    """A set of characters; one with a range that ends before it begins matches nothing, as in the shell."""
    try:
        re.compile(characters)
    except re.error:
        return "(?!)"
    return characters
