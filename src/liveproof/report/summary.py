"""The first screen of a check: the verdict, each cause in a few lines, what was not seen, and the command to run.

It fits 80x24 with five causes. The whole report is ``liveproof check -v``.
"""

from collections.abc import Iterable, Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.findings import Diagnosis
from liveproof.model.plan import Plan, Step
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict, Safety, Severity
from liveproof.report.content.findings import causes
from liveproof.report.content.next_command import next_command
from liveproof.report.content.rule_pages import Pages
from liveproof.report.content.unseen import NEEDS_ROOT, left_out, unseen
from liveproof.report.content.verdict import STYLES, head_lines, headline, seen_first
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, line

_NEEDS_ROOT = (*NEEDS_ROOT, "Permission denied")
_FEW = 2  # causes up to which there is room for what each says of this very host
_REASONS = 3  # of what was not seen
_WIDTH = 56  # characters of a line of 80 columns that the columns before it leave
_COLUMN = 11

_COSTS = {
    Safety.SAFE: ("safe", "good"),
    Safety.CONFIG: ("edits configuration", "unsure"),
    Safety.DROPS: ("may drop requests", "unsure"),
    Safety.MANUAL: ("by hand", "unsure"),
}


def summary_lines(record: Record, pages: Pages, *, root: bool) -> Iterator[Line]:
    """The first screen of a run; ``root``: liveproof runs as root, so that commands need no sudo."""
    examination = record.examination
    blind = set() if root else _needing_root(examination.apps)
    if blind:
        asked = {r.code for app in examination.apps for r in app.results if r.verdict is not RuleVerdict.DISABLED}
        words = f"Not root: {len(blind)} of {len(asked)} rules cannot be checked. Run: "
        yield line((words, "unsure"), ("sudo liveproof check", "command"))
    yield from head_lines(examination)
    several = len(examination.apps) > 1
    for app in examination.apps:
        if several and app.verdict is LinkVerdict.PROVEN and not app.diagnoses and not left_out(app):
            continue  # the list above says it all
        plan = next((repair.plan for repair in record.repairs if repair.plan.app == app.app.path), None)
        yield BLANK
        if several:
            yield line((visible(app.app.path), "head"), "  ", (headline(app), STYLES[app.verdict]))
        yield from _app_lines(app, plan, pages)
    if examination.apps:
        yield BLANK
        yield from _last_lines(record, pages, sudo="" if root else "sudo ", blind=bool(blind))


def _needing_root(apps: Iterable[AppExamination]) -> set[str]:
    """The rules that could not see something that root sees."""
    return {r.code for app in apps for r in app.results if any(word in r.reason for word in _NEEDS_ROOT)}


def _app_lines(app: AppExamination, plan: Plan | None, pages: Pages) -> Iterator[Line]:
    yield from _links(app)
    found = sorted(causes(app.diagnoses), key=lambda diagnosis: _place(diagnosis, pages))
    if found:
        yield BLANK
        first = ", what visitors notice first" if len(found) > 1 else ""
        yield line((f"{len(found)} cause{'s' if len(found) > 1 else ''}{first}", "head"))
    for diagnosis in found:
        yield from _cause(diagnosis, _Here(app.app, plan, pages), more=len(found) <= _FEW)
    yield from _not_seen(app)
    notices = [diagnosis.root.code for diagnosis in app.diagnoses if not diagnosis.breaks]
    if notices:
        yield BLANK
        yield line(("Notices  ", "dim"), f"{', '.join(dict.fromkeys(notices))} (break nothing)", hang=9)


def _links(app: AppExamination) -> Iterator[Line]:
    """The six links, those of one verdict on one line."""
    for verdict in (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN, LinkVerdict.PROVEN, LinkVerdict.NOT_ASKED):
        states = [state for state in app.links if state.verdict is verdict]
        if not states or (app.selected and verdict is LinkVerdict.NOT_ASKED):
            continue
        words = ", ".join(state.link.value for state in states)
        if verdict is LinkVerdict.NOT_ASKED:
            words += f" ({shown(states[0].reason)})" if states[0].reason else ""
        loud = verdict in (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN)
        label = verdict.value.upper() if loud else verdict.value
        yield line((f"{label:<11}", STYLES[verdict]), words, indent=3, hang=_COLUMN)


def _place(diagnosis: Diagnosis, pages: Pages) -> tuple[int, int, str]:
    """Where a cause stands: first what visitors notice first, then the worst."""
    links = [pages[finding.code].link for finding in diagnosis.findings if finding.code in pages]
    severity = diagnosis.root.severity or Severity.MEDIUM
    return min(map(seen_first, links), default=len(Link)), severity.rank, diagnosis.root.code


