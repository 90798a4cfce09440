"""The app's paths as each pool's processes see them, beside our own view: by device and inode, which every mount keeps.

Nothing is compared where a process has our mounts and our root directory.
"""

from liveproof.host.errors import CannotSee
from liveproof.host.files.mounts import mounts
from liveproof.host.files.reader import Stat
from liveproof.host.process.namespaces import path_for, pid_for_files
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool
from liveproof.model.facts.views import Shadow, View, Views
from liveproof.model.findings import Unknown

# Where an app keeps its code, and what it writes or derives; what is a mount point below it is compared besides.
_CODE = ("", "public", "vendor", "vendor/autoload.php", "app", "config", "routes", "resources", "bootstrap", ".env")
_DATA = ("bootstrap/cache", "storage", "storage/framework", "storage/framework/views", "storage/logs")
_MOST = 200  # mount points below the app


def probe(*, reader: Reader, app: App, fpm: Fpm) -> Views:
    """Compare the app's paths, links resolved as we see them.

    Raises:
        CannotSee: no pool is known to serve the app, or only root may look at its processes.
    """
    serving = fpm.serving(app.pools)
    if not serving:
        raise CannotSee(f"no PHP-FPM pool is known to serve {app.path}: whose view of its files counts is not known")
    if not reader.root:
        raise CannotSee("only root can compare what the pools' processes see of the app's files with what lies there")
    return Views(tuple((pool.id, _view(reader, app, master, pool)) for master, pool in serving))


def _view(reader: Reader, app: App, master: Master, pool: Pool) -> View | Unknown:
    if pool.chroot:
        return Unknown(
            f"pool {pool.id} lives in the chroot {pool.chroot}, where the app has another path: which files it runs "
            "was not compared"
        )
    pids = [*(worker.pid for worker in pool.workers), master.pid]
    pid = next((pid for pid in pids if pid and reader.stat(f"/proc/{pid}") is not None), 0)
    if not pid:
        return Unknown(f"no process of pool {pool.id} runs, so what it would see of the app's files is not known")
    if not pid_for_files(reader, pid):
        return View(pid, own=False, compared=0, shadows=())
    theirs = mounts(f"/proc/{pid}/mountinfo")
    if not theirs:
        return Unknown(f"the mounts of process {pid} of pool {pool.id} cannot be read")
    return _compared(reader, app, pid, theirs)


def _compared(reader: Reader, app: App, pid: int, theirs: list[tuple[str, str]]) -> View:
    above = {app.real: True}
    for names, code in ((_CODE, True), (_DATA, False)):
        for name in names:
            path = reader.resolve(f"{app.real}/{name}".rstrip("/"))
            above.setdefault(path, code)
    points = {*theirs, *mounts()}
    inside = sorted(point for point, _ in points if point.startswith(f"{app.real}/"))[:_MOST]
    data = tuple(f"{path}/" for path, code in above.items() if not code)
    for point in inside:
        above.setdefault(point, not f"{point}/".startswith(data))
    shadows = [_shadow(reader, pid, path, theirs, code=code) for path, code in sorted(above.items())]
    return View(pid, own=True, compared=len(above), shadows=tuple(one for one in shadows if one))


def _shadow(reader: Reader, pid: int, path: str, theirs: list[tuple[str, str]], *, code: bool) -> Shadow | None:
    ours, seen = _status(reader, path), _status(reader, path_for(pid, path))
    if ours == seen:
        return None
    mount = max((point for point, _ in theirs if f"{path}/".startswith(f"{point.rstrip('/')}/")), key=len, default="/")
    return Shadow(path, ours, seen, mount, code)


def _status(reader: Reader, path: str) -> str:
    try:
        status: Stat | None = reader.stat(path, follow=False)
    except OSError:
        return ""
    return f"device {status.device}, inode {status.inode}" if status else ""
