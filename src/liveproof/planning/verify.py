"""Whether a plan reached what it was made for: what was found is gone, and nothing new came. Pure."""

from collections.abc import Iterable

from liveproof.model.examination import AppExamination
from liveproof.model.findings import Finding, Ref, Result
from liveproof.model.plan import Plan, Step, allow_option
from liveproof.model.rule import Rule
from liveproof.model.verdicts import RuleVerdict


def unproven(
    plan: Plan,
    before: AppExamination,
    after: AppExamination | None,
    rules: Iterable[Rule],
    *,
    later: frozenset[str] = frozenset(),
) -> str:
    """What keeps the plan from counting as fixed, in words; empty when it is.

    A fault that can no longer be seen is not proven to be gone. A fault that nobody could have seen before (its rule
    did not run or answered UNKNOWN, as everything does behind a dead PHP-FPM) did not come by the plan. ``later`` are
    codes that steps which are still to come will settle.
    """
    if after is None:
        return f"{plan.app} is no longer found"
    results = {result.code: result for result in after.results}
    left = [text for code in plan.fixes if code not in later and (text := _left(code, plan, before, results.get(code)))]
    return "; ".join(dict.fromkeys((*left, *came(before, after, rules, later=later))))


def remains(plan: Plan, before: AppExamination, after: AppExamination | None) -> str:
    """What was found before and is still broken or can no longer be seen, each with what to do; empty when nothing is.

    A plan counts as fixed in part then, however well its own steps went.
    """
    results = {result.code: result for result in after.results} if after else {}
    manual = dict(plan.manual)
    answer = []
    allowing: list[Step] = []
    for code in dict.fromkeys(f.code for f in before.findings if f.breaks):
        now = results.get(code)
        left = [f for f in now.findings if f.breaks] if now else []
        if left:
            text = f"{code} remains: {left[0].message}"
        elif now is None or now.verdict is RuleVerdict.UNKNOWN:
            text = f"{code} can no longer be seen{f': {now.reason}' if now else ''}"
        else:
            continue
        held = [step for step in plan.held_back if code in step.fixes]
        if not held and manual.get(code):
            text += f" (by hand: {manual[code]})"
        answer.append(text)
        allowing += held
    for code in plan.settles:
        now = results.get(code)
        if now is None or now.verdict is RuleVerdict.UNKNOWN:
            answer.append(f"{code} can still not be seen{f': {now.reason}' if now else ''}")
        elif now.verdict is RuleVerdict.FOUND:
            answer.append(f"{code} is seen now: {now.findings[0].message}")
    if allowing:
        answer.append(f"`liveproof fix {allow_option(allowing)} {plan.app}` fixes what was skipped")
    return "; ".join(dict.fromkeys(answer))


def settled(plan: Plan, after: AppExamination | None) -> bool:
    """Whether every rule that could not see something before can see it now."""
    unseen = {result.code for result in after.results if result.verdict is RuleVerdict.UNKNOWN} if after else set()
    return after is not None and not unseen & set(plan.settles)


def came(
    before: AppExamination, after: AppExamination, rules: Iterable[Rule], *, later: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The breaking findings of ``after`` whose rule had answered OK ``before``, in words.

    A rule that tells of the past may tell of what happened just before the fix: where an older fault explains it, the
    plan did not bring it about.
    """
    ok = {result.code for result in before.results if result.verdict is RuleVerdict.OK} - later
    known = {finding.code for finding in before.findings}
    past = {rule.code for rule in rules if rule.past}
    answer = {
        consequence.code
        for diagnosis in after.diagnoses
        for consequence in diagnosis.consequences
        if diagnosis.root.code in known and consequence.code in past
    }
    return tuple(
        f"{finding.code} came: {finding.message}"
        for finding in after.findings
        if finding.code in ok and finding.code not in answer and finding.breaks
    )


def _left(code: str, plan: Plan, before: AppExamination, now: Result | None) -> str:
    if now is None:
        return f"{code} can no longer be seen: what it is about is gone"
    if now.verdict is RuleVerdict.OK:
        return ""
    if now.verdict is RuleVerdict.UNKNOWN:
        return f"{code} can no longer be seen: {now.reason}"
    by_hand = any(manual == code for manual, _ in plan.manual) or any(code in step.fixes for step in plan.held_back)
    was = [finding for finding in before.findings if finding.code == code]
    if by_hand and (len(now.findings) < len(was) or (_breaks(was) and not _breaks(now.findings))):
        return ""  # one of several was fixed, or its effect; the rest was reported as work for a person, or held back
    stayed = [finding for finding in now.findings if _about(finding) in {_about(known) for known in was}]
    shown = (stayed or list(now.findings))[0]
    return f"{code} is still found: {shown.message}"


def _breaks(findings: Iterable[Finding]) -> bool:
    return any(finding.breaks for finding in findings)


def _about(finding: Finding) -> frozenset[Ref]:
    return frozenset(ref for ref in finding.about if ref.kind != "process")