@dataclass(frozen=True, slots=True)
class _Here:
    """The app, whose own path stands at the head and is not repeated, with the plan that would fix it."""

    app: App
    plan: Plan | None
    pages: Pages

    def cut(self, text: str, most: int = 2 * _WIDTH) -> str:
        """A text of this app as it is shown, in two lines at most."""
        for path in (self.app.real, self.app.path):
            text = text.replace(f"{path}/", "").replace(f" below {path}", "")
        return cut(shown(text), most)


def _cause(diagnosis: Diagnosis, here: _Here, *, more: bool) -> Iterator[Line]:
    """A cause: what it is, with ``more`` room what was seen here, and what fixes it."""
    root = diagnosis.root
    page = here.pages.get(root.code)
    style = "bad" if (root.severity or Severity.MEDIUM).breaks else "unsure"
    if page:
        yield line((f"{root.code:<8}", style), (page.title, "head"), indent=3, hang=8)
    if more or not page:
        yield line((f"{'' if page else root.code:<8}", style), here.cut(root.message), indent=3, hang=8)
    yield from _fix_line(diagnosis, here)


def _fix_line(diagnosis: Diagnosis, here: _Here) -> Iterator[Line]:
    codes = {finding.code for finding in diagnosis.findings}
    root, plan = diagnosis.root, here.plan
    page = here.pages.get(root.code)
    label = "fix: "
    text: list[str | tuple[str, str]]
    if plan and (steps := [step for step in (*plan.steps, *plan.held_back) if codes & set(step.fixes)]):
        cost, style = _COSTS[max((step.safety for step in steps), key=list(Safety).index)]
        rest = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        text = [here.cut(_main(steps, root.code).what, 2 * _WIDTH - 20), f"{rest} (", (cost, style), ")"]
    elif plan and (follows := [cause for code, cause in plan.follows if code in codes]):
        text = [f"goes away with {', '.join(dict.fromkeys(follows))}"]
    elif plan and codes & set(plan.fixes):
        text = ["with the others"]
    elif root.advice and (plan or page is None or page.safety is Safety.MANUAL):
        label, text = "by hand: ", [here.cut(root.advice)]
    else:
        label, text = "see: ", [(f"liveproof explain {root.code}", "command")]
    yield line((label, "dim"), *text, indent=11, hang=len(label))


def _main(steps: list[Step], root: str) -> Step:
    """The step that fixes the cause itself, else the first."""
    return next((step for step in steps if root in step.fixes), steps[0])


def _not_seen(app: AppExamination) -> Iterator[Line]:
    reasons = unseen(app)
    beside = left_out(app)
    if not reasons and not beside:
        return
    yield BLANK
    yield line(("Not seen, so not proven", "head"))
    shown_now = list(reasons.items())[:_REASONS]
    for reason, codes in shown_now:
        which = ", ".join(codes[:4]) + (f" and {len(codes) - 4} more" if len(codes) > 4 else "")
        yield line(f"{cut(shown(reason), 2 * _WIDTH)} ", (f"({which})", "dim"), indent=3)
    beside_now = beside[: max(_REASONS - len(shown_now), 1)]
    for text in beside_now:
        yield line(cut(shown(text), 2 * _WIDTH), indent=3)
    left = len(reasons) + len(beside) - len(shown_now) - len(beside_now)
    if left:
        yield line((f"and {left} more", "dim"), indent=3)


def _last_lines(record: Record, pages: Pages, *, sudo: str, blind: bool) -> Iterator[Line]:
    """Where the rest stands, and the one command to run."""
    apps = record.examination.apps
    app = f" {quoted(apps[0].app.path)}" if len(apps) == 1 else ""
    found = sorted((d for each in apps for d in causes(each.diagnoses)), key=lambda d: _place(d, pages))
    more = ["liveproof check -v"] if _has_more(apps) else []
    more += [f"liveproof explain {found[0].root.code}"] if found else []
    more += ["liveproof report"] if record.id else []
    if more:
        yield line(("More  ", "dim"), ", ".join(more), hang=6)
    command = next_command(record, pages)
    if blind:
        command = (f"liveproof check{app}", "sees what only root can see")
    if command:
        yield line(("Run   ", "head"), (f"{sudo}{command[0]}", "command"), f"  {command[1]}", hang=6)


def _has_more(apps: Iterable[AppExamination]) -> bool:
    return any(app.diagnoses or unseen(app) or left_out(app) for app in apps)


def cut(text: str, most: int) -> str:
    """A text of at most this many characters, ended at a word with an ellipsis where it is longer."""
    if len(text) <= most:
        return text
    head = text[: max(most - 4, 1)]
    return f"{head.rpartition(' ')[0] or head} ..."
