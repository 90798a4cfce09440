"""Which release a PHP process runs: by the script that it has open, its working directory and its command line."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from liveproof.analysis.releases import release_of
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.workers.found import open_files, script_of

_DELETED = " (deleted)"


def located(reader: Reader, app: App, process: PhpProcess) -> PhpProcess:
    """The process with the release that it runs, the deleted directory that it runs in, and what could not be seen."""
    cwd = process.cwd.removesuffix(_DELETED)
    cwd_gone = cwd != process.cwd and _stat(reader, process.cwd) is None
    script, why = _script(reader, process, cwd)
    release = release_of(app, posixpath.dirname(script) if script else cwd)
    gone = ""
    if cwd_gone and release_of(app, cwd):
        gone = cwd
    elif release and _stat(reader, release) is None:
        gone = release
    unseen = [why] if why else []
    if not release and not why:
        unseen.append("which code it runs was not seen: its script lies outside of the app")
    if release == app.real and not gone:
        unseen += _another_view(reader, app, process)
    return replace(process, release=release, gone=gone, unseen=tuple(unseen))


def served_elsewhere(reader: Reader, app: App, nginx: Nginx | Unknown | Absent) -> frozenset[str]:
    """Releases beside the app's that nginx serves as another app: what runs there is not this app's."""
    if app.path == app.real:
        return frozenset()
    roots = _roots(reader, nginx)
    releases = (release_of(app, root) for root in roots)
    return frozenset(release for release in releases if release and release != app.real)


def is_of_another(reader: Reader, app: App, process: PhpProcess, nginx: Nginx | Unknown | Absent) -> bool:
    """Whether a process outside of the app stands in a directory that nginx serves, which is an app of its own then."""
    script = script_of(process.argv)
    if process.release or not process.cwd.startswith("/") or posixpath.basename(script) != "artisan":
        return False
    own = posixpath.dirname(posixpath.normpath(posixpath.join(process.cwd, script)))
    return not release_of(app, own) and any(own in (root, posixpath.dirname(root)) for root in _roots(reader, nginx))


def _roots(reader: Reader, nginx: Nginx | Unknown | Absent) -> set[str]:
    servers = nginx.servers if isinstance(nginx, Nginx) else ()
    return {reader.resolve(server.root) for server in servers if server.root and "$" not in server.root}


def _script(reader: Reader, process: PhpProcess, cwd: str) -> tuple[str, str]:
    """The script's path without links, empty when it runs none; and why that is not certain.

    PHP's command line keeps its script open, so that the kernel tells where it lies, whatever became of the links on
    its path since.
    """
    script = script_of(process.argv)
    if not script:
        return "", ""
    name = posixpath.basename(script)
    for target in open_files(reader, process.pid):
        path = target.removesuffix(_DELETED)
        if path.startswith("/") and posixpath.basename(path) == name:
            return path, ""
    path = posixpath.normpath(posixpath.join(cwd, script))
    if not path.startswith("/"):
        return "", f"/proc/{process.pid} may not be read: run liveproof as root"
    moved = max((when for when in _links(reader, path)), default=0.0)
    if moved >= process.began - 1:
        return (
            "",
            f"a link on the path of {path} was changed after it started, and which release it loaded was not seen",
        )
    return reader.resolve(path), ""


def _links(reader: Reader, path: str) -> Iterator[float]:
    """When each link on a path was made, links behind links included."""
    todo: list[str] = [path]
    seen: set[str] = set()
    while todo and len(seen) < 200:
        parts = todo.pop().split("/")
        for count in range(2, len(parts) + 1):
            part = "/".join(parts[:count])
            if part in seen:
                continue
            seen.add(part)
            try:
                status = reader.stat(part, follow=False)
                if status is None or not status.is_link:
                    continue
                yield status.ctime_ns / 1e9
                todo.append(posixpath.normpath(posixpath.join(posixpath.dirname(part), reader.readlink(part))))
            except OSError:
                continue


def _another_view(reader: Reader, app: App, process: PhpProcess) -> Iterator[str]:
    """Why the files that it loads may not be those that were looked at: a mount namespace or a root of its own."""
    try:
        ours, its = reader.stat(app.real), reader.stat(f"/proc/{process.pid}/root{app.real}")
    except OSError:
        yield "which files it sees may not be asked: run liveproof as root"
        return
    if reader.stat(f"/proc/{process.pid}") is None:
        yield "it ended while it was looked at"
    elif ours is None or its is None or (ours.device, ours.inode) != (its.device, its.inode):
        yield f"it sees another {app.real} than this host (a mount namespace or a chroot of its own)"


def _stat(reader: Reader, path: str) -> object | None:
    try:
        return reader.stat(path)
    except OSError:
        return path  # it cannot be looked at, which does not mean that it is gone
