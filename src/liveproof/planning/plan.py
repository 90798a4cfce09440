"""Findings to a plan: the steps that fix them, merged, in the order of the seed. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from liveproof.model.codec import to_json
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.findings import Absent, Finding, Ref, Unknown
from liveproof.model.hashing import sha256
from liveproof.model.plan import Act, Plan, PlanOptions, Step
from liveproof.model.rule import Rule, arguments, needs
from liveproof.model.verdicts import Safety
from liveproof.planning.barred import barred
from liveproof.planning.merge import merge
from liveproof.planning.reloads import as_reload, closing_reloads, lives_by_reloads, moved_by, without_superseded
from liveproof.planning.signals import closing_signals
from liveproof.steps.merging import Contradiction, stricter

__all__ = ["Contradiction", "differences", "make_plan"]

_DEFAULT = PlanOptions()

# What steps are for: a finding that they fix, or the code of a rule that can see after them what it could not before.
_Aim = Finding | str
_StepsFor = dict[_Aim, tuple[Step, ...]]


def make_plan(app: AppExamination, rules: Iterable[Rule], options: PlanOptions = _DEFAULT) -> Plan:
    """The plan for one app: ``steps`` that ``options`` admit, ``held_back`` those they do not, the rest for a person.

    A finding is fixed wholly or not at all: one step that is not allowed holds back all steps of its finding, but for
    further steps, which are held back alone. Where files change that a pool keeps in memory, a graceful reload of the
    pool comes last. Nothing reloads a PHP-FPM whose pool would then listen where nginx does not pass to. What breaks
    nothing, and comes from nothing that does, changes a host only when notices are asked for. What a rule could not
    see, and can after a step, is planned as well (``settles``).

    Raises:
        Contradiction: two findings want the same path to have different owners, contents or targets.
    """
    by_code = {rule.code: rule for rule in rules}
    found = [finding for finding in _roots_first(app) if options.covers(finding.code)]
    sorting = _Sorting(options, frozenset() if options.notices else _alone(app))
    for finding in found:
        sorting.add(finding, *_steps(finding, by_code[finding.code], app, options))
    for code, settling, reason in _settling(app, options):
        if options.covers(code):
            sorting.add(code, settling, reason)
    mended, held, reasons = sorting.mended, sorting.held, sorting.reasons
    hidden = [f.code for f in found if by_code[f.code].hidden_by_memory and f not in mended]
    if hidden:
        for key, mending in list(mended.items()):
            mended[key] = tuple(_guarded(step, hidden) for step in mending)
            if not all(map(options.admits, mended[key])):
                held[key] = mended.pop(key)
    steps, late = _closed(app, mended, options, hidden)
    if late and lives_by_reloads(app):
        # Without the reload these would change the disk and not what is live: no better than before.
        waits = next((why for step in late if (why := moved_by(app, step))), "")
        for key in [key for key, mending in mended.items() if any(step.act.recompiles for step in mending)]:
            if waits:
                del mended[key]
                reasons[key] = waits
            else:
                held[key] = mended.pop(key)
        steps, late = _closed(app, mended, options, hidden)
    late = tuple(step for step in late if not moved_by(app, step))
    follows = _follows(found, mended, held, by_code)
    fixes = tuple(sorted({finding.code for finding in found if finding in mended}))
    settles = tuple(sorted({key for key in mended if isinstance(key, str)} - set(fixes)))
    return Plan(
        app.app.path,
        steps,
        _held_back([*(step for mending in held.values() for step in mending), *sorting.further, *late], steps),
        fixes,
        tuple((_code(aim), reason) for aim, reason in reasons.items() if aim not in follows),
        _digest(app.app.path, steps, [finding for finding in found if finding in mended], settles),
        tuple(dict.fromkeys((f.code, follows[f]) for f in found if f in follows)),
        _held_back(sorting.unasked, steps),
        settles,
    )


@dataclass(slots=True)
class _Sorting:
    """What becomes of each aim: reached, held back as not allowed, or left to a person.

    ``unasked`` are the steps for ``alone``, findings that break nothing and come from nothing that does.
    """

    options: PlanOptions
    alone: frozenset[Finding]
    mended: _StepsFor = field(default_factory=dict)
    held: _StepsFor = field(default_factory=dict)
    reasons: dict[_Aim, str] = field(default_factory=dict)
    further: list[Step] = field(default_factory=list)
    unasked: list[Step] = field(default_factory=list)

    def add(self, aim: _Aim, steps: tuple[Step, ...], reason: str) -> None:
        """Sort an aim in, with the steps that reach it or the reason why there are none."""
        if not steps:
            self.reasons[aim] = reason
        elif aim in self.alone:
            self.unasked += steps
        elif all(self.options.admits(step) for step in steps if not step.further):
            further = all(map(self.options.admits, steps))
            self.mended[aim] = tuple(step for step in steps if further or not step.further)
            self.further += [step for step in steps if step.further and not further]
        else:
            self.held[aim] = steps


def _alone(app: AppExamination) -> frozenset[Finding]:
    """The findings that stand in no diagnosis in which something breaks."""
    broken = [finding for diagnosis in app.diagnoses if diagnosis.breaks for finding in diagnosis.findings]
    return frozenset(_roots_first(app)) - {*broken, *(finding for finding in app.findings if finding.breaks)}


def _roots_first(app: AppExamination) -> list[Finding]:
    """Every finding once: each diagnosis's root, then what follows from it."""
    return list(dict.fromkeys((*(f for diagnosis in app.diagnoses for f in diagnosis.findings), *app.findings)))


