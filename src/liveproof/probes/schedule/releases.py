"""Calls of artisan that name a release of the app instead of the link that leads to the one that is served."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from liveproof.analysis.releases import named_as_release, release_of
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.schedule import ReleaseCall
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.schedule.found import Call

# What else runs artisan is a person, who may mean it so, or a process, which the rules on workers judge.
_KINDS = ("cron", "systemd", "supervisor")
_SETTINGS = {"systemd": "WorkingDirectory=", "supervisor": "directory="}


def calls_in_releases(
    reader: Reader, app: App, nginx: Nginx | Unknown | Absent, found: Iterable[Call]
) -> Iterator[ReleaseCall]:
    """Those of this app: a directory beside its releases that nginx serves is an app of its own."""
    if app.path == app.real:
        return
    others: frozenset[str] | None = None
    for call in dict.fromkeys(found):
        if call.tool != "artisan" or call.kind not in _KINDS:
            continue
        named = _named(reader, app, call.app)
        if not named:
            continue
        written, release = named
        served = release == app.real
        if not served:
            others = _others(reader, app, nginx) if others is None else others
            if release in others or not named_as_release(app, release):
                continue
        yield ReleaseCall(
            call.kind, call.source, call.caller, call.line, call.command, call.user, release, served,
            _exists(reader, call.app), _replacement(app, call, written),
        )  # fmt: skip


def _named(reader: Reader, app: App, directory: str) -> tuple[str, str] | None:
    """The part of a path that is a release, as it is written and without links; None where it names none."""
    written = ""
    for part in [part for part in posixpath.normpath(directory).split("/") if part]:
        above, written = written, f"{written}/{part}"
        release = f"{reader.resolve(above or '/').rstrip('/')}/{part}"  # the last part itself may be a link
        if posixpath.dirname(release) != posixpath.dirname(app.real):
            continue
        if reader.resolve(written) == release == release_of(app, release):
            return written, release
    release = release_of(app, reader.resolve(directory))
    return (directory, release) if release and release != app.real else None  # another link, to another release


def _others(reader: Reader, app: App, nginx: Nginx | Unknown | Absent) -> frozenset[str]:
    servers = nginx.servers if isinstance(nginx, Nginx) else ()
    roots = {reader.resolve(server.root) for server in servers if server.root and "$" not in server.root}
    return frozenset(release_of(app, root) for root in roots)


def _exists(reader: Reader, directory: str) -> bool:
    try:
        return reader.stat(directory) is not None
    except OSError:
        return True


def _replacement(app: App, call: Call, written: str) -> str:
    """The line with the link in the release's place; where the line does not name it, what belongs beside it."""
    line, count = re.subn(rf"{re.escape(written)}(?![\w.-])", lambda _: app.path, call.line)
    if count:
        return line.strip()
    setting = _SETTINGS.get(call.kind) if not call.caller else None
    return f"{setting}{app.path}" if setting else f"cd {app.path} && {call.command}"
