"""One kept run: what was examined and, when something was fixed, the plan, its outcome and how it was before."""

from liveproof.model.dataclass import dataclass
from liveproof.model.examination import Examination
from liveproof.model.plan import Outcome, Plan


@dataclass(frozen=True, slots=True)
class Repair:
    """The plan for one app and what came of it; ``outcome`` is None when the plan was only shown."""

    plan: Plan
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One run.

    Attributes:
        id: sortable and short, ``20261123-211501-3f`` (UTC); empty for a run that was not kept.
        kind: ``check``, ``fix`` or ``rollback``.
        version: of the liveproof that ran.
        examination: how things stand at the end of the run.
        before: how they stood at its beginning, when the run fixed something.
        repairs: one per app that the run had a plan for.
        cuts: how many long lists and texts were shortened when the run was kept.
    """

    id: str
    kind: str
    version: str
    examination: Examination
    before: Examination | None = None
    repairs: tuple[Repair, ...] = ()
    cuts: int = 0
