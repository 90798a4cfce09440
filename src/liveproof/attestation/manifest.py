"""A release manifest: lines of a SHA-256 digest and a path below the app, as sha256sum(1) writes and checks them."""

from collections.abc import Iterator

_DIGEST = 64
# Between digest and path stands a blank and then a blank (text) or an asterisk (binary); both mean the same on Linux.
_SEPARATORS = {"  ", " *"}
_START = _DIGEST + 2
_NAMES = frozenset(("", ".", ".."))

# A directory below the app (``.`` is the app itself) with its files: name, ``f`` (a regular file) and digest.
Directory = tuple[str, list[tuple[str, str, str]]]


class BadManifest(ValueError):
    """The text is no manifest, or names what a manifest may not; the message tells the line and what is wrong."""


def parse(text: str) -> list[Directory]:
    r"""The files of a manifest by directory, sorted.

    A line that begins with a backslash has ``\\``, ``\n`` and ``\r`` for these characters in its name (sha256sum(1)).

    Raises:
        BadManifest: a line is not of that form, a path is absolute or holds ``..``, or stands there twice.
    """
    lines = [_plain(line, at) if line[0] == "\\" else line for at, line in enumerate(text.split("\n"), 1) if line]
    if not {line[_DIGEST:_START] for line in lines} <= _SEPARATORS:
        wrong = next(line for line in lines if line[_DIGEST:_START] not in _SEPARATORS)
        raise BadManifest(f"not a digest, two blanks and a path: {wrong[:120]!r}")
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in lines:
        directory, _, name = line[_START:].rpartition("/")
        try:
            found[directory].append((name, "f", line[:_DIGEST]))
        except KeyError:
            found[directory] = [(name, "f", line[:_DIGEST])]
    _check_digests([line[:_DIGEST] for line in lines])
    if "" in found and any(line[_START : _START + 1] == "/" for line in lines):
        raise BadManifest("a path begins with a slash; paths are relative to the app's directory")
    return _by_directory(found)


def _plain(line: str, number: int) -> str:
    """An escaped line as it would stand there if its name needed no escapes."""
    return line[1 : _START + 1] + "".join(_unescaped(line[_START + 1 :], number))


def _unescaped(text: str, number: int) -> Iterator[str]:
    characters = iter(text)
    for character in characters:
        if character != "\\":
            yield character
            continue
        escaped = next(characters, "")
        if escaped not in ("\\", "n", "r"):
            raise BadManifest(f"line {number} has an unknown escape: \\{escaped}")
        yield {"n": "\n", "r": "\r"}.get(escaped, escaped)


def _check_digests(digests: list[str]) -> None:
    joined = "".join(digests)
    try:
        whole = len(bytes.fromhex(joined)) * 2 == len(joined) and joined == joined.lower()
    except ValueError:
        whole = False
    if not whole:
        for digest in digests:
            if len(digest) != _DIGEST or set(digest) - set("0123456789abcdef"):
                raise BadManifest(f"{digest!r} is not a SHA-256 digest in lower-case hexadecimal")


def _by_directory(found: dict[str, list[tuple[str, str, str]]]) -> list[Directory]:
    cleaned: dict[str, list[tuple[str, str, str]]] = {}
    for directory, files in found.items():
        parts = [part for part in directory.split("/") if part != "."] if directory else []
        names = [name for name, _, _ in files]
        if "" in parts or ".." in parts or not _NAMES.isdisjoint(names):
            path = f"{directory}/{names[0]}"
            raise BadManifest(f"a path is absolute, empty or holds `..`, `.` or `//`: {path!r}")
        cleaned.setdefault("/".join(parts) or ".", []).extend(files)
    for directory, files in cleaned.items():
        names = [name for name, _, _ in files]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise BadManifest(f"{directory}/{twice} stands there twice")
    return sorted(cleaned.items())
