"""php-fpm.conf: the master's settings and its pools, read as php-fpm reads them.

The format is that of PHP's ini files taken one line at a time (php-src, sapi/fpm/fpm/fpm_conf.c): a section goes on
when its name comes again, even in another file, an included file may leave another section open behind it, and of two
values of one name the last is in force. What php-fpm would refuse is passed over here and reported as a problem: how
the rest is meant is still worth knowing.
"""

from collections.abc import Callable, Sequence
from dataclasses import field

from liveproof.host.numbers import whole
from liveproof.model.dataclass import dataclass

_DEEPEST = 5  # files that include one another
_MOST_FILES = 2000
_ARRAYS = ("env", "php_value", "php_flag", "php_admin_value", "php_admin_flag")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ON, _OFF = ("1", "on", "yes", "true"), ("", "0", "off", "no", "false", "none", "null")


@dataclass(slots=True)
class Section:
    """One section: settings by lower-case name, and for each the file that set it. ``arrays`` are kind, key, value."""

    name: str
    file: str
    settings: dict[str, str] = field(default_factory=dict)
    set_in: dict[str, str] = field(default_factory=dict)
    arrays: list[tuple[str, str, str]] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """A setting with ``$pool`` put in, or ``default`` when it is not set."""
        return self.settings.get(name, default).replace("$pool", self.name)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; what is none counts as not set."""
        number = whole(self.get(name))
        return default if number is None else number

    def seconds(self, name: str) -> float:
        """A time: a number with s, m, h or d behind it, seconds when nothing stands there."""
        return seconds(self.get(name))

    def values(self) -> tuple[tuple[str, str], ...]:
        """PHP directives that the section sets, flags as 1 and 0, those of the admin last: the last of a name holds."""
        result = [(kind, key, _flag(value) if kind.endswith("flag") else value) for kind, key, value in self.arrays]
        plain = [(key, value) for kind, key, value in result if kind in ("php_value", "php_flag")]
        admin = [(key, value) for kind, key, value in result if kind in ("php_admin_value", "php_admin_flag")]
        return tuple((key, value.replace("$pool", self.name)) for key, value in plain + admin)


@dataclass(frozen=True, slots=True)
class FpmConf:
    """A whole configuration: the global section, the pools in their order, every file read, and what is wrong.

    ``patterns`` are the includes, as absolute paths.
    """

    main: Section
    pools: tuple[Section, ...]
    files: tuple[str, ...]
    problems: tuple[str, ...]
    patterns: tuple[str, ...] = ()


def load(path: str, read: Callable[[str], str | None], glob: Callable[[str], Sequence[str]], prefix: str) -> FpmConf:
    """Read a configuration and all that it includes.

    Args:
        path: the main file.
        read: gives a file's text, None for a directory; an exception of its own counts as a problem but for ``path``.
        glob: gives the paths that match a shell pattern, sorted.
        prefix: where relative includes start (php-fpm's ``--prefix``, else the one it was built with).
    """
    return _Loader(read, glob, prefix).load(path)


class _Loader:
    def __init__(self, read: Callable[[str], str | None], glob: Callable[[str], Sequence[str]], prefix: str) -> None:
        self._read, self._glob, self._prefix = read, glob, prefix
        self._main = Section("global", "")
        self._pools: dict[str, Section] = {}
        self._current = self._main
        self._files: list[str] = []
        self._problems: list[str] = []
        self._patterns: list[str] = []

    def load(self, path: str) -> FpmConf:
        self._main.file = path
        self._file(path, self._read(path) or "", 1)
        pools, patterns = tuple(self._pools.values()), tuple(self._patterns)
        return FpmConf(self._main, pools, tuple(self._files), tuple(self._problems), patterns)

    def _file(self, path: str, text: str, depth: int) -> None:
        self._files.append(path)
        for number, line in enumerate(text.split("\n"), 1):
            include = self._line(path, number, line)
            if include:
                self._include(include, f"{path}:{number}", depth)

    def _line(self, path: str, number: int, line: str) -> str:
        """Take one line; the answer is the pattern of an include."""
        stripped = line.strip()
        if not stripped or stripped[0] in ";#":
            return ""
        if stripped[0] == "[":
            name, closing, _ = stripped[1:].partition("]")
            if closing:
                self._open(name.strip().strip("\"'"), path)
            else:
                self._problems.append(f"{path}:{number}: a section's name has no end")
            return ""
        name, equals, rest = stripped.partition("=")
        if not equals:
            self._problems.append(f"{path}:{number}: neither a section nor a setting")
            return ""
        return self._set(path, name.strip(), value(rest))

    def _open(self, name: str, path: str) -> None:
        if name.lower() == "global":
            self._current = self._main
        else:
            self._current = self._pools.setdefault(name.lower(), Section(name, path))

    def _set(self, path: str, name: str, told: str) -> str:
        if name == "include":
            return told
        kind, bracket, key = name.partition("[")
        kind = kind.strip().lower()
        if bracket and kind in _ARRAYS:
            self._current.arrays.append((kind, key.rstrip("] \t"), told))
        else:
            self._current.settings[name.lower()] = told
            self._current.set_in[name.lower()] = path
        return ""

    def _include(self, pattern: str, where: str, depth: int) -> None:
        if depth >= _DEEPEST or len(self._files) >= _MOST_FILES:
            self._problems.append(f"{where}: too many files include one another")
            return
        pattern = absolute(pattern, self._prefix)
        self._patterns.append(pattern)
        for path in self._glob(pattern):
            try:
                text = self._read(path)
            except Exception as error:  # noqa: BLE001  (whatever the door says is reported; the other files still count)
                self._problems.append(f"{path}: {error}")
                continue
            if text is not None:
                self._file(path, text, depth + 1)


def value(text: str) -> str:
    """The value behind ``=``: in quotes as it stands, else up to a comment."""
    text = text.strip()
    if text[:1] in ('"', "'"):
        inner, closing, _ = text[1:].partition(text[0])
        if closing:
            return inner
    return text.partition(";")[0].strip()


def seconds(text: str) -> float:
    """A time of php-fpm.conf in seconds; what is none counts as 0."""
    text = text.strip().lower()
    factor = _UNITS.get(text[-1:], 0)
    digits = text[:-1] if factor else text
    return float((whole(digits) or 0) * (factor or 1))


def absolute(path: str, *prefixes: str) -> str:
    """A path of the configuration; a relative one stands below the first prefix that is set."""
    for prefix in prefixes:
        if not path.startswith("/") and prefix:
            path = f"{prefix.rstrip('/')}/{path}"
    return path


def address(listen: str, *prefixes: str) -> str:
    """``listen`` as nginx would write it: ``unix:PATH``, or ``HOST:PORT`` with the loopback for "any address"."""
    if listen.isascii() and listen.isdigit():
        return f"127.0.0.1:{listen}"
    host, colon, port = listen.rpartition(":")
    if not colon:
        return f"unix:{absolute(listen, *prefixes)}"
    return f"{'127.0.0.1' if host in ('', '*', '0.0.0.0', '[::]', '::') else host}:{port}"  # noqa: S104


def _flag(text: str) -> str:
    lower = text.lower()
    return "1" if lower in _ON else "0" if lower in _OFF else text
