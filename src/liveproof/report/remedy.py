"""Who mends what: liveproof at once, liveproof when it may disturb, or a person."""

from collections.abc import Mapping

from liveproof.model.plans import Plan
from liveproof.model.record import Record
from liveproof.model.verdicts import Safety
from liveproof.report.pages import Pages

Remedies = Mapping[str, Safety]


def remedies(record: Record, pages: Pages, path: str) -> Remedies:
    """How each code is mended in the app at ``path``: as its plan says; without a plan, as the rule's page says."""
    plan = next((repair.plan for repair in record.repairs if repair.plan.app == path), None)
    told = {code: page.safety for code, page in pages.items()}
    return {**told, **_planned(plan)} if plan else told


def _planned(plan: Plan) -> dict[str, Safety]:
    told = {code: Safety.MANUAL for code, _ in plan.manual}
    told |= {code: Safety.DISRUPTIVE for step in plan.held_back for code in step.fixes}
    for step in plan.steps:
        for code in step.fixes:
            disturbs = step.safety is Safety.DISRUPTIVE or told.get(code) is Safety.DISRUPTIVE
            told[code] = Safety.DISRUPTIVE if disturbs else Safety.SAFE
    for code, cause in plan.follows:
        told[code] = told.get(cause, Safety.MANUAL)
    return told
