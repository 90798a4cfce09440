"""A worker whose directory was moved away: the app's all the same, although it stands elsewhere now."""

import posixpath
import re

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App

_KEY = re.compile(rb"^\s*(?:export\s+)?APP_KEY\s*=\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_DOTENV = 256 * 1024


def moved_away(reader: Reader, app: App, start: float, directory: str) -> bool:
    """Whether a worker that was started at ``start`` (epoch seconds) in ``directory`` may have been started in the app.

    It may where both have the same key (it is compared, never told), or where the directory stands beside the app and
    only its place, owner or mode has changed since: a directory that is moved keeps its time of modification.
    """
    if posixpath.dirname(directory) == posixpath.dirname(app.real):
        try:
            status = reader.stat(directory, follow=False)
        except OSError:
            return False
        if status and status.ctime_ns / 1e9 >= start - 1 and status.ctime_ns > status.mtime_ns:
            return True
    key = _key(reader, directory)
    return bool(key) and key == reader.once(f"key of {app.real}", lambda: _key(reader, app.real))


def _key(reader: Reader, directory: str) -> bytes:
    try:
        found = _KEY.search(reader.read(f"{directory}/.env", _DOTENV))
    except (OSError, CannotSee):
        return b""
    return found[1] if found else b""
