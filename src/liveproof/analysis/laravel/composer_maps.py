r"""What Composer's autoloader knows: ``vendor/composer/autoload_static.php``, read line by line, never executed. Pure.

Composer 1.1 and later load this file, not the four ``autoload_*.php`` beside it, and write one entry a line. A line
of another form makes the file unreadable, so nothing is guessed. (A parser of PHP takes nine times as long: 0.7 s for
10,000 classes.)
"""

import os
import re
from collections.abc import Iterable, Iterator

from liveproof.model.dataclass import dataclass

STATIC = "vendor/composer/autoload_static.php"

_QUOTED = r"'(?:[^'\\]|\\.)*'"
_TERM = rf"(?:__DIR__|{_QUOTED})"
_START = re.compile(r" {4}public static \$(\w+) = array \(")
_ENTRY = re.compile(rf" {{8}}({_QUOTED}) => ({_TERM}(?: \. {_TERM})*),")
_LIST = re.compile(rf" {{8}}({_QUOTED}) =>\s*")
_ITEM = re.compile(rf" {{12}}\d+ => ({_TERM}(?: \. {_TERM})*),")
_FOREIGN = "it holds lines that Composer does not write"
_ESCAPED = re.compile(r"\\([\\'])")
_TERMS = re.compile(_TERM)


class Unreadable(Exception):
    """The file is not as Composer writes it; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Paths are absolute, without ``..``; ``classes`` maps a class to its file, ``namespaces`` a prefix to directories.

    ``files`` are included at every start.
    """

    classes: dict[str, str]
    files: tuple[str, ...]
    namespaces: dict[str, tuple[str, ...]]


def read_maps(content: bytes, directory: str) -> Maps:
    """The maps of ``autoload_static.php``; ``directory`` is the real one that it lies in.

    Raises:
        Unreadable: it is cut off, or was not written by Composer.
    """
    sections = _sections(content)
    classes = {_plain(name): _path(value, directory) for name, value in _entries(sections.get("classMap", ()))}
    files = tuple(_path(value, directory) for _, value in _entries(sections.get("files", ())))
    return Maps(classes, files, _namespaces(sections.get("prefixDirsPsr4", ()), directory))


def _sections(content: bytes) -> dict[str, list[str]]:
    """The lines of each static property."""
    sections: dict[str, list[str]] = {}
    name = ""
    closed = False
    for line in os.fsdecode(content).splitlines():
        if start := _START.fullmatch(line):
            name = start[1]
        elif line == "    );":
            name = ""
        elif name and line:
            sections.setdefault(name, []).append(line)
        closed = line == "}" or (closed and not line)
    if not closed or name:
        raise Unreadable("it is cut off")
    return sections


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if not entry:
            raise Unreadable(_FOREIGN)
        yield entry[1], entry[2]


def _namespaces(lines: Iterable[str], directory: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    of: list[str] = []
    for line in lines:
        if named := _LIST.fullmatch(line):
            of = found.setdefault(_plain(named[1]), [])
        elif item := _ITEM.fullmatch(line):
            of.append(_path(item[1], directory))
        elif line.strip() not in ("array (", "),"):
            raise Unreadable(_FOREIGN)
    return {prefix: tuple(where) for prefix, where in found.items()}


def class_files(directories: tuple[str, ...], prefix: str, paths: list[str]) -> Iterator[tuple[str, str]]:
    r"""Which of the files the namespace ``prefix`` stands for, each with the class that PSR-4 looks for in it."""
    for directory in directories:
        top = f"{directory}/"
        for path in paths:
            if path.startswith(top) and path.endswith(".php"):
                yield prefix + path[len(top) : -4].replace("/", "\\"), path


def _path(expression: str, directory: str) -> str:
    parts = [directory if term == "__DIR__" else _plain(term) for term in _TERMS.findall(expression)]
    return os.path.normpath("".join(parts))


def _plain(quoted: str) -> str:
    return _ESCAPED.sub(r"\1", quoted[1:-1])
