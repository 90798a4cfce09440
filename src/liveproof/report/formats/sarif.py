"""A run as SARIF 2.1.0 (OASIS), which code scanning reads: a result for each finding and for what could not be seen.

Files of the host are ``file:`` URIs; pools, processes and units are logical locations.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from liveproof.model.examination import AppExamination
from liveproof.model.findings import Finding, Ref, Result
from liveproof.model.run_record import Record
from liveproof.model.secrets import hide
from liveproof.model.verdicts import RuleVerdict, Severity
from liveproof.report.content.remedy import BY_HAND, remedies
from liveproof.report.content.rule_pages import Page, Pages
from liveproof.report.formats import Context
from liveproof.report.style.escaping import shown
from liveproof.report.style.times import iso

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.NOTICE: "note"}
_LOCATIONS = 100  # of a result; code scanning shows ten


def render(record: Record, context: Context) -> str:
    """The log of one run. It is ASCII."""
    examination = record.examination
    codes = sorted({result.code for app in examination.apps for result in app.results})
    results = [
        {**one, "ruleIndex": codes.index(one["ruleId"])}
        for app in examination.apps
        for one in _results(app, record, context.pages)
    ]
    run = {
        "tool": {
            "driver": {
                "name": "liveproof",
                "semanticVersion": record.version,
                "rules": [_rule(code, context.pages) for code in codes],
            }
        },
        "invocations": [
            {
                "executionSuccessful": bool(examination.apps),
                "startTimeUtc": iso(examination.started),
                "machine": shown(examination.host),
                **({"toolExecutionNotifications": [_notification(examination.reason)]} if examination.reason else {}),
            }
        ],
        "automationDetails": {"id": f"liveproof/{record.id}"},
        "results": results,
        "properties": {
            "verdict": examination.verdict.value,
            "apps": [{"path": shown(app.app.path), "verdict": app.verdict.value} for app in examination.apps],
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _notification(reason: str) -> dict[str, Any]:
    return {"level": "warning", "message": {"text": shown(reason)}}


def _rule(code: str, pages: Pages) -> dict[str, Any]:
    page = pages.get(code)
    if page is None:
        return {"id": code}
    return {
        "id": code,
        "name": "".join(word.title() for word in page.name.split("_")),
        "shortDescription": {"text": page.title},
        **_help(page),
        "defaultConfiguration": {"level": _LEVELS[page.severity]},
        "properties": {"tags": [page.link.value]},
    }


def _help(page: Page) -> dict[str, Any]:
    why = page.section("Why")
    if not why:
        return {}
    return {"fullDescription": {"text": " ".join(why.split())}, "help": {"text": page.text, "markdown": page.text}}


def _results(app: AppExamination, record: Record, pages: Pages) -> Iterator[dict[str, Any]]:
    fixes = remedies(record, pages, app.app.path)
    for result in app.results:
        for finding in result.findings:
            remedy = fixes.get(finding.code, BY_HAND)
            todo = f"{remedy.command} {remedy.effect}" if remedy.command else ""
            yield _found(app, finding, result, " ".join(filter(None, (todo, finding.advice))))
        if result.verdict is RuleVerdict.UNKNOWN or (result.verdict is RuleVerdict.FOUND and result.reason):
            yield {
                "ruleId": result.code,
                "kind": "open",
                "level": "none",
                "message": {"text": shown(f"not checked: {result.reason}")},
                "locations": [_location(Ref("app", app.app.path))],
            }


def _found(app: AppExamination, finding: Finding, result: Result, todo: str) -> dict[str, Any]:
    return {
        "ruleId": result.code,
        "kind": "fail",
        "level": _LEVELS[finding.severity or Severity.MEDIUM],
        "message": {"text": " ".join(filter(None, (shown(finding.message), shown(todo))))},
        "locations": [_location(ref) for ref in _places(app, finding)],
        "properties": {
            "app": shown(app.app.path),
            "evidence": [
                {"source": shown(each.source), "saw": shown(each.saw), "expected": shown(each.expected)}
                for each in finding.evidence[:_LOCATIONS]
            ],
        },
    }


def _places(app: AppExamination, finding: Finding) -> Sequence[Ref]:
    """What it is about, files first: viewers show the first place."""
    refs = sorted(dict.fromkeys(finding.about), key=lambda ref: ref.kind != "file")[:_LOCATIONS]
    return refs or [Ref("app", app.app.path)]


def _location(ref: Ref) -> dict[str, Any]:
    if ref.kind in ("file", "app") and ref.id.startswith("/"):
        uri = f"file://{quote(os.fsencode(hide(ref.id)))}"
        return {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    return {"logicalLocations": [{"kind": ref.kind, "fullyQualifiedName": shown(ref.id)}]}