def _steps(finding: Finding, rule: Rule, app: AppExamination, options: PlanOptions) -> tuple[tuple[Step, ...], str]:
    """The steps that fix a finding; without any the advice, or the reason why there are none."""
    advice = finding.advice or f"liveproof explain {finding.code} shows how"
    if rule.fix_function is None or rule.fix_safety is Safety.MANUAL:
        return (), advice
    wanted = {name: kind for name, kind in needs(rule.fix_function).items() if kind is not Finding}
    given = arguments(wanted, app.facts)
    if isinstance(given, Unknown | Absent):
        return (), f"{advice} (no plan was made: {given.reason})"
    try:
        made = [_prepared(step, finding.code, app, options) for step in rule.fix_function(finding, **given)]
    except Exception as error:  # noqa: BLE001  (any failure of a rule is ours; nothing is changed on the strength of it)
        return (), f"{advice} (liveproof failed in {rule.code}: {type(error).__name__}: {error}; please report this)"
    if any(step.safety is Safety.MANUAL for step in made):
        return (), advice
    reason = next((why for step in made if (why := barred(app, step))), "")
    if reason:
        return (), f"{reason} {advice}"
    return tuple(made), advice


def _prepared(step: Step, code: str, app: AppExamination, options: PlanOptions) -> Step:
    """The step on the app's real directory (the writer refuses to go through ``current``), as a reload if so wanted."""
    step = replace(step, act=step.act.on(lambda path: _resolved(path, app.app)), fixes=(code,))
    return as_reload(app, step) if options.reload else step


def _resolved(path: str, app: App) -> str:
    if path == app.path or path.startswith(f"{app.path}/"):
        path = app.real + path[len(app.path) :]
    return path.rstrip("/") or "/"


def _follows(found: list[Finding], mended: _StepsFor, held: _StepsFor, by_code: dict[str, Rule]) -> dict[Finding, str]:
    """Findings without steps whose cause is fixed, or goes with its own cause: finding to the cause's code."""
    follows: dict[Finding, str] = {}
    grew = True
    while grew:
        grew = False
        for finding in found:
            if finding in mended or finding in held or finding in follows:
                continue
            for cause in found:
                gone = cause in mended or cause in follows
                named = by_code[finding.code].explained_by(finding, cause)
                if gone and named and cause is not finding:
                    follows[finding] = cause.code
                    grew = True
                    break
    return follows


def _guarded(step: Step, hidden: list[str]) -> Step:
    """A reload that would end what keeps the site alive is never safe."""
    if not step.act.empties_memory:
        return step
    cost = f"while {', '.join(hidden)} is not fixed, only what is in memory may keep the site alive"
    cost = f"{step.cost}; {cost}" if step.cost else cost
    return replace(step, cost=cost, safety=stricter(step.safety, Safety.DROPS))


def _code(aim: _Aim) -> str:
    return aim if isinstance(aim, str) else aim.code


def _settling(app: AppExamination, options: PlanOptions) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """The code of each rule that could not see something, and the steps after which it can, or why they must wait."""
    for result in app.results:
        steps = tuple(_prepared(step, result.code, app, options) for step in result.settled_by)
        waits = next((why for step in steps if (why := moved_by(app, step))), "")
        if steps:
            yield result.code, () if waits else steps, waits


def _closed(
    app: AppExamination, mended: _StepsFor, options: PlanOptions, hidden: list[str]
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The merged steps with the reloads that end them, and the reloads that are not allowed."""
    steps = merge(step for mending in mended.values() for step in mending)
    closing = (*closing_reloads(app, steps), *closing_signals(app, steps)) if steps else ()
    if options.reload:
        closing = tuple(as_reload(app, step) for step in closing)
    if hidden:
        closing = tuple(_guarded(step, hidden) for step in closing)
    allowed = [step for step in closing if options.admits(step) and not moved_by(app, step)]
    return without_superseded(app, merge((*steps, *allowed))), merge(step for step in closing if step not in allowed)


def _held_back(everything: list[Step], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    try:
        merged = merge(everything)
    except Contradiction:  # told when they are asked for
        merged = tuple(dict.fromkeys(everything))
    planned = {step.act for step in steps}
    return tuple(step for step in merged if step.act not in planned)


def _lasting(about: Iterable[Ref]) -> Iterator[Ref]:
    return (ref for ref in about if ref.kind not in ("process", "file"))


def _digest(path: str, steps: tuple[Step, ...], mended: list[Finding], settles: tuple[str, ...]) -> str:
    """What the plan stands on: its acts with all they expect to find, the findings that they fix, what they settle.

    What moves by itself on a busy host is left out: times, counts in messages, process ids, findings of others, and
    the files that a finding names: an act holds those that it touches, and more files that PHP has compiled in the
    meantime are no other reason to reload it.
    """
    about = [
        [f.code, f.severity.value if f.severity else "", sorted([r.kind, r.id] for r in _lasting(f.about))]
        for f in mended
    ]
    acts = [[to_json(step.act.lasting(), Act), step.safety.value] for step in steps]
    return sha256(json.dumps([path, acts, sorted(about), settles], sort_keys=True).encode())


def differences(old: Plan, new: Plan) -> Iterator[str]:
    """What two plans do not have in common, in words."""
    before, now = {*old.fixes, *old.settles}, {*new.fixes, *new.settles}
    yield from (f"{code} is gone" for code in sorted(before - now))
    yield from (f"{code} has come" for code in sorted(now - before))
    planned, needed = {step.what for step in old.steps}, {step.what for step in new.steps}
    yield from (f"no longer needed: {what}" for what in sorted(planned - needed)[:3])
    yield from (f"needed now: {what}" for what in sorted(needed - planned)[:3])
