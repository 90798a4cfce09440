"""check.py: facts to results, results to links."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from liveproof.check import check, links
from liveproof.examine import judge
from liveproof.model.facts.apps import App
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Result, Unknown
from liveproof.model.rule import Rule
from liveproof.model.settings import RulesTable, Settings
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict, Severity


@dataclass(frozen=True)
class Colour:
    """A fact for these tests."""

    name: str


def _rule(severity: Severity = Severity.HIGH) -> Rule:
    rule = Rule("FIL901", severity, condition="everything is green")

    @rule.check
    def check(colour: Colour) -> Iterator[Answer]:
        if colour.name == "green":
            yield Holds("a green one")
        if colour.name == "red":
            yield Finding("red", (Ref("app", "/a"),), (Evidence("eye", "red", "green"),))
        if colour.name == "dim":
            yield Unknown("too dark")
        if colour.name == "crash":
            raise KeyError(colour.name)

    return rule


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        (Colour("green"), RuleVerdict.OK),
        (Colour("red"), RuleVerdict.FOUND),
        (Colour("dim"), RuleVerdict.UNKNOWN),
        (Colour("none"), RuleVerdict.UNKNOWN),
        (Colour("crash"), RuleVerdict.UNKNOWN),
        (Unknown("eyes shut"), RuleVerdict.UNKNOWN),
    ],
)
def test_verdict(fact: object, verdict: RuleVerdict) -> None:
    """A rule answers by what it saw; what it could not see, and what failed in itself, is UNKNOWN."""
    (result,) = check([_rule()], {Colour: fact})
    assert result.verdict is verdict


def test_nothing_to_look_at_proves_nothing() -> None:
    """A rule that breaks its link and saw neither a fault nor anything right says so; a notice needs no proof."""
    facts: dict[type, object] = {Colour: Colour("none")}
    (result,) = check([_rule()], facts)
    assert (result.verdict, result.reason) == (
        RuleVerdict.UNKNOWN,
        "nothing was there to see whether everything is green",
    )
    (notice,) = check([_rule(Severity.NOTICE)], facts)
    assert notice.verdict is RuleVerdict.OK
    (right,) = check([_rule()], {Colour: Colour("green")})
    assert right.holds == ("a green one",)


def test_unknown_carries_the_probes_reason() -> None:
    """The reason for not seeing comes from the probe."""
    (result,) = check([_rule()], {Colour: Unknown("run as root")})
    assert result.reason == "run as root"


def test_absent_subject_does_not_count() -> None:
    """A rule whose subject does not exist is not run."""
    assert check([_rule()], {Colour: Absent("no colour")}) == ()


def test_finding_takes_code_and_severity_of_its_rule() -> None:
    """A rule's findings carry its code and severity."""
    (result,) = check([_rule(Severity.MEDIUM)], {Colour: Colour("red")})
    assert [(f.code, f.severity) for f in result.findings] == [("FIL901", Severity.MEDIUM)]


def test_rule_may_ask_for_an_unseen_fact() -> None:
    """A parameter typed ``Fact | Unknown`` takes the Unknown itself."""
    rule = Rule("FIL902", Severity.HIGH)

    @rule.check
    def check_(colour: Colour | Unknown) -> Iterator[Finding | Unknown]:
        if isinstance(colour, Unknown):
            yield Finding("unseen", (Ref("app", "/a"),), (Evidence("eye", colour.reason),))

    (result,) = check([rule], {Colour: Unknown("dark")})
    assert result.verdict is RuleVerdict.FOUND


def test_finding_without_evidence_is_refused() -> None:
    """Nothing unseen is told as a fault."""
    with pytest.raises(ValueError, match="evidence"):
        Finding("because", (Ref("app", "/a"),), ())


