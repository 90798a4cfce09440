"""What stands in for the changing of a host where the dialogues are tried."""

from collections.abc import Callable
from pathlib import Path

import pytest

from liveproof.cli import fix_run, session
from liveproof.cli.commands import rollback
from liveproof.model.plan import Outcome, OutcomeKind, Plan, PlanOptions
from liveproof.repair.repair import Repaired
from tests.golden import incident

RUN = "20251024-103000-3f"


class Bench:
    """What stands in for the changing of a host: it says what a real one said, and what it was asked."""

    def __init__(self) -> None:
        self.outcome = Outcome(OutcomeKind.FIXED, "", RUN)
        self.after = incident.fixed().examination
        self.applied: list[Plan] = []
        self.options = PlanOptions()
        self.answer = ""

    def repair(
        self, plan: Plan, *_: object, ask: Callable[[Plan], bool], options: PlanOptions, **__: object
    ) -> Repaired:
        """As liveproof.repair.repair."""
        self.options = options
        if not ask(plan):
            return Repaired(Outcome(OutcomeKind.REFUSED, "declined"), None, None)
        self.applied.append(plan)
        return Repaired(self.outcome, incident.broken().examination, self.after)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A broken app, a plan that mends it, and nothing that was interrupted."""
    made = Bench()
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("liveproof.config.default_path", lambda: str(tmp_path / "none.toml"))
    monkeypatch.setattr(session, "rule_pages", lambda: incident.PAGES)
    monkeypatch.setattr(fix_run, "load", lambda: incident.RULES)
    monkeypatch.setattr(session, "examine", lambda *_: incident.broken().examination)
    monkeypatch.setattr(fix_run, "make_plan", lambda *_, **__: incident.plan())
    monkeypatch.setattr(fix_run, "recover", lambda *_: ())
    monkeypatch.setattr(session, "pending", tuple)
    monkeypatch.setattr(rollback, "chosen", lambda _: ())
    monkeypatch.setattr(fix_run, "repair", made.repair)
    return made
