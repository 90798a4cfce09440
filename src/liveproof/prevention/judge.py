"""Facts and results to the checklist. Pure."""

from collections.abc import Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.model.findings import Absent, Finding, Unknown
from liveproof.model.rule import Rule, arguments, needs
from liveproof.model.verdicts import RuleVerdict, Safety
from liveproof.prevention.item import Item, Judged, Seen, State
from liveproof.report.content.host_names import Place, place

_MOST = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules of an item say: their findings, and why one could not see or was not asked."""

    findings: tuple[Finding, ...] = ()
    unseen: str = ""


def judge(
    app: AppExamination, facts: Mapping[type, object], items: Iterable[Item], rules: Iterable[Rule]
) -> tuple[Judged, ...]:
    """Each item as it stands for one app; ``facts`` are the app's with those that only the checklist needs."""
    rules = tuple(rules)
    names = place(app)
    return tuple(_judged(item, app, {**facts, Place: names}, rules) for item in items)


def _judged(item: Item, app: AppExamination, facts: Mapping[type, object], rules: tuple[Rule, ...]) -> Judged:
    codes = tuple(rule.code for rule in rules if rule.prevents == item.name)
    results = [result for result in app.results if result.code in codes]
    findings = tuple(finding for result in results for finding in result.findings)
    blind = (RuleVerdict.UNKNOWN, RuleVerdict.DISABLED)
    unseen = "; ".join(dict.fromkeys(one.reason for one in results if one.verdict in blind and one.reason))
    found = Found(findings, unseen)
    seen = _seen(item, found, {**facts, Found: found}, absent=bool(codes) and not results)
    fixed = {rule.code for rule in rules if rule.fix_function and rule.fix_safety is not Safety.MANUAL}
    return Judged(item.name, item.title, seen, tuple(sorted(fixed & {one.code for one in findings})))


def _seen(item: Item, found: Found, facts: Mapping[type, object], *, absent: bool) -> Seen:
    assert item.function is not None
    wanted = needs(item.function)
    if found.findings and Found not in wanted.values():
        return _open(found.findings)
    if found.unseen and not found.findings:
        return Seen(State.UNKNOWN, found.unseen)
    given = Absent("nothing of it is on this host") if absent else arguments(wanted, facts)
    if isinstance(given, Absent | Unknown):
        return Seen(State.NOT_APPLICABLE if isinstance(given, Absent) else State.UNKNOWN, given.reason)
    try:
        return item.function(**given)
    except Exception as error:  # noqa: BLE001  (a bug of ours must neither hide an open item nor end the command)
        reason = f"liveproof failed in {item.name} ({type(error).__name__}: {error}); please report this"
        return Seen(State.UNKNOWN, reason)


def _open(findings: tuple[Finding, ...]) -> Seen:
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    advice = tuple(dict.fromkeys(finding.advice for finding in findings if finding.advice))[:_MOST]
    return Seen(State.OPEN, f"{first.message.rstrip('.')}{more}", advice)
