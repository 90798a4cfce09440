"""What fixes a fault: a command of liveproof, as the plan for this very host says, or a person."""

from collections.abc import Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Plan
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Safety
from liveproof.report.content.rule_pages import Pages


@dataclass(frozen=True, slots=True)
class Remedy:
    """The command that fixes a fault, empty where a person must; ``effect`` says what it does and what it costs."""

    command: str = ""
    effect: str = ""


BY_HAND = Remedy()
SAFE = Remedy("liveproof fix", "fixes it without losing a request")
DISRUPTIVE = Remedy("liveproof fix --allow disruptive", "fixes it; may delay or drop requests")
ASKED_FOR = Remedy("liveproof fix --notices", "fixes it, although it breaks nothing")
ASKED_FOR_DISRUPTIVE = Remedy("liveproof fix --notices --allow disruptive", "fixes it; may delay or drop requests")
NOT_PLANNED = Remedy("liveproof fix --dry-run", "shows what can be done about it here")

Remedies = Mapping[str, Remedy]


def remedies(record: Record, pages: Pages, path: str) -> Remedies:
    """What fixes each code in the app at ``path``: as its plan says; without a plan nothing is promised."""
    plan = next((repair.plan for repair in record.repairs if repair.plan.app == path), None)
    return {**unplanned(pages), **_planned(plan)} if plan else unplanned(pages)


def unplanned(pages: Pages) -> Remedies:
    """What may fix each code on some host."""
    return {code: BY_HAND if page.safety is Safety.MANUAL else NOT_PLANNED for code, page in pages.items()}


def _planned(plan: Plan) -> dict[str, Remedy]:
    result = dict.fromkeys(plan.fixes, SAFE) | {code: BY_HAND for code, _ in plan.manual}
    for step in plan.notices:
        for code in step.fixes:
            disturbs = step.safety is Safety.DISRUPTIVE or result.get(code) is ASKED_FOR_DISRUPTIVE
            result[code] = ASKED_FOR_DISRUPTIVE if disturbs else ASKED_FOR
    result |= {code: DISRUPTIVE for step in plan.held_back for code in step.fixes}
    for step in plan.steps:
        for code in step.fixes:
            disturbs = step.safety is Safety.DISRUPTIVE or result.get(code) is DISRUPTIVE
            result[code] = DISRUPTIVE if disturbs else SAFE
    for code, cause in plan.follows:
        result[code] = result.get(cause, BY_HAND)
    return result
