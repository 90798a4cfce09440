"""The write-ahead undo log: what a run is about to change is on the disk before it is changed.

A run's records are ``run`` (what is planned), then for each step ``begin`` (what stands there before) and ``done``
(what stands there after), at last ``end``; a rollback adds ``undo`` and ``undone``. A run without an end whose process
is gone was cut off: it is taken back before anything else is mended.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from liveproof.store import journal_log
from liveproof.store.lock import Lock

if TYPE_CHECKING:
    from liveproof.model.plan import Plan, Step
    from liveproof.repair.action import PreparedAction
    from liveproof.repair.undo_step import Places
    from liveproof.store.journal_log import Keeper, Log

Progress = Callable[[str], None]
Barred = Callable[[str], str]

KEPT_RUNS = 20
_NAMES = 20
APPLYING, INTERRUPTED, FIXED, BACK, BACK_IN_PART, DAMAGED = (
    "applying", "interrupted", "fixed", "rolled back", "rolled back in part", "damaged",
)  # fmt: skip


class NoSuchRun(Exception):
    """No run of that name is kept; the message names those that are."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of fix as its journal tells it.

    Attributes:
        id: names the run for ``rollback``.
        app: path of the app it mended.
        started: epoch seconds.
        state: ``applying`` (its process lives), ``interrupted`` (it ended without a word: to be recovered), ``fixed``,
            ``rolled back``, ``rolled back in part``, or ``damaged`` (its journal cannot be read).
        steps: for each step that was begun, what it did, in words.
        directory: where its journal lies.
    """

    id: str
    app: str
    started: float
    state: str
    steps: tuple[str, ...]
    directory: str


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


def list_runs() -> tuple[Run, ...]:
    """The runs that are kept, newest first. Empty where there is no state directory, or it cannot be read."""
    found = [run for path in _directories() if (run := _run(path))]
    return tuple(sorted(found, key=lambda run: (run.started, run.id), reverse=True))


def pending() -> tuple[Run, ...]:
    """Runs that were cut off (SIGKILL, power cut) and not yet taken back, newest first. Changes nothing."""
    found = [run for path in _directories() if journal_log.ended(path) is None and (run := _run(path))]
    cut_off = [run for run in found if run.state == INTERRUPTED]
    return tuple(sorted(cut_off, key=lambda run: (run.started, run.id), reverse=True))


def chosen(run: str = "") -> tuple[Run, ...]:
    """The runs that ``rollback`` would take back: the one of that name, else every interrupted one, else the newest.

    Raises:
        NoSuchRun: no run of that name.
    """
    runs = list_runs()
    if not run:
        return pending() or tuple(each for each in runs if each.state == FIXED)[:1]
    named = tuple(each for each in runs if each.id == run)
    if not named:
        raise NoSuchRun(f"no run {run} is kept; kept are: {', '.join(each.id for each in runs) or 'none'}")
    return named


def rollback(
    run: str = "", progress: Progress = lambda _: None, *, barred: Barred = lambda _: ""
) -> tuple[RolledBack, ...]:
    """Take a run back: contents, owners, modes and times.

    Without a name: every interrupted run if there is one, else the newest run that stands (state ``fixed``). Empty
    when there is nothing to take back. What somebody else changed since is left alone and told. Takes the lock.
    ``barred`` is as in ``repair.rollback.take_back_run``.

    Raises:
        NoSuchRun: no run of that name.
        lock.Held: another fix or rollback is at work (exit status 4).
        state.UnsafeState, OSError: the state directory cannot be read or written.
        Damaged: the run's journal cannot be read; nothing was taken back.
    """
    from liveproof.repair.rollback import take_back_run  # noqa: PLC0415  (a check only asks what is pending)

    if not run and not list_runs():
        return ()
    with Lock():
        return tuple(
            take_back_run(each, progress, stop_started=each.state == INTERRUPTED, barred=barred) for each in chosen(run)
        )


class Journal:
    """The journal of the run that is at work now. Every method returns once its record is on the disk."""

    def __init__(self, run: str, temporary: str, log: "Log") -> None:
        self.run = run
        self.temporary = temporary
        self._log = log

    @classmethod
    def begin(cls, plan: "Plan") -> "Journal":
        """A new run.

        Raises:
            state.UnsafeState: others may write the state directory.
            OSError: it cannot be written.
        """
        now = time.time()
        run, log = _new_run(now)
        temporary = f".liveproof-{os.urandom(4).hex()}-"
        journal = cls(run, temporary, log)
        log.append({
            "is": "run", "app": plan.app, "digest": plan.digest, "started": now, "temporary": temporary,
            "steps": [step.what for step in plan.steps],
        })  # fmt: skip
        return journal

    def keeper(self, number: int) -> "Keeper":
        """Where the contents that a step may change are kept; to be flushed before ``begins``."""
        return self._log.keeper(number)

    def begins(self, number: int, step: "Step", prepared: "PreparedAction") -> None:
        """A step is about to begin; see ``undo_step.Begun`` for the words.

        Raises:
            OSError: the record cannot be written: the step must not begin.
        """
        record = {
            "is": "begin", "step": number, "what": step.what, "at": time.time_ns(), "before": _rows(prepared.before),
            "goals": _rows(prepared.goals), "trees": list(prepared.trees),
        }  # fmt: skip
        if prepared.service:
            record["service"] = asdict(prepared.service)
        self._log.append(record)

    def done(self, number: int, after: "Places" = (), *, output: str = "") -> None:
        """A step is done; ``output`` is what its command printed, with secrets removed.

        Raises:
            OSError: the record cannot be written.
        """
        self._log.append({"is": "done", "step": number, "after": _rows(after), "said": output})

    def fixed(self) -> None:
        """The run is over and stands; the oldest of many runs are forgotten.

        Raises:
            OSError: the record cannot be written.
        """
        self._log.append({"is": "end", "state": FIXED, "at": time.time()})
        self._log.release_reserve()
        self._log.end({**summarised(journal_log.records(self._log.path)), "state": FIXED})
        prune()

    def close(self) -> None:
        """Close the log: from now on the run counts as interrupted, unless it ended."""
        self._log.close()


def _new_run(now: float) -> tuple[str, "Log"]:
    """A run's directory under a name that is not taken.

    Raises:
        state.UnsafeState, OSError: as ``writeahead.Log.create``.
    """
    for _ in range(_NAMES):
        run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{os.urandom(2).hex()}"
        with contextlib.suppress(FileExistsError):
            return run, journal_log.Log.create(run)
    raise FileExistsError(17, "no name for a new run is free", journal_log.directory())


def prune() -> None:
    """Forget the oldest runs beyond the last 20 that ended, and what was begun and never wrote a record."""
    ended = [run for run in list_runs() if run.state not in (APPLYING, INTERRUPTED, DAMAGED)]
    for run in ended[KEPT_RUNS:]:
        shutil.rmtree(run.directory, ignore_errors=True)
    for path in _directories():
        if _run(path) is None and not journal_log.at_work(path):
            shutil.rmtree(path, ignore_errors=True)


def _directories() -> list[str]:
    try:
        with os.scandir(journal_log.directory()) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _run(path: str) -> Run | None:
    """The run in a directory; None when it wrote no record, and so did nothing."""
    name = os.path.basename(path)
    summary = journal_log.ended(path)
    if summary is None:
        try:
            records = journal_log.records(path)
        except (journal_log.Damaged, OSError):
            return Run(name, "", 0.0, DAMAGED, (), path)
        if not records:
            return None
        summary = {**summarised(records), "state": _state(path, records)}
    try:
        return Run(
            name, summary["app"], float(summary["started"]), summary["state"], tuple(summary["steps"]), path
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return Run(name, "", 0.0, DAMAGED, (), path)


def summarised(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a list of runs tells of a run, but its state."""
    begun = [str(record.get("what", "")) for record in records if record.get("is") == "begin"]
    return {"app": records[0].get("app"), "started": records[0].get("started"), "steps": begun}


def _state(path: str, records: tuple[dict[str, Any], ...]) -> str:
    if records[-1].get("is") == "end":
        return str(records[-1].get("state", ""))
    return APPLYING if journal_log.at_work(path) else INTERRUPTED


def _rows(places: "Places") -> list[object]:
    return [[root, [image.row() for image in images]] for root, images in places]
