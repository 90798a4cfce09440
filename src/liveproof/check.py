"""Facts to results, and results to the links of the chain. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from liveproof.model.examination import LinkState
from liveproof.model.facts.apps import App
from liveproof.model.findings import Absent, Finding, Holds, Result, Settleable, Unknown, disabled
from liveproof.model.plan import Step
from liveproof.model.rule import Rule, arguments, needs
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict

Facts = Mapping[type, object]


def check(rules: Iterable[Rule], facts: Facts) -> tuple[Result, ...]:
    """Ask every rule whose subject exists, in order; one that the configuration disables answers DISABLED.

    A rule that needs an unseen fact answers UNKNOWN with the probe's reason; so does one that fails itself, since a
    bug of ours must neither hide a fault nor invent one, and one that would break its link and saw neither a fault nor
    anything that is right.
    """
    return tuple(result for rule in rules if (result := _ask(rule, facts)) is not None)


def _ask(rule: Rule, facts: Facts) -> Result | None:
    assert rule.check_function is not None
    given = arguments(needs(rule.check_function), facts)
    if isinstance(given, Absent):
        return None
    settings = facts.get(Settings)
    if isinstance(settings, Settings) and rule.code in settings.rules.disabled:
        by = f"disabled by {settings.source('rules.disabled')}"
        return Result(rule.code, rule.name, RuleVerdict.DISABLED, reason=by)
    return _answer(rule, facts, given)


def _answer(rule: Rule, facts: Facts, given: dict[str, object] | Unknown) -> Result:
    assert rule.check_function is not None
    if not isinstance(given, Unknown) and rule.of_user:
        given = _nobody(facts) or given
    if isinstance(given, Unknown):
        return Result(rule.code, rule.name, RuleVerdict.UNKNOWN, reason=given.reason)
    findings: list[Finding] = []
    reasons: list[str] = []
    settled_by: list[Step] = []
    holds: list[str] = []
    try:
        for output in rule.check_function(**given):
            if isinstance(output, Unknown):
                reasons.append(output.reason)
                settled_by += [output.settled_by] if isinstance(output, Settleable) else []
            elif isinstance(output, Holds):
                holds.append(output.what)
            else:
                findings.append(replace(output, code=rule.code, severity=output.severity or rule.severity))
    except Exception as error:  # noqa: BLE001  (any failure of a rule is ours, and is reported as UNKNOWN)
        reason = f"liveproof failed in {rule.code} ({type(error).__name__}: {error}); please report this"
        return Result(rule.code, rule.name, RuleVerdict.UNKNOWN, reason=reason)
    if findings:
        verdict, reason = RuleVerdict.FOUND, "; ".join(reasons)
    elif reasons:
        verdict, reason = RuleVerdict.UNKNOWN, "; ".join(dict.fromkeys(reasons))
    elif rule.severity.breaks and not holds:
        verdict, reason = RuleVerdict.UNKNOWN, f"nothing was there to see whether {_lowered(rule.condition)}"
    else:
        verdict, reason = RuleVerdict.OK, ""
    return Result(rule.code, rule.name, verdict, tuple(findings), reason, tuple(settled_by), tuple(holds))


def _lowered(sentence: str) -> str:
    """A sentence as it stands within another; a name such as PHP-FPM or Laravel keeps its capital."""
    return sentence if sentence[:2].isupper() or sentence.startswith(_NAMES) else sentence[:1].lower() + sentence[1:]


_NAMES = ("Laravel", "Composer", "OPcache")


def _nobody(facts: Facts) -> Unknown | None:
    """Why nothing can be said of the app's user; None when it is known."""
    app = facts.get(App)
    if not isinstance(app, App) or app.user:
        return None
    return Unknown(
        f"which user {app.path} runs as is not known, since no PHP-FPM pool of it was seen: name its user under "
        "[app] in the configuration"
    )


def links(
    rules: Iterable[Rule],
    results: Iterable[Result],
    unjudged: Iterable[tuple[Link, str]] = (),
    selected: tuple[str, ...] = (),
) -> tuple[LinkState, ...]:
    """The chain: each link with its verdict.

    A link is broken by a finding that breaks; unproven by a breaking rule that could not see or is disabled, and by
    what no rule judges (``unjudged``); proven when at least one rule on it answered and none of these happened. Release
    and caches may be not asked; the others are unproven then. Where only the ``selected`` rules were asked, a link is
    broken, unproven or not asked, never proven.
    """
    by_code = {rule.code: rule for rule in rules}
    grouped: dict[Link, list[Result]] = {link: [] for link in Link}
    for result in results:
        grouped[by_code[result.code].link].append(result)
    beside = tuple(unjudged)
    partly = f"only {', '.join(selected)} asked" if selected else ""
    return tuple(
        _link(link, grouped[link], [why for of, why in beside if of is link], by_code, partly) for link in Link
    )


def _link(
    link: Link, results: list[Result], unjudged: list[str], by_code: Mapping[str, Rule], partly: str
) -> LinkState:
    breaking = [f for result in results for f in result.findings if f.breaks]
    if breaking:
        codes = ", ".join(dict.fromkeys(finding.code for finding in breaking))
        return LinkState(link, LinkVerdict.BROKEN, codes)
    matters = [result for result in results if by_code[result.code].severity.breaks]
    asked = [result for result in results if result.verdict is not RuleVerdict.DISABLED]
    # A rule that found only a notice may have left something unseen as well; then it has a reason.
    unseen = [result.reason for result in matters if result.reason and result in asked]
    reasons = (*dict.fromkeys(unseen), *unjudged, *disabled(matters))
    if reasons:
        return LinkState(link, LinkVerdict.UNPROVEN, "; ".join(reasons))
    if partly:
        return LinkState(link, LinkVerdict.NOT_ASKED, partly)
    if any(not by_code[result.code].only_breaks for result in asked):
        return LinkState(link, LinkVerdict.PROVEN, "")
    if link in _NOT_ASKED:
        return LinkState(link, LinkVerdict.NOT_ASKED, _NOT_ASKED[link])
    return LinkState(link, LinkVerdict.UNPROVEN, "nothing here could be judged")


# The links that an app may do without; the others hold for every app, and one that nothing was asked of is not proven.
_NOT_ASKED = {
    Link.RELEASE: "no release is named and the app is not a git repository",
    Link.CACHES: "the app has no caches that liveproof knows",
}
