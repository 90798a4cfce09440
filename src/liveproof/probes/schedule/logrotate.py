"""logrotate's configuration (logrotate.conf(5)): its entries with what each does to a new log file's owner."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from liveproof.probes.schedule.found import Entry, Said

LINES = 5000
_SCRIPTS = frozenset({"prerotate", "postrotate", "firstaction", "lastaction", "preremove"})
# logrotate(8): files of these kinds in an included directory are passed over.
TABOO = (
    ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp",
    ".rpmnew", ".rpmorig", ".rpmsave", ".swp", ".ucf-dist", ".ucf-new", ".ucf-old", ",v", "~", "-cfengine", ".~",
)  # fmt: skip


@dataclass(slots=True)
class Configuration:
    """A file's entries, the defaults that it sets for later files, and what it includes."""

    entries: list[Entry] = field(default_factory=list)
    defaults: Said = field(default_factory=Said)
    includes: list[str] = field(default_factory=list)


def read(path: str, text: str, defaults: Said) -> Configuration:
    """Read one file; directives outside of an entry are the defaults of what follows."""
    found = Configuration(defaults=defaults)
    lines = enumerate(text.split("\n")[:LINES], 1)
    waiting: list[str] = []
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        head, opens, tail = _opening(stripped)
        if opens:
            patterns = (*waiting, *_patterns(head))
            waiting = []
            found.entries.append(Entry(path, number, patterns, _block(tail, number, lines, found.defaults)))
        elif stripped.startswith(("/", '"', "'")):
            waiting += _patterns(stripped)
        elif stripped.startswith("include "):
            found.includes.append(stripped[8:].strip())
        elif stripped.split()[0] in _SCRIPTS:
            _skip_script(lines)
        else:
            found.defaults = _directive(found.defaults, stripped, number)
    return found


def _opening(line: str) -> tuple[str, bool, str]:
    """A line that opens an entry: what stands before and after the brace, which quotes may hide."""
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "{" and (at == 0 or line[at - 1] in " \t'\""):
            return line[:at], True, line[at + 1 :]
    return line, False, ""


def _patterns(text: str) -> list[str]:
    """The patterns of a line: words, quoted where they hold blanks."""
    found, word, quote, escaped = [], "", "", False
    for char in text + " ":
        if escaped:
            word, escaped = word + char, False
        elif char == "\\":
            escaped = True
        elif quote:
            quote, word = ("", word) if char == quote else (quote, word + char)
        elif char in "'\"":
            quote = char
        elif char in " \t":
            if word:
                found.append(word)
            word = ""
        else:
            word += char
    return found


def _block(tail: str, number: int, lines: Iterator[tuple[int, str]], defaults: Said) -> Said:
    """The directives up to the closing brace, on top of the defaults."""
    said = defaults._replace(line=defaults.line, number=defaults.number or number)
    pending = [(number, tail)] if tail.strip() else []
    while True:
        if pending:
            at, line = pending.pop()
        else:
            following = next(lines, None)
            if following is None:
                return said
            at, line = following
        stripped = line.strip()
        if stripped.startswith("}"):
            return said
        closes = stripped.endswith("}")
        stripped = stripped.removesuffix("}").strip() if closes else stripped
        if stripped and not stripped.startswith("#"):
            if stripped.split()[0] in _SCRIPTS:
                _skip_script(lines)
            else:
                said = _directive(said, stripped, at)
        if closes:
            return said


def _skip_script(lines: Iterator[tuple[int, str]]) -> None:
    for _, line in lines:
        if line.strip() == "endscript":
            return


def _directive(said: Said, line: str, number: int) -> Said:
    name, *words = line.replace("=", " ", 1).split() or [""]  # a lone "=" names nothing
    if name == "create":
        mode = words[0] if words and words[0].isdigit() else ""
        names = words[1:] if mode else words
        owner, group = [*names, "", ""][:2]
        return said._replace(create=True, mode=mode, owner=owner, group=group, line=line, number=number)
    if name == "nocreate":
        return said._replace(create=False, mode="", owner="", group="")
    if name == "su":
        user, group = [*words, "", ""][:2]
        return said._replace(su_user=user, su_group=group, line=said.line if said.owner else line,
            number=said.number if said.owner else number,
        )  # fmt: skip
    if name in ("copytruncate", "copy", "nocopytruncate", "nocopy"):
        return said._replace(copies=not name.startswith("no"))
    return said
