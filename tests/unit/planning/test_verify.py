"""Whether a plan reached what it was made for."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.findings import Diagnosis, Evidence, Finding, Ref, Result
from liveproof.model.plan import Plan, Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import RuleVerdict, Safety, Severity
from liveproof.planning import verify
from liveproof.planning.verify import remains
from liveproof.steps.service_action import ServiceAction

RULES = (Rule("LAR015", Severity.HIGH, past=True), Rule("WIR001", Severity.CRITICAL))
came = partial(verify.came, rules=RULES)
unproven = partial(verify.unproven, rules=RULES)

APP = App("/x", "/x", "", "www-data", 33, 33, (33,), (), (), True)


def found(code: str, *about: str, severity: Severity = Severity.HIGH) -> Finding:
    """A finding about some pools, or the app."""
    refs = tuple(Ref("pool", pool) for pool in about) or (Ref("app", "/x"),)
    return Finding(f"{code} here", refs, (Evidence("a", "b"),), "", code, severity)


def seen(*answers: Finding | tuple[str, RuleVerdict]) -> AppExamination:
    """An examination with these findings, or answers of rules."""
    grouped: dict[str, list[Finding]] = {}
    results = []
    for answer in answers:
        if isinstance(answer, Finding):
            grouped.setdefault(answer.code, []).append(answer)
        else:
            results.append(Result(answer[0], answer[0], answer[1], (), "because"))
    results += [Result(code, code, RuleVerdict.FOUND, tuple(all_)) for code, all_ in grouped.items()]
    return AppExamination(APP, (), tuple(results), (), {})


def plan(*fixes: str, manual: Iterable[str] = ()) -> Plan:
    """A plan that mends these codes."""
    return Plan("/x", (), (), fixes, tuple((code, "") for code in manual), "")


OK, UNKNOWN = RuleVerdict.OK, RuleVerdict.UNKNOWN


def test_gone_is_proven() -> None:
    """The rule answers OK where it found."""
    assert unproven(plan("A"), seen(found("A")), seen(("A", OK))) == ""


def test_what_was_to_be_settled_is_seen_afterwards_or_told() -> None:
    """Nothing remains once the rule answers OK; else what it found, or why it still cannot see."""
    of = replace(plan(), settles=("A",))
    before = seen(("A", UNKNOWN))
    assert remains(of, before, seen(("A", OK))) == ""
    assert verify.settled(of, seen(("A", OK), found("B")))
    assert not verify.settled(of, seen(("A", UNKNOWN)))
    assert not verify.settled(of, None)
    assert remains(of, before, seen(("A", UNKNOWN))) == "A can still not be seen: because"
    assert remains(of, before, seen(found("A"))) == "A is seen now: A here"


def test_what_remains_is_named_with_what_to_do() -> None:
    """A fault that the plan did not fix makes it a fix in part: also one that can no longer be seen."""
    before = seen(found("A"), found("B"), found("C"), found("N", severity=Severity.NOTICE))
    held = Step(ServiceAction("reload", "php8.2-fpm.service"), "why", "undo", Safety.DROPS, ("B",))
    of = replace(plan("A", manual=("C",)), held_back=(held,), manual=(("C", "call someone"),))
    assert remains(of, before, seen(("A", OK), ("B", OK), ("C", OK), found("N", severity=Severity.NOTICE))) == ""
    told = remains(of, before, seen(("A", OK), found("B"), found("C")))
    assert "B remains: B here; " in told
    assert told.endswith("; `liveproof fix --allow drops /x` fixes what was skipped")
    assert "C remains: C here (by hand: call someone)" in told
    assert remains(of, before, seen(("A", OK), ("B", UNKNOWN), ("C", OK))).startswith(
        "B can no longer be seen: because"
    )
    assert "C can no longer be seen" in remains(of, before, seen(("A", OK), ("B", OK)))


def test_still_there_is_not() -> None:
    """The finding stays: it is named with its words."""
    assert unproven(plan("A"), seen(found("A")), seen(found("A"))) == "A is still found: A here"


def test_unseen_is_not_proven() -> None:
    """A rule that can no longer see, or is no longer asked, proves nothing."""
    assert unproven(plan("A"), seen(found("A")), seen(("A", UNKNOWN))) == "A can no longer be seen: because"
    assert "no longer be seen" in unproven(plan("A"), seen(found("A")), seen())
    assert "no longer found" in unproven(plan("A"), seen(found("A")), None)


def test_what_was_fine_and_is_broken_came_by_the_plan() -> None:
    """A breaking finding of a rule that had answered OK; a notice, or one that nobody could see before, is none."""
    before = seen(found("A"), ("B", OK), ("C", OK), ("D", UNKNOWN), found("E"))
    after = seen(("A", OK), found("B"), found("C", severity=Severity.NOTICE), found("D"), found("E"))
    assert came(before, after) == ("B came: B here",)
    assert unproven(plan("A"), before, after) == "B came: B here"


def test_what_later_steps_settle_is_not_judged_yet() -> None:
    """Before the reload the memory link is not asked."""
    before, after = seen(found("A"), found("O"), ("P", OK)), seen(("A", OK), found("O"), found("P"))
    assert unproven(plan("A", "O"), before, after, later=frozenset({"O", "P"})) == ""


def test_one_of_several_was_mended() -> None:
    """A code with one finding for a person and one that is gone counts as mended; with both still there it does not."""
    before = seen(found("A", "1"), found("A", "2"))
    assert unproven(plan("A", manual=["A"]), before, seen(found("A", "2"))) == ""
    assert unproven(plan("A", manual=["A"]), before, before) == "A is still found: A here"


def test_a_log_line_about_an_older_fault_did_not_come_by_the_plan() -> None:
    """An error that was logged just before the fix, and that a fault from before explains, blames nobody."""
    before = seen(found("FIL005"), ("LAR015", OK), ("WIR001", OK))
    after = seen(found("FIL005"), found("LAR015"), found("WIR001"))
    explained = (Diagnosis(found("FIL005"), (found("LAR015"), found("WIR001")), ""),)
    assert came(before, replace(after, diagnoses=explained)) == ("WIR001 came: WIR001 here",)
    assert len(came(before, after)) == 2


def test_the_effect_is_mended_and_its_setting_left() -> None:
    """A fault that became a notice counts as mended where the rest was held back, and only there."""
    notice = found("A", severity=Severity.NOTICE)
    assert unproven(plan("A", manual=["A"]), seen(found("A")), seen(notice)) == ""
    assert "still found" in unproven(plan("A"), seen(found("A")), seen(notice))
    assert "still found" in unproven(plan("A", manual=["A"]), seen(found("A")), seen(found("A")))
