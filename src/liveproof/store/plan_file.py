"""A plan that was saved for later: what it would do, and a digest of what it was made from. It holds no commands.

Whoever applies it examines the host again and makes the plan anew; the file only says which plan that must be. So
nothing in it is carried out, and a file that was changed, is old, or comes from another host does no harm.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from liveproof import __version__
from liveproof.host.files import trusted
from liveproof.model.codec import Misshapen, from_json, to_json
from liveproof.model.dataclass import dataclass
from liveproof.model.hashing import sha256
from liveproof.model.plan import Plan, PlanOptions, Step
from liveproof.model.verdicts import Safety

_FORMAT = 1
_MOST_BYTES = 32 * 1024 * 1024


class BadPlan(Exception):
    """A file that holds no plan, or one that must not be trusted; the message says why."""


@dataclass(frozen=True, slots=True)
class SavedStep:
    """A step as a person reads it; ``details`` are redacted."""

    what: str
    why: str
    undo: str
    safety: str
    fixes: tuple[str, ...]
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedAppPlan:
    """The plan for one app: its steps in words, and the digest of its acts with all that they expect to find."""

    app: str
    digest: str
    fixes: tuple[str, ...]
    settles: tuple[str, ...]
    steps: tuple[SavedStep, ...]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a plan file holds.

    Attributes:
        format: of the file.
        version: of the liveproof that wrote it.
        host: a digest that names the host, without telling its machine id.
        made: when (epoch seconds).
        made_with: what the command line said of the app and its configuration.
        allow, accepted, notices, select: as in ``PlanOptions``.
        plans: one for each app.
    """

    format: int
    version: str
    host: str
    made: float
    made_with: dict[str, str]
    allow: tuple[str, ...]
    accepted: tuple[str, ...]
    notices: bool
    select: tuple[str, ...]
    plans: tuple[SavedAppPlan, ...]

    @property
    def options(self) -> PlanOptions:
        """Which steps the plan holds.

        Raises:
            BadPlan: it names a safety that does not exist.
        """
        try:
            allow = frozenset(map(Safety, self.allow)) - {Safety.MANUAL}
        except ValueError as error:
            raise BadPlan(f"it is not a plan of this version of liveproof: {error}") from None
        return PlanOptions(
            allow, accepted=frozenset(self.accepted), notices=self.notices, select=frozenset(self.select)
        )


def saved(plans: Iterable[Plan], options: PlanOptions, made_with: dict[str, str]) -> SavedPlan:
    """The plans as they are saved; where a directory was named, its one app under the path that it is served by."""
    plans = tuple(plans)
    if "path" in made_with and len(plans) == 1:
        made_with = made_with | {"path": plans[0].app}
    return SavedPlan(
        _FORMAT, __version__, _host(), time.time(), made_with, tuple(sorted(level.value for level in options.allow)),
        tuple(sorted(options.accepted)), options.notices, tuple(sorted(options.select)),
        tuple(map(_app_plan, plans)),
    )  # fmt: skip


def dump(plan: SavedPlan) -> str:
    """The file's text.

    Raises:
        BadPlan: it is larger than ``load`` reads.
    """
    text = json.dumps(to_json(plan), indent=1) + "\n"
    if len(text.encode()) > _MOST_BYTES:
        raise BadPlan(f"its plan is larger than {_MOST_BYTES >> 20} MB: fix one app at a time, or without --save")
    return text


def load(path: str) -> SavedPlan:
    """Read a plan that nobody but root and the caller could have written.

    Raises:
        BadPlan: others could have, it is no plan, it was made on another host, or it is not to the byte as ``dump``
            writes it (of two keys of one name JSON takes the last, and a person reads the first); the message says
            what to do.
        OSError: it cannot be read.
    """
    try:
        content, status = trusted.read(path, limit=_MOST_BYTES + 1)
    except trusted.Untrusted as error:
        raise BadPlan(str(error)) from None
    if status.st_size > _MOST_BYTES:
        raise BadPlan("it is larger than any plan")
    try:
        plan = from_json(SavedPlan, json.loads(content))
    except (ValueError, RecursionError, Misshapen) as error:
        raise BadPlan(f"it is not a complete plan: {str(error)[:200]}") from None
    if plan.format != _FORMAT:
        raise BadPlan(f"it was written by another version of liveproof ({plan.version[:20]}): make a new one")
    if plan.host != _host():
        raise BadPlan("it was made on another host: make one on this host")
    if dump(plan).encode() != content:
        raise BadPlan("it is not as `fix --save` wrote it: make a new one")
    return plan


def differences(kept: SavedAppPlan, plan: Plan) -> Iterator[str]:
    """What a saved plan says that the plan which is made now does not, and the other way round, in words."""
    now = _app_plan(plan)
    if _meaning(now) == _meaning(kept):
        return
    if kept.digest == now.digest:
        yield "the file's text was changed: it does not say what its digest stands for"
        return
    then, after = ({*each.fixes, *each.settles} for each in (kept, now))
    planned, needed = ([step.what for step in each.steps] for each in (kept, now))
    told = [f"{code} is gone" for code in sorted(then - after)] + [f"{code} has come" for code in sorted(after - then)]
    told += [f"no longer needed: {what}" for what in planned if what not in needed]
    told += [f"needed now: {what}" for what in needed if what not in planned]
    yield from told or ["the order or the details of its steps"]


def _meaning(plan: SavedAppPlan) -> SavedAppPlan:
    """Without the reasons of its steps, in which figures may differ from one look at the host to the next."""
    return replace(plan, steps=tuple(replace(step, why="") for step in plan.steps))


def _app_plan(plan: Plan) -> SavedAppPlan:
    return SavedAppPlan(plan.app, plan.digest, plan.fixes, plan.settles, tuple(map(_step, plan.steps)))


def _step(step: Step) -> SavedStep:
    return SavedStep(step.what, step.why, step.undo, step.safety.value, step.fixes, step.act.lasting().details())


def _host() -> str:
    """A name for this host that does not tell its machine id, which machine-id(5) asks to keep confidential."""
    try:
        with open("/etc/machine-id", encoding="ascii") as file:
            machine = file.read(64).strip()
    except (OSError, UnicodeError):
        machine = ""
    return sha256(f"liveproof plan {machine}".encode())[:32]
