"""The release directories of an app, and what Deployer and Capistrano wrote of them (deployer.org, capistranorb.com).

Few calls: one listing of the releases, one status each, and the last lines of the tool's own record.
"""

import json
import os
import re
from collections.abc import Iterator

from liveproof.analysis.releases import named_as_release, order
from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.release_directories import LinkTo, Record, ReleaseDirectories, ReleaseDirectory
from liveproof.model.findings import Absent, Unknown

_MOST = 100
_TAIL = 64 * 1024
# Capistrano's own words for a deploy and a rollback (capistrano/i18n.rb).
_NAMES = re.compile(r"(?:deployed as|rolled back to) release ([\w.+-]{1,100})")


def probe(reader: Reader, app: App, nginx: Nginx | Unknown | Absent) -> ReleaseDirectories:
    """Look beside the release that is served.

    Raises:
        NotThere: the app has no releases.
    """
    directory = _directory(reader, app)
    if not directory:
        raise NotThere(f"{app.path} has no release directories")
    base = os.path.dirname(directory)
    roots = _roots(reader, nginx)
    releases = tuple(_releases(reader, app, directory, roots))
    record, unread = None, ""
    try:
        record = _record(reader, base, {os.path.basename(release.path): release for release in releases})
    except (OSError, CannotSee) as error:
        unread = getattr(error, "strerror", None) or str(error)
    lock = f"{base}/.dep/deploy.lock"
    locked = reader.stat(lock, follow=False)
    link = _link(reader, app.path)
    current = _link(reader, f"{base}/current")
    if current is not None and (
        current.path == app.path
        or current.target == app.real
        or os.path.dirname(current.target) != directory
        or not _is_app(reader, app, current.target)
    ):
        current = None
    return ReleaseDirectories(
        directory=directory,
        link=link,
        releases=releases,
        record=record,
        unread=unread,
        lock=lock if locked else "",
        locked=locked.mtime_ns / 1e9 if locked else 0.0,
        pending=_link(reader, f"{base}/release"),
        nested=tuple(_nested(reader, app, directory, releases)),
        current=current,
        served=_served(nginx, roots, current) if current else None,
        now=reader.now(),
    )


def _directory(reader: Reader, app: App) -> str:
    """The directory that holds the app's releases; empty when it has none."""
    parent = os.path.dirname(app.real)
    if app.path != app.real or "release" in os.path.basename(parent).lower():
        return parent
    # A directory where the link should be, or a tree in which somebody deploys to releases that are not served.
    for base in (parent, app.real):
        status = reader.stat(f"{base}/releases", follow=False)
        link = reader.stat(f"{base}/current", follow=False)
        beside = base != parent or os.path.basename(app.real) == "current"
        if beside and status is not None and status.is_directory and link is not None:
            return f"{base}/releases"
    return ""


def _releases(reader: Reader, app: App, directory: str, roots: tuple[str, ...]) -> Iterator[ReleaseDirectory]:
    for name in sorted(reader.list(directory), key=order)[-_MOST:]:
        path = f"{directory}/{name}"
        status = reader.stat(path, follow=False)
        of_app = os.path.basename(directory) == "releases" or named_as_release(app, path)
        if status is not None and status.is_directory and (path == app.real or of_app):
            bad = reader.stat(f"{path}/BAD_RELEASE", follow=False) is not None
            served = any(f"{root}/".startswith(f"{path}/") for root in roots)
            yield ReleaseDirectory(path, status.mtime_ns / 1e9, bad, served)


def _record(reader: Reader, base: str, releases: dict[str, ReleaseDirectory]) -> Record | None:
    """The youngest record of a release that is there and was not rolled back.

    Raises:
        CannotSee, OSError: it cannot be read.
    """
    for source, parse in ((f"{base}/.dep/releases_log", _of_deployer), (f"{base}/revisions.log", _of_capistrano)):
        status = reader.stat(source, follow=False)
        if status is None or not status.is_file:  # a link could lead root to any file
            continue
        text = reader.read_range(source, max(0, status.size - _TAIL), _TAIL).decode(errors="replace")
        for release in map(parse, reversed(text.splitlines())):
            seen = releases.get(release)
            if seen is not None and not seen.bad:
                return Record(source, seen.path, status.mtime_ns / 1e9, switched=parse is _of_capistrano)
    return None


def _of_deployer(line: str) -> str:
    """The release that a line of .dep/releases_log names: JSON by lines."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    name = said.get("release_name") if isinstance(said, dict) else None
    return str(name) if isinstance(name, str | int) else ""


def _of_capistrano(line: str) -> str:
    """The release that a line of revisions.log names, deployed or rolled back to."""
    found = _NAMES.search(line)
    return found[1] if found else ""


def _nested(reader: Reader, app: App, directory: str, releases: tuple[ReleaseDirectory, ...]) -> Iterator[LinkTo]:
    """Links that ``ln -s`` put into the release, because a directory stood where the link should be."""
    names = {os.path.basename(app.path), "current", "release", *(os.path.basename(one.path) for one in releases)}
    for name in sorted(names):
        link = _link(reader, f"{app.real}/{name}")
        if link is not None and f"{link.target}/".startswith(f"{directory}/"):
            yield link


def _link(reader: Reader, path: str) -> LinkTo | None:
    status = reader.stat(path, follow=False)
    if status is None or not status.is_link:
        return None
    # A link is never changed, but made and put in the place of the old one; its ctime moves with its owner as well.
    return LinkTo(path, reader.resolve(path), status.mtime_ns / 1e9)


def _is_app(reader: Reader, app: App, release: str) -> bool:
    """Whether a directory holds an app as the served one is, and not what the app offers for download."""
    root = reader.resolve(app.root)[len(app.real) :] if app.root else "/public"
    marker = "artisan" if app.laravel else f"{root.strip('/')}/index.php"
    return reader.stat(f"{release}/{marker}") is not None


def _roots(reader: Reader, nginx: Nginx | Unknown | Absent) -> tuple[str, ...]:
    """The document roots of all server blocks, and the directories of scripts that they name beside them.

    Links are resolved; a root with a variable stays as it is written.
    """
    if not isinstance(nginx, Nginx):
        return ()
    roots = dict.fromkeys(server.root for server in nginx.servers)
    for one in (one for server in nginx.servers for one in server.passes):
        roots[one.root] = None
        if one.script_filename.startswith("/"):
            roots[one.script_filename.partition("$")[0].rstrip("/")] = None
    return tuple(root if "$" in root else reader.resolve(root) for root in roots if root)


def _served(nginx: Nginx | Unknown | Absent, roots: tuple[str, ...], current: LinkTo) -> bool | None:
    """Whether a server block of nginx's leads to a tree; None where that cannot be told."""
    if any(f"{root}/".startswith(f"{current.target}/") for root in roots):
        return True
    if not isinstance(nginx, Nginx) or nginx.unread or any("$" in root for root in roots):
        return None
    return False
