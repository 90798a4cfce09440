"""Read shell text far enough to see which commands it would run. Nothing is run, and nothing is guessed.

A word whose value only a running shell would know (a command substitution, an unset variable) is None. POSIX: Shell
Command Language, 2.2 to 2.9; here-documents are skipped. The time is linear in the text, which others write: the
grammar of tree-sitter-bash needs minutes for 64 kB of ``a|``, and cannot be stopped meanwhile.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import dropwhile

LIMIT = 64 * 1024
_NESTED = r"[^()]*+"
for _ in range(4):
    _NESTED = rf"(?:[^()]|\({_NESTED}\))*+"
_DOLLAR = rf"""(?P<substitution>\$\({_NESTED}\)) | \$\{{(?P<braced>[^}}]*)\}}? | \$(?P<name>\w+)
    | (?P<unknown>`[^`]*`? | \$[@*#?$!-]) | """
_IN_DOUBLE = re.compile(rf'{_DOLLAR} \\(?P<escaped>[$`"\\\n]) | (?P<literal>[^$`\\]+|.)', re.VERBOSE | re.DOTALL)
_PIECE = rf"""'(?P<single>[^']*)'? | "(?P<double>(?:\\.|\$\({_NESTED}\)|[^"\\])*+)\\?"? | \$'[^']*'?
    | {_DOLLAR} \\(?P<escaped>.?) | (?P<literal>\$|[^ \t\r\n'"`\\$;&|()<>]+)"""
_TOKEN = rf"""(?P<blank>(?:[ \t\r]|\\\n)+) | (?P<end>[;&|()\n])
    | (?P<redirection>[0-9]*(?P<sign><<<|<<-?|[<>][<>&|]*)[ \t\r]*) | (?P<comment>\#[^\n]*) | (?P<word>(?:{_PIECE})+)"""
_PIECES, _TOKENS = (re.compile(pattern, re.VERBOSE | re.DOTALL) for pattern in (_PIECE, _TOKEN))
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OWN_DIRECTORY = re.compile(r'\$\(\s*dirname\s+(--\s+)?"?(\$0|\$\{BASH_SOURCE\[0\]\}|\$BASH_SOURCE)"?\s*\)')


@dataclass(slots=True)
class Word:
    """One word: its value after quotes and known variables, None when not known, and where it stands in the text."""

    value: str | None
    start: int
    end: int


@dataclass(slots=True)
class Command:
    """A simple command: its words (redirections left out) and how many subshells deep it stands."""

    words: list[Word]
    depth: int


def commands(text: str, variables: Mapping[str, str]) -> list[Command]:
    """The simple commands of a shell text in their order; assignments alone set variables for what follows.

    At most LIMIT characters are read. ``variables`` are those that are known, such as HOME; the text's own come on top.
    """
    text, known = f"{text[:LIMIT]}\n", dict(variables)
    found: list[Command] = []
    words: list[Word] = []
    documents: list[str] = []
    at = depth = 0
    sign = ""  # of a redirection whose target comes next
    while token := _TOKENS.match(text, at):
        at = token.end()
        if token.lastgroup == "word":
            if not sign:
                words.append(Word(_value(token[0], _PIECES, known), token.start(), at))
            elif sign in ("<<", "<<-"):
                documents.append(token[0].strip("'\"\\"))
            sign = ""
        elif token.lastgroup == "redirection":
            sign = token["sign"]
        elif token.lastgroup == "end":
            _end(words, depth, text, known, found)
            words, sign = [], ""
            depth = max(0, depth + {"(": 1, ")": -1}.get(token[0], 0))
            while token[0] == "\n" and documents and at < len(text):
                line, at = text[at : text.index("\n", at)], text.index("\n", at) + 1
                if line.strip("\t") == documents[0]:
                    del documents[0]
    return found


def is_assignment(word: Word, text: str) -> bool:
    """Whether a word has the form of ``FOO=1``."""
    return _ASSIGNMENT.match(text, word.start) is not None


def _end(words: list[Word], depth: int, text: str, known: dict[str, str], found: list[Command]) -> None:
    """Keep a command, or the variables that it sets."""
    if rest := list(dropwhile(lambda word: is_assignment(word, text), words)):
        found.append(Command(words, depth))
        exported = len(rest) == 2 and rest[0].value in ("export", "readonly", "local")
        words = rest[1:] if exported and is_assignment(rest[1], text) else []
    for word in words:
        name = text[word.start : word.end].partition("=")[0]
        known.pop(name, None)
        if word.value is not None:
            known[name] = word.value.partition("=")[2]


def _value(raw: str, pieces: re.Pattern[str], known: Mapping[str, str]) -> str | None:
    """What a word is for the program; None when a piece of it is not known."""
    parts: list[str | None] = []
    for piece in pieces.finditer(raw):
        match piece.lastgroup:
            case "double":
                parts.append(_value(piece["double"], _IN_DOUBLE, known))
            case "braced" | "name" as kind:
                parts.append(known.get(piece[kind]))
            case "substitution":  # not known, but for the one idiom that names the script's own directory
                parts.append(known.get("dirname $0") if _OWN_DIRECTORY.fullmatch(piece[0]) else None)
            case "single" | "literal" as kind:
                parts.append(piece[kind])
            case kind:
                parts.append(piece["escaped"].removeprefix("\n") if kind == "escaped" else None)
    return None if None in parts else "".join(part or "" for part in parts)
