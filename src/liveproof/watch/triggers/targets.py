"""What is watched for events, from what the last whole check saw, and what an event is about."""

import os
from collections.abc import Iterable, Iterator

from liveproof.host.events.event import Event, Kind, Watch
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.logs import Logs
from liveproof.model.facts.nginx import Nginx

# What the app itself writes, with code in none of it: there only owners and modes are of interest.
_WRITTEN = "storage"
# Of that what it writes at every other request.
_BUSY = (
    "storage/framework/sessions",
    "storage/framework/cache/data",
    "storage/framework/views",
    "node_modules",
    ".git",
)


@dataclass(frozen=True, slots=True)
class Service:
    """A process whose end is an event: a master of nginx or PHP-FPM. ``start``: epoch seconds."""

    name: str
    pid: int
    start: float


@dataclass(frozen=True, slots=True)
class Targets:
    """What is watched.

    Attributes:
        trees: each app's path as it is served, with the directory that it really is.
        sockets: paths of FastCGI sockets.
        configuration: files that nginx and PHP-FPM are configured by.
        logs: files whose writing is an event.
        services: processes whose end is one.
        users: the user of each app, by the directory that it really is.
    """

    trees: tuple[tuple[str, str], ...] = ()
    sockets: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    users: tuple[tuple[str, int], ...] = ()

    def watch(self) -> Watch:
        """The same as the source of events takes it: configuration by its directories, so that new files are seen."""
        trees = tuple(real for _, real in self.trees)
        directories = sorted({os.path.dirname(path) for path in self.configuration})
        return Watch(
            trees=trees,
            files=(*(path for path, real in self.trees if path != real), *self.sockets, *self.configuration),
            excludes=tuple(f"{tree}/{busy}" for tree in trees for busy in _BUSY),
            modify=(*self.logs, *directories),
        )

    def reasons(self, events: Iterable[Event]) -> frozenset[str]:
        """What these are about: ``link``, ``code``, ``rights``, ``service``, ``configuration``, ``log`` or ``lost``."""
        return frozenset(reason for event in events for reason in (self._reason(event),) if reason)

    def _reason(self, event: Event) -> str:
        """Empty where the app itself wrote what it may write."""
        path = event.path
        if event.kind in (Kind.OVERFLOW, Kind.RESCAN):
            return "lost"
        if path in self.sockets:
            return "service"
        if path in self.configuration or self._beside_configuration(path):
            return "configuration"
        in_tree = any(path == real or path.startswith(f"{real}/") for _, real in self.trees)
        if event.kind is Kind.ATTRIBUTES and (in_tree or path in self.logs):
            return "rights"
        if in_tree and path not in self.logs and self._written(path):
            return "" if self._is_the_apps_own(path) else "rights"
        # Else it is a link that is served, or a part of a watched path above what is watched.
        return "log" if path in self.logs else "code" if in_tree else "link"

    def _written(self, path: str) -> bool:
        return any(path.startswith(f"{real}/{_WRITTEN}/") for _, real in self.trees)

    def _is_the_apps_own(self, path: str) -> bool:
        """Whether it belongs to the app's user; what is gone belongs to nobody."""
        try:
            owner = os.lstat(path).st_uid
        except OSError:
            return True
        return any(owner == uid for real, uid in self.users if path.startswith(f"{real}/"))

    def _beside_configuration(self, path: str) -> bool:
        folder = os.path.dirname(path)
        return any(folder == os.path.dirname(known) for known in self.configuration)


def targets(examination: Examination) -> Targets:
    """What is to be watched of this host."""
    apps = examination.apps
    return Targets(
        tuple(dict.fromkeys((app.app.path, app.app.real) for app in apps)),
        tuple(sorted({path for app in apps for path in _sockets(app)})),
        tuple(sorted({path for app in apps for path in _configuration(app)})),
        tuple(sorted({path for app in apps for path in _logs(app)})),
        services=tuple(
            sorted({service for app in apps for service in _services(app)}, key=lambda service: service.pid)
        ),
        users=tuple(dict.fromkeys((app.app.real, app.app.uid) for app in apps)),
    )


def _sockets(app: AppExamination) -> Iterator[str]:
    fpm = app.facts.get(Fpm)
    if isinstance(fpm, Fpm):
        for _, pool in fpm.serving(app.app.pools):
            if pool.address.startswith("unix:"):
                yield pool.address.removeprefix("unix:")


def _configuration(app: AppExamination) -> Iterator[str]:
    nginx, fpm = app.facts.get(Nginx), app.facts.get(Fpm)
    if isinstance(nginx, Nginx):
        yield from (path for path, _ in nginx.files)
    if isinstance(fpm, Fpm):
        yield from (path for master, _ in fpm.serving(app.app.pools) for path, _ in master.files)


def _logs(app: AppExamination) -> Iterator[str]:
    logs = app.facts.get(Logs)
    if isinstance(logs, Logs):
        yield from logs.read


def _services(app: AppExamination) -> Iterator[Service]:
    nginx, fpm = app.facts.get(Nginx), app.facts.get(Fpm)
    if isinstance(nginx, Nginx) and nginx.process:
        yield Service("nginx", nginx.process.pid, nginx.process.start)
    if isinstance(fpm, Fpm):
        for master, _ in fpm.serving(app.app.pools):
            if master.pid:
                yield Service(f"PHP-FPM {master.version}", master.pid, master.start)
