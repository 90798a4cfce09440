"""Which cached scripts are the app's: those below it, and those that its document root includes from beside it.

Where the app is its document root alone, as in ``/var/www/html`` with ``/var/www/lib``, what lies beside may be its
code. What lies below the document root of another server block, or looks like an app of its own, is not.
"""

from liveproof.analysis.files.app_paths import OWN_APP, beside
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Unknown


class AppScripts:
    """The app's tree, and ``directory``, the one around it in which its scripts may lie as well (or empty)."""

    def __init__(self, reader: Reader, app: App, nginx: Nginx | Unknown, script: str) -> None:
        self.directory = beside(app.real) if app.root and app.root == app.path else ""
        self._reader = reader
        self._own = tuple(f"{path}/" for path in dict.fromkeys((app.real, app.path)))
        self._others = (f"{script.rpartition('/')[0]}/", *(f"{root}/" for root in _roots(reader, app, nginx)))
        self._apps: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        """Whether a script is the app's."""
        if path.startswith(self._own):
            return True
        if not self.directory or not path.startswith(f"{self.directory}/") or path.startswith(self._others):
            return False
        name, below, _ = path[len(self.directory) + 1 :].partition("/")
        if not below:
            return True
        if name not in self._apps:
            self._apps[name] = _is_app(self._reader, f"{self.directory}/{name}")
        return not self._apps[name]


def _is_app(reader: Reader, directory: str) -> bool:
    """Whether a directory looks like an app of its own, or cannot be looked at."""
    try:
        return any(reader.stat(f"{directory}/{marker}") is not None for marker in OWN_APP)
    except OSError:
        return True


def _roots(reader: Reader, app: App, nginx: Nginx | Unknown) -> set[str]:
    """The document roots of other apps."""
    servers = nginx.servers if isinstance(nginx, Nginx) else ()
    roots = {root for server in servers for root in (server.root, *(one.root for one in server.passes)) if root}
    real = {reader.resolve(root) for root in roots if "$" not in root}
    return {root for root in real if not f"{app.real}/".startswith(f"{root.rstrip('/')}/")}
