"""The files beside cached scripts: when each got its content and its place."""

from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader


class FileTimes:
    """Looks at files and at the directories above them; each directory is looked at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._placed: dict[str, int] = {"": 0}
        self._seen: dict[str, Stat | None] = {}

    def file(self, path: str) -> Stat | None:
        """The file's status, None when it is gone or cannot be reached any more."""
        try:
            return self._reader.stat(path)
        except OSError:
            return None

    def placed_ns(self, path: str) -> int:
        """No later than this a directory above ``path`` was put in its place by a rename or a new link.

        A rename moves the ctime of what is renamed and the mtime of the directory that it happens in (checked on ext4,
        XFS, Btrfs, tmpfs and overlayfs), so the earlier of both bounds it: a directory in which files came and went
        has a new ctime, yet stands where it stood.
        """
        directory = path.rpartition("/")[0]
        known = self._placed.get(directory)
        if known is None:
            known = self._placed[directory] = max(self._own(directory), self.placed_ns(directory))
        return known

    def _own(self, directory: str) -> int:
        here, above = self._status(directory), self._status(directory.rpartition("/")[0] or "/")
        if here is None or above is None:
            return 0  # then the file is gone as well
        return min(here.ctime_ns, above.mtime_ns)

    def _status(self, path: str) -> Stat | None:
        if path not in self._seen:
            try:
                self._seen[path] = self._reader.stat(path, follow=False)
            except OSError:
                self._seen[path] = None
        return self._seen[path]


def link_moved(reader: Reader, path: str) -> float:
    """The newest change (epoch seconds) of a symbolic link on the path, links behind links included; 0 without any."""
    newest, todo, found = 0, [path], set()
    while todo:
        whole = todo.pop()
        parts = whole.split("/")
        for count in range(2, len(parts) + 1):
            part = "/".join(parts[:count])
            if part in found:
                continue
            found.add(part)
            status = _quiet(reader, part)
            if status is not None and status.is_link and len(found) < 1000:
                newest = max(newest, status.ctime_ns)
                target = reader.readlink(part)
                todo.append(target if target.startswith("/") else f"{part.rpartition('/')[0]}/{target}")
    return newest / 1e9


def _quiet(reader: Reader, path: str) -> Stat | None:
    try:
        return reader.stat(path, follow=False)
    except OSError:
        return None