@pytest.mark.parametrize(
    ("fact", "severity", "verdict"),
    [
        (Colour("green"), Severity.HIGH, LinkVerdict.PROVEN),
        (Colour("red"), Severity.HIGH, LinkVerdict.BROKEN),
        (Colour("red"), Severity.NOTICE, LinkVerdict.PROVEN),
        (Colour("dim"), Severity.HIGH, LinkVerdict.UNPROVEN),
        (Colour("dim"), Severity.NOTICE, LinkVerdict.PROVEN),
        (Absent("none"), Severity.HIGH, LinkVerdict.UNPROVEN),
    ],
)
def test_link(fact: object, severity: Severity, verdict: LinkVerdict) -> None:
    """A link is as good as the worst answer on it; notices do not break it, absent subjects do not count."""
    rule = _rule(severity)
    states = links([rule], check([rule], {Colour: fact}))
    assert next(state.verdict for state in states if state.link is Link.DISK) is verdict


def test_a_notice_does_not_hide_what_was_not_seen() -> None:
    """A rule that found a notice and could not see the rest does not prove its link."""
    rule = Rule("FIL903", Severity.HIGH)

    @rule.check
    def check_(colour: Colour) -> Iterator[Finding | Unknown]:
        yield Finding("pale", (Ref("app", "/a"),), (Evidence("eye", colour.name),), severity=Severity.NOTICE)
        yield Unknown("too dark to see the rest")

    states = links([rule], check([rule], {Colour: Colour("grey")}))
    (disk,) = (state for state in states if state.link is Link.DISK)
    assert (disk.verdict, disk.reason) == (LinkVerdict.UNPROVEN, "too dark to see the rest")


def test_every_link_is_told() -> None:
    """The chain always has its six links, in order."""
    assert [state.link for state in links([], ())] == list(Link)


def test_result_of_unprobed_fact_is_unknown() -> None:
    """A fact that nobody probed is not fine."""
    (result,) = check([_rule()], {})
    assert result == Result("FIL901", _rule().name, RuleVerdict.UNKNOWN, reason="Colour was not probed")


def test_a_release_that_nobody_named_is_not_asked() -> None:
    """An app may do without a named release; that does not weaken its verdict."""
    rule = Rule("REL901", Severity.HIGH)
    rule.check_function = _rule().check_function
    states = links([rule], check([rule], {Colour: Absent("no release is named")}))
    assert next(state.verdict for state in states if state.link is Link.RELEASE) is LinkVerdict.NOT_ASKED


@pytest.mark.parametrize(
    ("colour", "verdict"),
    [("green", LinkVerdict.NOT_ASKED), ("red", LinkVerdict.BROKEN), ("dim", LinkVerdict.UNPROVEN)],
)
def test_what_only_breaks_proves_nothing_by_itself(colour: str, verdict: LinkVerdict) -> None:
    """That a link leads to the right release does not tell that its files are right."""
    beside, whole = Rule("REL901", Severity.HIGH, only_breaks=True), Rule("REL902", Severity.HIGH)
    beside.check_function = whole.check_function = _rule().check_function

    def told(*rules: Rule) -> LinkVerdict:
        states = links(rules, check(rules, {Colour: Colour(colour)}))
        return next(state.verdict for state in states if state.link is Link.RELEASE)

    assert told(beside) is verdict
    assert colour != "green" or told(beside, whole) is LinkVerdict.PROVEN


_NOBODY = App("/a", "/a", "", "", -1, -1, (), (), (), laravel=True)


def test_what_depends_on_the_user_is_unknown_where_nobody_knows_it() -> None:
    """A rule on owners neither finds nor denies anything; a reason of its own facts comes first."""
    (result,) = check([_rule()], {App: _NOBODY, Colour: Colour("red")})
    assert (result.verdict, result.findings) == (RuleVerdict.UNKNOWN, ())
    assert result.reason.startswith("which user /a runs as is not known")
    (result,) = check([_rule()], {App: _NOBODY, Colour: Unknown("dark")})
    assert result.reason == "dark"
    assert check([_rule()], {App: _NOBODY, Colour: Absent("no eye")}) == ()


_DISABLED = Settings(
    rules=RulesTable(disabled=("FIL901",)), sources=(("rules.disabled", "/etc/liveproof/liveproof.toml"),)
)


