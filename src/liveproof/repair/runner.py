"""Carry out one step after the other, each with its record before and after it."""

from collections.abc import Callable, Iterable, Iterator

from liveproof.host.write import service_control
from liveproof.host.write.service_control import Service, ServiceFailed
from liveproof.model.plan import (
    ChangeMode,
    ChangeOwner,
    MakeDirectory,
    PointSymlink,
    ReloadUnit,
    RemoveFile,
    RestartUnit,
    RunArtisan,
    SignalMaster,
    StartUnit,
    Step,
    WriteFile,
)
from liveproof.repair.actions import files
from liveproof.repair.actions.artisan import run_artisan
from liveproof.repair.allowed_paths import Refused, Site
from liveproof.repair.journal import Journal
from liveproof.repair.prepared import Ready
from liveproof.store.journal_log import Keeper


class Stopped(Exception):
    """Somebody asked to stop (SIGINT, SIGTERM, SIGHUP) before the step was done."""


class Runner:
    """Carries out the steps of one plan.

    Args:
        site: where it may change files.
        services: what it does to services, by the step's place in the plan.
        stopped: tells whether somebody asked to stop.
    """

    def __init__(self, site: Site, services: Iterable[Service], stopped: Callable[[], bool]) -> None:
        self._site = site
        self._services = {service.step: service for service in services}
        self._stopped = stopped

    def check(self, number: int, step: Step) -> None:
        """Look whether a step may be carried out as things are. Changes nothing.

        Raises:
            Refused, LeftAlone, TooMuch: it may not.
            ServiceFailed: its service is not what the plan took it for.
        """
        self._ready(number, step, "", None)

    def apply(self, journal: Journal, number: int, step: Step) -> None:
        """Carry out a step.

        Raises:
            Refused, LeftAlone, TooMuch, ArtisanFailed, ServiceFailed: it failed, perhaps half-way.
            Stopped: somebody asked to stop.
            OSError: the journal cannot be written.
        """
        self._pause()
        keeper = journal.keeper(number)
        try:
            ready = self._ready(number, step, f"{journal.temporary}{number}", keeper)
        finally:
            keeper.flush()
        journal.begins(number, step, ready.before, goals=ready.goals, trees=ready.trees)
        after = ready.do()
        journal.done(number, after, said=ready.said())
        self._pause()
        ready.then()

    def _pause(self) -> None:
        if self._stopped():
            raise Stopped

    def _ready(  # noqa: PLR0911  (one for each kind)
        self, number: int, step: Step, temporary: str, keeper: Keeper | None
    ) -> Ready:
        match step.act:
            case ChangeOwner() as act:
                return files.change_owner(act, self._site, self._pause)
            case ChangeMode() as act:
                return files.change_mode(act, self._site, self._pause)
            case MakeDirectory() as act:
                return files.make_directory(act, self._site)
            case RemoveFile() as act:
                return files.remove_file(act, self._site, keeper)
            case WriteFile() as act:
                return files.write_file(act, self._site, temporary, keeper)
            case PointSymlink() as act:
                return files.point_symlink(act, self._site, temporary)
            case RunArtisan() as act:
                return run_artisan(act, self._site, keeper, self._stopped)
            case _:
                return self._service(self._services[number])

    def _service(self, service: Service) -> Ready:
        if service.verb == "reload" and service.was != "active":
            raise ServiceFailed(
                f"{service.unit} does not run (it is {service.was or 'unknown'}), so it is not reloaded"
            )

        def do() -> tuple[()]:
            service_control.carry_out(service, self._stopped)
            return ()

        return Ready((), do)


def services(steps: Iterable[Step], patience: float) -> Iterator[Service]:
    """What a plan does to services, with their state as it is now; ``patience`` in seconds, see ``units.Service``.

    Raises:
        ServiceFailed: systemd cannot tell the state.
        Refused: systemd does not know a unit.
    """
    for number, step in enumerate(steps):
        act = step.act
        if isinstance(act, SignalMaster):
            yield Service(number, "signal", "", act.test, patience, pid=act.pid, start=act.start)
        elif isinstance(act, ReloadUnit | StartUnit | RestartUnit):
            verb = {ReloadUnit: "reload", StartUnit: "start", RestartUnit: "restart"}[type(act)]
            now = service_control.state(act.unit)
            if now.load != "loaded":
                raise Refused(f"systemd has not loaded {act.unit} (it is {now.load or 'unknown'})")
            yield Service(number, verb, act.unit, act.test, patience, now.active)
