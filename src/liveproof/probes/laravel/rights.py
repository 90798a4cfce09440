"""Which of the app's files its user can read."""

from collections.abc import Sequence

from liveproof.analysis import permissions
from liveproof.host.errors import CannotSee
from liveproof.host.process.command import Identity
from liveproof.host.process.user_access import READ, Answer, ask
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App


def readable(reader: Reader, paths: Sequence[str], app: App, pid: int) -> dict[str, bool]:
    """By path: asked of the kernel in the view of ``pid`` (a worker; 0: our own), else told by mode bits."""
    if not paths:
        return {}
    try:
        answers = ask([(path, READ) for path in paths], Identity(app.uid, app.gid, app.groups), pid)
    except CannotSee:
        return {path: _by_mode(reader, path, app) for path in paths}
    return {path: answer is Answer.ALLOWED for path, answer in zip(paths, answers, strict=True)}


def _by_mode(reader: Reader, path: str, app: App) -> bool:
    real = reader.resolve(path)
    seen = reader.stat(real)
    if seen is None or not permissions.permits(seen.mode, seen.uid, seen.gid, app, permissions.READ):
        return False
    while real != "/":
        real = real.rpartition("/")[0] or "/"
        above = reader.stat(real)
        if above is None or not permissions.permits(above.mode, above.uid, above.gid, app, permissions.SEARCH):
            return False
    return True
