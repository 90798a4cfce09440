"""Take a whole run back: its steps in reverse order, then the services, then the word that it is done."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from liveproof.host.files.snapshot import from_row
from liveproof.host.write.service_control import Service, ServiceFailed, WouldDrop, bring_back
from liveproof.model.codec import Misshapen, from_json
from liveproof.model.dataclass import dataclass
from liveproof.repair.invalidation import drop_again
from liveproof.repair.reload_moment import await_moment
from liveproof.repair.undo_step import Begun, Places, Renewed, take_back
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.store.journal_log import Damaged, Log, records
from liveproof.store.lock import Lock
from liveproof.store.runs import BACK, BACK_IN_PART, INTERRUPTED, Run, chosen, list_runs, summarised

Progress = Callable[[str], None]
Barred = Callable[[str], str]
_Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback did: how many paths it put back, which it left alone and why, and what else is to be known."""

    run: str
    restored: int
    refused: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything is as it was before the run."""
        return not self.refused


def rollback(
    run: str = "", progress: Progress = lambda _: None, *, barred: Barred = lambda _: ""
) -> tuple[RolledBack, ...]:
    """Take a run back: contents, owners, modes and times.

    Without a name: every interrupted run if there is one, else the newest run that stands (state ``fixed``). Empty
    when there is nothing to roll back. What somebody else changed since is left alone and told. Takes the lock.
    ``barred`` is as in ``repair.rollback.take_back_run``.

    Raises:
        NoSuchRun: no run of that name.
        lock.Held: another fix or rollback is at work (exit status 4).
        state.UnsafeState, OSError: the state directory cannot be read or written.
        Damaged: the run's journal cannot be read; nothing was rolled back.
    """
    if not run and not list_runs():
        return ()
    with Lock():
        return tuple(
            take_back_run(each, progress, stop_started=each.state == INTERRUPTED, barred=barred) for each in chosen(run)
        )


def take_back_run(run: Run, progress: Progress, *, stop_started: bool, barred: Barred = lambda _: "") -> RolledBack:
    """Roll back every step that was begun. The caller holds the lock.

    A rollback that is cut off is begun again by the next one: what is done is not done twice. ``stop_started`` stops
    services that the run started; without it they are left running. ``barred`` gets the app's path once the files are
    back, and says why PHP-FPM must not be reloaded then (what it keeps in memory is all that keeps the site alive); an
    empty text lets it be reloaded.

    Raises:
        Damaged: the journal cannot be read.
        OSError: the journal cannot be read or written to.
    """
    if run.state == BACK:
        return RolledBack(run.id, 0, (), ("it was rolled back before; nothing was left to do",))
    result = records(run.directory)
    if not result or result[0].get("is") != "run":
        raise Damaged(f"{run.directory} does not begin as a run does")
    with Log(run.directory) as log:
        log.reopen()
        log.release_reserve()
        return _Recovery(run, result, log, progress).all(stop_started=stop_started, barred=barred)


class _Recovery:
    def __init__(self, run: Run, told: tuple[_Record, ...], log: Log, progress: Progress) -> None:
        self._run = run
        self._log = log
        self._progress = progress
        self._first = told[0]
        self._told = told
        self._undone = {record["step"]: record for record in told if record.get("is") == "undone"}
        self._renewed: Renewed = {}
        self._refused: list[tuple[str, str]] = []
        self._notes: list[str] = []
        self._restored = 0
        self._invalidated = tuple(self._invalidations())

    def all(self, *, stop_started: bool, barred: Barred) -> RolledBack:
        begun = _steps(self._told)
        for step in reversed(begun):
            earlier = self._undone.get(step.number)
            if earlier and not earlier["refused"]:
                self._restored += earlier["restored"]
                self._renewed.update({path: (old, new) for path, old, new in earlier["renewed"]})
            else:
                self._step(step)
        self._services(barred, stop_started=stop_started)
        state = BACK_IN_PART if self._refused else BACK
        self._write({"is": "end", "state": state, "at": time.time()})
        try:
            self._log.end({**summarised(self._told), "state": state})
        except OSError:
            self._notes.append("the state directory is full: the run stays marked as interrupted")
        return RolledBack(self._run.id, self._restored, tuple(self._refused), tuple(self._notes))

    def _step(self, step: Begun) -> None:
        self._progress(f"undoing step {step.number + 1}")
        announced = [r for r in self._told if r.get("is") == "undo" and r["step"] == step.number]
        times = {(root, path) for root, path in announced[0]["times"]} if announced else None
        before = dict(self._renewed)
        undone = take_back(step, self._log, self._first["temporary"], times, self._renewed)
        renewed = [[path, *pair] for path, pair in self._renewed.items() if before.get(path) != pair]
        self._restored += undone.restored
        self._refused += undone.refused
        self._write({
            "is": "undone", "step": step.number, "restored": undone.restored, "refused": undone.refused,
            "renewed": renewed,
        })  # fmt: skip

    def _services(self, barred: Barred, *, stop_started: bool) -> None:
        why: str | None = None
        for act in self._invalidated:
            why = barred(str(self._first.get("app", ""))) if why is None else why
            note = f"PHP-FPM was not let compile files again: {why}" if why else drop_again(act)
            if note:
                self._notes.append(note)
        begun = [record for record in self._told if record.get("is") == "begin"]
        changed = any(record["before"] or record["trees"] for record in begun)
        for row in (record["service"] for record in begun if record.get("service")):
            lists = {name: tuple(row.get(name, ())) for name in ("test", "addresses")}
            service = Service(**{**row, **lists})
            if service.verb == "start" or changed:  # else nothing was put back that it would have to load
                if service.verb != "start" and (service.verb == "signal" or "fpm" in service.unit):
                    why = barred(str(self._first.get("app", ""))) if why is None else why
                note = _brought_back(service, why or "", stop_started=stop_started)
                self._notes += [note] if note else []

    def _invalidations(self) -> Iterator[InvalidateScripts]:
        """What PHP was, or may have been, made to drop; a step that failed matters only where files were changed."""
        done = {record["step"] for record in self._told if record.get("is") == "done"}
        begun = [record for record in self._told if record.get("is") == "begin"]
        changed = any(record["before"] or record["trees"] for record in begun)
        for record in begun:
            if "invalidates" in record and (changed or record["step"] in done):
                try:
                    yield from_json(InvalidateScripts, record["invalidates"])
                except Misshapen as error:
                    raise Damaged(f"a journal was written by another version of liveproof ({error})") from None

    def _write(self, record: _Record) -> None:
        try:
            self._log.append(record)
        except OSError:
            return  # a full disk must not keep anything from being put back; the next start begins again


def _brought_back(service: Service, barred: str, *, stop_started: bool) -> str:
    """Let a service load what was put back; a remark for the administrator, or nothing."""
    name = service.unit or f"the PHP-FPM master {service.pid}"
    fpm = service.verb == "signal" or "fpm" in service.unit
    if barred and fpm and service.verb != "start":
        return f"{name} was not reloaded: {barred}"
    try:
        if service.verb != "start":
            await_moment(service)
        return bring_back(service, stop_started=stop_started)
    except WouldDrop as error:
        return f"{name} was not reloaded: {error}; reload it later"
    except ServiceFailed as error:
        return f"after the files were restored: {error}"


def _steps(told: tuple[_Record, ...]) -> list[Begun]:
    done = {record["step"]: record for record in told if record.get("is") == "done"}
    return [
        Begun(
            record["step"],
            record["at"],
            _places(record["before"]),
            _places(done[record["step"]]["after"]) if record["step"] in done else None,
            _places(record["goals"]),
            tuple((root, path) for root, path in record["trees"]),
        )
        for record in told
        if record.get("is") == "begin"
    ]


def _places(rows: list[Any]) -> Places:
    try:
        return tuple((root, tuple(from_row(row) for row in images)) for root, images in rows)
    except (TypeError, ValueError) as error:
        raise Damaged(f"a journal was written by another version of liveproof ({error})") from None
