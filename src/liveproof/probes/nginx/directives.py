"""An nginx configuration as one tree of directives: includes put in their place, broken parts passed over and told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Any

from liveproof.model.dataclass import dataclass

# Takes a file's text and name; gives its directives as dictionaries (directive, line, args, block) and its errors.
Parse = Callable[[str, str], tuple[list[dict[str, Any]], list[str]]]

_DEEPEST = 20
_DEEPEST_BLOCK = 100
_MOST_FILES = 5000
_MOST_NODES = 200_000
_MOST_PROBLEMS = 100
_MENDS = 30
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Node:
    """A directive: name, arguments, where it stands; ``block`` is what its braces hold, empty without."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    block: tuple["Node", ...] = ()

    def all(self, name: str) -> Iterator["Node"]:
        """The directives of that name directly inside the block."""
        return (node for node in self.block if node.name == name)

    def last(self, name: str) -> "Node | None":
        """The last directive of that name directly inside the block."""
        found = None
        for node in self.all(name):
            found = node
        return found

    def walk(self) -> Iterator["Node"]:
        """This directive and everything inside it."""
        yield self
        for node in self.block:
            yield from node.walk()


@dataclass(slots=True)
class Tree:
    """The whole configuration below one nameless node; every file read, every include pattern, and what went wrong."""

    top: Node
    files: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load(path: str, parse: Parse, read: Callable[[str], str | None], glob: Callable[[str], Sequence[str]]) -> Tree:
    """Read a configuration with all its includes (nginx.org: include), relative ones from the main file's directory.

    Args:
        path: the main file.
        parse: takes a text and its file's name.
        read: gives a file's text, None for a directory; an exception of its own counts as a problem but for ``path``.
        glob: gives the paths that match a shell pattern, sorted.
    """
    return _Loader(path, parse, read, glob).load()


class _Loader:
    def __init__(
        self, path: str, parse: Parse, read: Callable[[str], str | None], glob: Callable[[str], Sequence[str]]
    ) -> None:
        self._path, self._parse, self._read, self._glob = path, parse, read, glob
        self._directory = path.rpartition("/")[0]
        self._parsed: dict[str, list[dict[str, Any]]] = {}
        self._tree = Tree(Node("", (), path, 0))
        self._open = [path]
        self._count = 0

    def load(self) -> Tree:
        statements = self._statements(self._path, self._read(self._path) or "")
        self._tree.top = Node("", (), self._path, 0, tuple(self._nodes(statements, self._path, 0)))
        self._tree.problems = list(dict.fromkeys(self._tree.problems))[:_MOST_PROBLEMS]
        return self._tree

    def _nodes(self, statements: list[dict[str, Any]], file: str, depth: int, block: int = 0) -> Iterator[Node]:
        if block > _DEEPEST_BLOCK:
            self._tree.problems.append(f"{file}: blocks are nested more than {_DEEPEST_BLOCK} deep")
            return
        for statement in statements:
            self._count += 1
            if self._count >= _MOST_NODES:
                if self._count == _MOST_NODES:
                    self._tree.problems.append(
                        f"{file}: with all includes there are more than {_MOST_NODES} directives"
                    )
                return
            name, args, line = str(statement["directive"]), tuple(statement["args"]), int(statement["line"])
            if name == "include" and args:
                yield Node(name, args, file, line)
                yield from self._included(args[0], f"{file}:{line}", depth, block)
            else:
                inside = tuple(self._nodes(statement.get("block") or [], file, depth, block + 1))
                yield Node(name, args, file, line, inside)

    def _included(self, pattern: str, where: str, depth: int, block: int) -> Iterator[Node]:
        if depth >= _DEEPEST or len(self._tree.files) >= _MOST_FILES:
            self._tree.problems.append(f"{where}: too many files include one another")
            return
        pattern = pattern if pattern.startswith("/") else f"{self._directory}/{pattern}"
        magic = bool(_MAGIC & set(pattern))
        if magic and pattern not in self._tree.patterns:
            self._tree.patterns.append(pattern)
        for path in self._glob(pattern) if magic else (pattern,):
            if path in self._open:  # nginx opens files until the system refuses
                self._tree.problems.append(f"{where}: {path} includes itself")
                continue
            self._open.append(path)
            yield from self._nodes(self._file(path, where), path, depth + 1, block)
            self._open.pop()

    def _file(self, path: str, where: str) -> list[dict[str, Any]]:
        if path not in self._parsed:
            try:
                text = self._read(path)
            except Exception as error:  # noqa: BLE001  (whatever the door says is reported; the other files still count)
                self._tree.problems.append(f"{where}: {path}: {error}")
                self._parsed[path] = []
            else:
                self._parsed[path] = [] if text is None else self._statements(path, text)
        return self._parsed[path]

    def _statements(self, path: str, text: str) -> list[dict[str, Any]]:
        """The file's directives; unbalanced braces are fixed, so that what stands around them is not lost."""
        self._tree.files.append(path)
        try:
            statements, errors = self._parse(text, path)
        except RecursionError:
            self._tree.problems.append(f"{path}: blocks are nested too deep")
            return []
        self._tree.problems += errors
        for _ in range(_MENDS):
            repaired = next((better for error in errors if (better := _repaired(text, error)) is not None), None)
            if repaired is None:
                break
            text = repaired
            statements, errors = self._parse(text, path)
        return statements


def _repaired(text: str, error: str) -> str | None:
    """The text with the brace that is missing, or without the one that is too many; None where neither is the fault."""
    if 'expecting "}"' in error:
        return f"{text}\n}}"
    if 'unexpected "}"' in error:
        number = error.rpartition(":")[2].strip()
        lines = text.split("\n")
        if number.isdigit() and 0 < int(number) <= len(lines):
            at = int(number) - 1
            before, brace, after = lines[at].rpartition("}")
            if brace:
                lines[at] = f"{before} {after}"
                return "\n".join(lines)
    return None