@pytest.mark.parametrize("fact", [Colour("red"), Colour("green"), Unknown("dark"), None])
def test_a_disabled_rule_is_told_and_proves_nothing(fact: object) -> None:
    """Its link is unproven, with where it was disabled; what it would have said is not known."""
    rule = _rule()
    results = check([rule], {Settings: _DISABLED} | ({Colour: fact} if fact else {}))
    assert [(result.verdict, result.findings) for result in results] == [(RuleVerdict.DISABLED, ())]
    (disk,) = (state for state in links([rule], results) if state.link is Link.DISK)
    assert (disk.verdict, disk.reason) == (
        LinkVerdict.UNPROVEN, "disabled by /etc/liveproof/liveproof.toml: FIL901",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "other", "verdict"),
    [
        (Severity.HIGH, "red", LinkVerdict.BROKEN),
        (Severity.HIGH, "green", LinkVerdict.UNPROVEN),
        (Severity.NOTICE, "green", LinkVerdict.PROVEN),
    ],
)
def test_a_disabled_rule_beside_another(severity: Severity, other: str, verdict: LinkVerdict) -> None:
    """Broken stays broken; what could only have been a notice weakens nothing."""
    asked = Rule("FIL905", Severity.HIGH)
    asked.check_function = _rule().check_function
    rules = [_rule(severity), asked]
    states = links(rules, check(rules, {Settings: _DISABLED, Colour: Colour(other)}))
    assert next(state.verdict for state in states if state.link is Link.DISK) is verdict


def test_a_disabled_rule_without_a_subject_does_not_count() -> None:
    """A rule that nobody would have asked is not missed."""
    assert check([_rule()], {Settings: _DISABLED, Colour: Absent("no eye")}) == ()


def test_a_link_of_disabled_rules_is_never_not_asked() -> None:
    """With REL001 disabled nothing is said about the release, least of all that there is none."""
    rule = Rule("REL901", Severity.HIGH)
    rule.check_function = _rule().check_function
    settings = Settings(rules=RulesTable(disabled=("REL901",)))
    (release,) = (
        state
        for state in links([rule], check([rule], {Settings: settings, Colour: Colour("red")}))
        if state.link is Link.RELEASE
    )
    assert (release.verdict, release.reason) == (LinkVerdict.UNPROVEN, "disabled by the configuration: REL901")


def test_what_no_rule_judges_keeps_its_link_from_being_proven() -> None:
    """And only its link; a broken one stays broken."""
    rule = _rule()
    for name, verdict in (("green", LinkVerdict.UNPROVEN), ("red", LinkVerdict.BROKEN)):
        states = links([rule], check([rule], {Colour: Colour(name)}), ((Link.DISK, "ignored: vendor"),))
        assert next(state.verdict for state in states if state.link is Link.DISK) is verdict
    states = links([rule], check([rule], {Colour: Colour("green")}), ((Link.WIRE, "elsewhere"),))
    assert next(state.verdict for state in states if state.link is Link.DISK) is LinkVerdict.PROVEN


@pytest.mark.parametrize(
    ("fact", "verdict", "nothing_found"),
    [
        (Colour("green"), LinkVerdict.NOT_ASKED, True),
        (Colour("red"), LinkVerdict.BROKEN, False),
        (Colour("dim"), LinkVerdict.UNPROVEN, False),
        (Absent("no colours here"), LinkVerdict.NOT_ASKED, False),
    ],
)
def test_a_part_of_the_rules_proves_no_link(fact: object, verdict: LinkVerdict, nothing_found: bool) -> None:
    """With --select a link is never proven; that nothing was found is said only where a rule could see."""
    app = App(
        "/var/www/a", "/var/www/a", "/var/www/a/public", "www-data", 33, 33, (33,), ("8.2/www",), (), laravel=True
    )
    seen = judge(app, (_rule(),), {Colour: fact}, ("FIL",))
    chain = {state.link: state for state in seen.links}
    assert (chain[Link.DISK].verdict, seen.nothing_found) == (verdict, nothing_found)
    assert LinkVerdict.PROVEN not in {state.verdict for state in seen.links}
    assert chain[Link.MEMORY].reason == "only FIL asked"
    assert judge(app, (_rule(),), {Colour: fact}).nothing_found is False
