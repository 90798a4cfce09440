"""A run as annotations of a GitHub Actions step: workflow commands, which the runner reads from the log.

A line for each root cause, for each thing that could not be seen, and for each app's verdict. GitHub shows ten
annotations of each kind for a step; the whole log has them all.
"""

from collections.abc import Iterator
from typing import Literal

from liveproof.model.examination import AppExamination
from liveproof.model.findings import Diagnosis
from liveproof.model.run_record import Record
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.next_command import next_command
from liveproof.report.content.remedy import BY_HAND, Remedies, remedies
from liveproof.report.content.unseen import left_out, unseen
from liveproof.report.content.verdict import headline, meaning
from liveproof.report.formats import Context
from liveproof.report.style.escaping import shown

_Level = Literal["error", "warning", "notice"]
_LEVELS: dict[LinkVerdict, _Level] = {LinkVerdict.PROVEN: "notice", LinkVerdict.BROKEN: "error"}


def render(record: Record, context: Context) -> str:
    """The workflow commands of one run, causes first."""
    return "".join(f"{line}\n" for line in _commands(record, context))


def _commands(record: Record, context: Context) -> Iterator[str]:
    examination = record.examination
    for app in examination.apps:
        yield from _app(app, context, remedies(record, context.pages, app.app.path))
    for of in examination.apps or (examination,):
        where = f" {of.app.path}" if isinstance(of, AppExamination) else ""
        what = meaning(of) if examination.apps else examination.reason or "no app was examined"
        yield _command(_LEVELS.get(of.verdict, "warning"), f"{headline(of)}{where}", what)
    offer = next_command(record, context.pages)
    if offer:
        yield _command("notice", "next", f"{offer[0]} ({offer[1]})")


def _app(app: AppExamination, context: Context, fixes: Remedies) -> Iterator[str]:
    for diagnosis in app.diagnoses:
        page = context.pages.get(diagnosis.root.code)
        title = f"{diagnosis.root.code} {page.title.rstrip('.') if page else ''}".strip()
        yield _command("error" if diagnosis.breaks else "notice", title, _cause(app, diagnosis, fixes))
    for reason, codes in unseen(app).items():
        yield _command("warning", f"not checked: {', '.join(codes)}", f"{app.app.path}: {reason}")
    for reason in left_out(app):
        yield _command("warning", "not judged", f"{app.app.path}: {reason}")


def _cause(app: AppExamination, diagnosis: Diagnosis, fixes: Remedies) -> str:
    root = diagnosis.root
    remedy = fixes.get(root.code, BY_HAND)
    led = ", ".join(dict.fromkeys(finding.code for finding in diagnosis.consequences))
    parts = [f"{app.app.path}: {root.message}"]
    parts += [f"led to {led}"] if led else []
    parts += [f"{remedy.command} {remedy.effect}"] if remedy.command else []
    parts += [root.advice] if root.advice else []
    return "; ".join(part.rstrip(".") for part in parts)


def _command(level: _Level, title: str, message: str) -> str:
    """One command. What a host's text may hold cannot end it, nor begin another one."""
    return f"::{level} title={_property(shown(title))}::{_data(shown(message))}"


def _data(text: str) -> str:
    """A message, escaped as actions/toolkit does (packages/core/src/command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property's value, escaped as there (escapeProperty)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
