"""The command that a person runs next, as the plans for this very host say."""

from collections.abc import Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import allow_option
from liveproof.model.run_record import Record
from liveproof.report.content.findings import causes
from liveproof.report.content.remedy import NOT_PLANNED, SAFE, remedies
from liveproof.report.content.rule_pages import Pages
from liveproof.report.style.escaping import shown

# What the commands that may be offered next do.
_OFFERED = {SAFE.command: "shows what it would do, then asks", NOT_PLANNED.command: "shows what can be done"}
_COSTLY = "shows what it would do, and what it may cost, then asks"


def next_command(record: Record, pages: Pages) -> tuple[str, str] | None:
    """The command to run after a check with what it does; None where none helps."""
    apps = record.examination.apps
    if record.kind != "check":
        return None
    if any(causes(app.diagnoses) for app in apps):
        offer = _offer(record, pages)
        app = f" {quoted(apps[0].app.path)}" if len(apps) == 1 else ""
        return (f"{offer}{app}", _OFFERED.get(offer, _COSTLY)) if offer else None
    return next(_settling(record), None)


def _offer(record: Record, pages: Pages) -> str:
    """The command that fixes something of what was found; empty where only a person can."""
    commands = {
        known[finding.code].command
        for app in record.examination.apps
        for known in (remedies(record, pages, app.app.path),)
        for diagnosis in causes(app.diagnoses)
        for finding in diagnosis.findings
        if finding.code in known
    }
    for best in (SAFE.command, *sorted(c for c in commands if c.startswith(f"{SAFE.command} --allow ")), *_OFFERED):
        if best in commands:
            return best
    return ""


def _settling(record: Record) -> Iterator[tuple[str, str]]:
    """Commands after which something can be told that could not be seen, with what they do."""
    for app in record.examination.apps:
        unseen = {result.code for result in app.results if result.settled_by}
        for plan in (repair.plan for repair in record.repairs if repair.plan.app == app.app.path):
            for step in (*plan.steps, *plan.held_back):
                if unseen & set(step.fixes):
                    words = ("liveproof fix", allow_option([step]), quoted(plan.app))
                    yield " ".join(filter(None, words)), f"{shown(step.what)}, which settles it"
