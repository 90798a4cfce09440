"""The write-ahead undo log: what a run is about to change is on the disk before it is changed.

A run's records are ``run`` (what is planned), then for each step ``begin`` (what stands there before) and ``done``
(what stands there after), at last ``end``; a rollback adds ``undo`` and ``undone``.
"""

import contextlib
import os
import time
from dataclasses import asdict

from liveproof.model.codec import to_json
from liveproof.model.plan import Plan, Step
from liveproof.repair.action import PreparedAction
from liveproof.repair.undo_step import Places
from liveproof.store import journal_log
from liveproof.store.journal_log import Keeper, Log
from liveproof.store.journal_records import FORMAT
from liveproof.store.runs import FIXED, prune, summarised

_NAMES = 20


class Journal:
    """The journal of the run that is at work now. Every method returns once its record is on the disk."""

    def __init__(self, run: str, temporary: str, log: Log) -> None:
        self.run = run
        self.temporary = temporary
        self._log = log

    @classmethod
    def begin(cls, plan: Plan) -> "Journal":
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
            "is": "run", "format": FORMAT, "app": plan.app, "digest": plan.digest, "started": now,
            "temporary": temporary,
            "steps": [step.what for step in plan.steps],
        })  # fmt: skip
        return journal

    def keeper(self, number: int) -> Keeper:
        """Where the contents that a step may change are kept; to be flushed before ``begins``."""
        return self._log.keeper(number)

    def begins(self, number: int, step: Step, prepared: PreparedAction) -> None:
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
        if prepared.invalidates:
            record["invalidates"] = to_json(prepared.invalidates)
        self._log.append(record)

    def done(self, number: int, after: Places = (), *, output: str = "") -> None:
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


def _new_run(now: float) -> tuple[str, Log]:
    """A run's directory under a name that is not taken.

    Raises:
        state.UnsafeState, OSError: as ``journal_log.Log.create``.
    """
    for _ in range(_NAMES):
        run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{os.urandom(2).hex()}"
        with contextlib.suppress(FileExistsError):
            return run, journal_log.Log.create(run)
    raise FileExistsError(17, "no name for a new run is free", journal_log.directory())


def _rows(places: Places) -> list[object]:
    return [[root, [image.row() for image in images]] for root, images in places]
