"""Lines of the shell (crontabs, units, scripts, running processes) with the values of secrets hidden."""

import re
from collections.abc import Iterable, Iterator, Sequence

from liveproof.model.secrets.names import HIDDEN, is_secret
from liveproof.model.secrets.shapes import hide_shapes
from liveproof.model.secrets.texts import hide

_LONGEST = 4000
_DEPTH = 3
_ASSIGNED = r"(?a)-{0,2}[\w.-]+="
_PIECES = r"(?s)\s++|\"(?:[^\"\\]++|\\.)*+\"?|'[^']*+'?|(?:[^\s\"'\\]++|\\.)++|\\"
_QUOTES = "\"'"
_HEADERS = ("-H", "--header")
_USERS = ("-u", "--user", "--proxy-user", "-U")
_ALWAYS = (
    "-b",
    "--cookie",
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--form",
    "-F",
    "--post-data",
)
_FETCHERS = ("curl", "wget", "http", "https", "xh")
_WITH_PASSWORD = {
    "redis-cli": ("-a", "--pass"),
    "sshpass": ("-p",),
    "ldapsearch": ("-w",),
    "mongosh": ("-p",),
    "mongo": ("-p",),
}
_TOLD_HEADERS = frozenset(
    {"accept", "content-type", "content-length", "host", "user-agent", "accept-language", "connection"}
)


def hide_in_command(line: str) -> str:
    """A line of the shell with the values of secrets hidden, white space as it is; cut off at 4,000 characters.

    Hidden are the values of assignments and options by their names (``TOKEN=x``, ``--password x``), passwords as
    mysql, curl, redis-cli and sshpass take them, headers, cookies and what is sent, and all that ``hide`` knows.
    """
    cut = "…" if len(line) > _LONGEST else ""
    # Once more as a text: a name and its value may stand in two words.
    return hide("".join(_hidden(_words(line[:_LONGEST]), _DEPTH))) + cut


def hide_in_arguments(argv: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a process, each as ``hide_in_command`` would tell it; the first 4,000 characters."""
    given: list[str] = []
    size = 0
    for word in argv:
        given.append(word[: _LONGEST - size])
        size += len(word)
        if size >= _LONGEST:
            break
    return tuple(_hidden(given, _DEPTH))


def _hidden(words: Iterable[str], depth: int) -> Iterator[str]:
    option = tool = ""
    for word in words:
        if not word.strip():
            yield word
            continue
        plain = word.strip(_QUOTES)
        name = plain.rpartition("/")[2]
        if option:
            yield _value(option, word)
            option = ""
            continue
        if name in _FETCHERS or name in _WITH_PASSWORD or not tool:
            tool = name if name in _FETCHERS or name in _WITH_PASSWORD else tool
        yield (
            _line(word, depth)
            if any(map(str.isspace, plain)) and depth and not re.match(_ASSIGNED, word)
            else _glued(word, tool)
        )
        if plain in (";", "&&", "||", "|", "&"):
            tool = ""
        option = plain if _takes(plain, tool) else ""


def _line(word: str, depth: int) -> str:
    """A word that is a line of the shell itself (``sh -c '…'``)."""
    left = word[0] if word[0] in _QUOTES else ""
    inner = word[1:-1] if left and word.endswith(left) and len(word) > 1 else word[len(left) :]
    right = left if left and word.endswith(left) and len(word) > 1 else ""
    return f"{left}{''.join(_hidden(_words(inner), depth - 1))}{right}"


def _takes(word: str, tool: str) -> bool:
    """Whether the next word is the value of this option, and may be a secret."""
    if not word.startswith("-") or "=" in word:
        return False
    fetches = tool in _FETCHERS
    return (
        is_secret(word.lstrip("-"))
        or word in _HEADERS
        or word in _USERS
        or (fetches and word in _ALWAYS)
        or word in _WITH_PASSWORD.get(tool, ())
    )


def _value(option: str, word: str) -> str:
    left = word[0] if word[0] in _QUOTES else ""
    plain = word.strip(_QUOTES)
    if option in _HEADERS and not is_secret(option.lstrip("-")):
        return f"{left}{_header(plain)}{left}"
    if option in _USERS:
        return f"{left}{_user(plain)}{left}"
    return f"{left}{HIDDEN}{left}"


def _header(text: str) -> str:
    name, colon, value = text.partition(":")
    if name.strip().lower() in _TOLD_HEADERS:
        return hide(text)
    return f"{hide_shapes(name)}: {HIDDEN}" if colon and value.strip() else hide(text)


def _user(text: str) -> str:
    """``user:password``; numbers or an owner and its group (33:33, www-data:www-data) are no password."""
    user, colon, rest = text.partition(":")
    if not colon or not rest or (user.isdigit() and rest.isdigit()) or user == rest:
        return hide(text)
    return f"{user}:{HIDDEN}"


def _glued(word: str, tool: str) -> str:
    """A word that holds its own value: ``TOKEN=x``, ``--password=x``, ``-pX``, ``-uuser:X``, ``-HName:x``."""
    name, equals, value = word.partition("=")
    if equals and value.strip(_QUOTES) and is_secret(name.lstrip("-\"'")):
        left = value[0] if value[0] in _QUOTES else ""
        return f"{name}={left}{HIDDEN}{left}"
    if tool in _FETCHERS and word.startswith("-u") and ":" in word:
        return f"-u{_user(word[2:])}"
    if tool in _FETCHERS and word.startswith("-H") and ":" in word:
        return f"-H{_header(word[2:].strip(_QUOTES))}"
    if tool in _WITH_PASSWORD and word.startswith(("-a", "-p", "-w")) and len(word) > 2:
        return f"{word[:2]}{HIDDEN}"
    return hide(f" {word}")[1:] if word.startswith("-p") else hide(word)


def _words(line: str) -> list[str]:
    """Runs of white space and words, in turn, quotes kept; joined they give the line."""
    words: list[str] = []
    for piece in re.findall(_PIECES, line):
        if words and not words[-1][0].isspace() and not piece[0].isspace():
            words[-1] += piece
        else:
            words.append(piece)
    return words
