"""What one process saw of a tree: its directories' entries, counted into classes."""

import os
import stat as modes
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from errno import ELOOP
from itertools import islice
from typing import Any, NamedTuple

from liveproof.host.files.dir_handles import Descent
from liveproof.host.files.mounts import pseudo

# Names of one directory kept apart before they are joined: an endless directory must not cost endless memory.
_CHUNK = 4096
# PATH_MAX: what lies deeper has no path that PHP or nginx could name.
_LONGEST = 4096
_TOO_DEEP = "deeper than a path can name"
_NEVER = -(1 << 63)

Class = tuple[str, int, int, int, bool]
Named = dict[tuple[int, int, int, bool], list[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a tree is divided.

    ``starts`` maps paths below the root to the section that starts there; a directory hands its section down. Entries
    for which ``ignored`` is true are of section ``ignored`` and not looked into. A start that is a symbolic link to a
    directory is walked under the link's own path. ``data`` maps a directory to the endings of the names in it that the
    app writes while it works: they are counted with the rest, but their times, and the directory's own, go to the
    section ``data``.
    """

    starts: Mapping[str, str] = field(default_factory=dict)
    ignored: Callable[[str], bool] | None = None
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first: str = "code"


class Walked(NamedTuple):
    """What a walk saw, or one of its processes. Paths are relative to the root, ``.`` is the root.

    ``classes``: (section, st_mode, uid, gid, several hard links) to pairs of a directory and its names joined by ``/``.
    ``times``: section to the newest mtime (ns) and its path, the newest ctime and its path, the sum of all ctimes, and
    the number of entries. ``followed``: starts that are links, and the real directory that was walked for each.
    """

    classes: dict[Class, list[tuple[str, str]]]
    times: dict[str, list[Any]]
    links: list[tuple[str, str]]
    followed: list[tuple[str, str]]
    vanished: int
    unreadable: list[tuple[str, str]]


class Tally:
    """Counts directories. ``walked`` and ``merge`` carry it from one process to another.

    Raises:
        TimeoutError: from ``directory``, after ``until`` (time.monotonic).
    """

    def __init__(self, layout: Layout, root: str, until: float) -> None:
        self.layout = layout
        self.root = root
        self.until = until
        self.count = 0
        self.classes: dict[Class, list[tuple[str, str]]] = {}
        self.times: dict[str, list[Any]] = {}
        self.links: list[tuple[str, str]] = []
        self.followed: list[tuple[str, str]] = []
        self.vanished = 0
        self.unreadable: list[tuple[str, str]] = []
        self._mixed = {os.path.dirname(path) or "." for path in (*layout.starts, *layout.data)} | {*layout.data}

    def walked(self) -> Walked:
        """What was seen; plain values, which go from one process to another."""
        return Walked(self.classes, self.times, self.links, self.followed, self.vanished, self.unreadable)

    def merge(self, other: Walked) -> None:
        """Add what another process saw."""
        for kind, groups in other.classes.items():
            self.classes.setdefault(kind, []).extend(groups)
        for section, of_section in other.times.items():
            self._add_times(section, *of_section)
        self.links += other.links
        self.followed += other.followed
        self.vanished += other.vanished
        self.unreadable += other.unreadable

    def root_directory(self, path: str, section: str, seen: os.stat_result) -> None:
        """Add a directory that a walk starts from."""
        above, _, name = path.rpartition("/")
        kind = (section, seen.st_mode, seen.st_uid, seen.st_gid, False)
        self.classes.setdefault(kind, []).append((above or ".", name))
        self._add_times(section, seen.st_mtime_ns, path, seen.st_ctime_ns, path, seen.st_ctime_ns, 1)

    def directory(self, descent: Descent, prefix: str, path: str, section: str) -> list[tuple[str, str]]:
        """Add the entries of the directory ``path`` of ``descent``, which is reported as ``prefix`` + ``path``.

        Returns the directories among them: path for ``descent``, and section.
        """
        if time.monotonic() > self.until:
            raise too_long(self.root)
        shown = _join(prefix, path)
        below: list[tuple[str, str]] = []
        try:
            descriptor = descent.open(path)
            with os.scandir(descriptor) as entries:
                if self.layout.ignored is None and shown not in self._mixed:
                    self._entries(descriptor, shown, (section, section), entries, below)
                else:
                    for part, of_part in self._parted(shown, section, entries).items():
                        self._entries(descriptor, shown, part, of_part, below)
        except (FileNotFoundError, NotADirectoryError):
            self.vanished += 1
        except OSError as error:
            if error.errno == ELOOP:  # a link took the directory's place since its name was read
                self.vanished += 1
            else:
                self.unreadable.append((shown, error.strerror or str(error)))
        if below and len(shown) > _LONGEST:
            self.unreadable.append((shown, _TOO_DEEP))
            return []
        return [(_join(path, name), part) for name, part in below]

    def _parted(
        self, directory: str, section: str, entries: Iterable[os.DirEntry[str]]
    ) -> dict[tuple[str, str], list[os.DirEntry[str]]]:
        """The entries by their section and the section of their times."""
        parts: dict[tuple[str, str], list[os.DirEntry[str]]] = {}
        written = self.layout.data.get(directory, ())
        for entry in entries:
            path = _join(directory, entry.name)
            ignored = self.layout.ignored is not None and self.layout.ignored(path)
            part = "ignored" if ignored else self.layout.starts.get(path, section)
            data = entry.name.endswith(written) or path in self.layout.data
            parts.setdefault((part, "data" if data and part == section else part), []).append(entry)
        return parts

    def _entries(
        self,
        descriptor: int,
        directory: str,
        sections: tuple[str, str],
        entries: Iterable[os.DirEntry[str]],
        below: list[tuple[str, str]],
    ) -> None:
        """The hot loop: nothing is asked of an entry but its class and its times."""
        remaining = iter(entries)
        taken = _CHUNK
        while taken == _CHUNK:
            taken = count = total = 0
            newest_c = newest_m = _NEVER
            newest_c_name = newest_m_name = ""
            named: Named = {}
            for entry in islice(remaining, _CHUNK):
                taken += 1
                name = entry.name
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    self.vanished += 1
                    continue
                except OSError as error:
                    self.unreadable.append((_join(directory, name), error.strerror or str(error)))
                    continue
                kind = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink > 1)
                names = named.get(kind)
                if names is None:
                    named[kind] = [name]
                else:
                    names.append(name)
                count += 1
                ns = status.st_ctime_ns
                total += ns
                if ns > newest_c:
                    newest_c, newest_c_name = ns, name
                ns = status.st_mtime_ns
                if ns > newest_m:
                    newest_m, newest_m_name = ns, name
            if count:
                paths = _join(directory, newest_m_name), _join(directory, newest_c_name)
                self._add_times(sections[1], newest_m, paths[0], newest_c, paths[1], total, count)
                self._add_named(descriptor, directory, sections[0], named, below)

    def _add_named(
        self, descriptor: int, directory: str, section: str, named: Named, below: list[tuple[str, str]]
    ) -> None:
        for (mode, uid, gid, several), names in named.items():
            linked = several and modes.S_ISREG(mode)
            kind = (section, mode, uid, gid, linked)
            if kind in self.classes:
                self.classes[kind].append((directory, "/".join(names)))
            else:
                self.classes[kind] = [(directory, "/".join(names))]
            if modes.S_ISDIR(mode):
                if section != "ignored":
                    below += [(name, section) for name in names]
            elif modes.S_ISLNK(mode):
                self._add_links(descriptor, directory, names)

    def _add_links(self, descriptor: int, directory: str, names: list[str]) -> None:
        for name in names:
            path = _join(directory, name)
            try:
                self.links.append((path, os.readlink(name, dir_fd=descriptor)))
            except OSError:
                self.vanished += 1
                continue
            if self.layout.starts.get(path, "ignored") != "ignored":
                target = os.path.realpath(f"{self.root}/{path}")
                if os.path.isdir(target) and not _leads_astray(target, self.root):
                    self.followed.append((path, target))

    def _add_times(self, section: str, *new: Any) -> None:
        self.count += new[5]
        times = self.times.get(section)
        if times is None:
            self.times[section] = list(new)
            return
        if new[0] > times[0]:
            times[0:2] = new[0:2]
        if new[2] > times[2]:
            times[2:4] = new[2:4]
        times[4] += new[4]
        times[5] += new[5]


def too_long(path: str) -> TimeoutError:
    """The error of a walk that does not end; says what to do."""
    return TimeoutError(110, "walking the tree took too long; name what need not be judged under `ignore`", path)


def _join(directory: str, name: str) -> str:
    if directory in (".", ""):
        return name
    return directory if name == "." else f"{directory}/{name}"


def _leads_astray(target: str, root: str) -> bool:
    """Whether a link leads round in a circle, or to the kernel's own file systems."""
    inside = f"{os.path.realpath(root)}/"
    return inside.startswith(f"{target.rstrip('/')}/") or f"{target}/".startswith(inside) or pseudo(target)
