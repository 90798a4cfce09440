r"""The JSON contract ``liveproof/1``: what other programs may rely on; schema/liveproof-1.schema.json describes it.

Fields are added, never changed or taken away. All of it is ASCII, so no name of a file can drive a terminal; names
that are not UTF-8 show their bytes as ``\xNN``.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from liveproof.model.codec import Cut, to_json
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.plan import Step
from liveproof.model.run_record import Record, Repair
from liveproof.model.secrets import hide_all
from liveproof.report.formats import Context
from liveproof.report.style.escaping import utf8
from liveproof.report.style.times import iso

SCHEMA = "liveproof/1"
# Cuts nothing, but leaves out what may hold secrets: the new content of a file is reported as its diff.
_WHOLE = Cut(sys.maxsize, sys.maxsize)
# Entries of a step that are listed: a run may change a quarter of a million.
_LISTED = 1000


def render(record: Record, context: Context) -> str:
    """The document of one run as text; with ``timings`` in seconds where they were asked for."""
    whole = document(record)
    if context.timings:
        whole["timings"] = {name: round(seconds, 6) for name, seconds in context.timings}
    return dumps(whole)


def document(record: Record) -> dict[str, Any]:
    """The document of one run; that of a fix has ``plan``, ``outcome``, ``before`` and ``after`` as well."""
    result = {
        "schema": SCHEMA,
        "liveproof": record.version,
        "run": record.id,
        **_examination(record.examination),
    }
    if record.kind != "check":
        result["plan"] = [_plan(repair) for repair in record.repairs]
        result["outcome"] = [_outcome(repair) for repair in record.repairs if repair.outcome]
        result["before"] = _examination(record.before) if record.before else None
        changed = any(repair.outcome for repair in record.repairs)
        result["after"] = _examination(record.examination) if changed or record.kind == "rollback" else None
    cleaned: dict[str, Any] = clean(hide_all(result))
    return cleaned


def dumps(document: dict[str, Any]) -> str:
    """The document as text with a newline at its end."""
    return json.dumps(document, indent=2) + "\n"


def _examination(examination: Examination) -> dict[str, Any]:
    return {
        "verdict": examination.verdict.value,
        "release_compared": examination.release_compared,
        "selected": list(examination.selected),
        "nothing_found": examination.nothing_found,
        "host": examination.host,
        "started": iso(examination.started),
        "seconds": round(examination.seconds, 4),
        "reason": examination.reason,
        "apps": [_app(app) for app in examination.apps],
    }


def _app(app: AppExamination) -> dict[str, Any]:
    return {
        "path": app.app.path,
        "verdict": app.verdict.value,
        "release_compared": app.release_compared,
        "links": [to_json(state) for state in app.links],
        "results": [
            {"code": r.code, "rule": r.rule, "verdict": r.verdict.value, "reason": r.reason, "holds": list(r.holds)}
            for r in app.results
        ],
        "unjudged": [{"link": link.value, "reason": reason} for link, reason in app.unjudged],
        "findings": [to_json(finding) for finding in app.findings],
        "diagnoses": [
            {
                "root": diagnosis.root.code,
                "consequences": list(dict.fromkeys(finding.code for finding in diagnosis.consequences)),
                "why": diagnosis.why,
            }
            for diagnosis in app.diagnoses
        ],
    }


def _plan(repair: Repair) -> dict[str, Any]:
    plan = repair.plan
    result: dict[str, Any] = to_json(replace(plan, steps=(), held_back=(), notices=()), cut=_WHOLE)
    for kind in ("steps", "held_back", "notices"):
        result[kind] = [{"what": step.what, **_step(step)} for step in getattr(plan, kind)]
    return result


def _step(step: Step) -> dict[str, Any]:
    """A step; of very many entries only the first, with ``more`` that are not listed."""
    entries, act = getattr(step.act, "entries", ()), step.act
    listed: Any = replace(act, entries=entries[:_LISTED]) if len(entries) > _LISTED else act  # type: ignore[type-var]
    result: dict[str, Any] = to_json(replace(step, act=listed), cut=_WHOLE)
    if listed is not act:
        result["act"]["more"] = len(entries) - _LISTED
    return result


def _outcome(repair: Repair) -> dict[str, Any]:
    assert repair.outcome
    return {"app": repair.plan.app, **to_json(repair.outcome)}


def clean(value: Any) -> Any:
    """The value with only such texts as UTF-8 can carry."""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, dict):
        return {key: clean(part) for key, part in value.items()}
    if isinstance(value, list):
        return [clean(part) for part in value]
    return value


def _links(examination: Examination | None) -> dict[str, str] | None:
    """The verdict of each link; null where the app was not examined."""
    if examination is None or len(examination.apps) != 1:
        return None
    return {state.link.value: state.verdict.value for state in examination.apps[0].links}


def rollback_document(
    version: str, done: tuple[Any, ...], looked: Sequence[tuple[str, Examination | None, Examination | None]]
) -> dict[str, Any]:
    """The document of a rollback: for each run what was put back and what was left alone; each app before and after."""
    result = {
        "schema": SCHEMA,
        "liveproof": version,
        "rolled_back": [
            {
                "run": back.run,
                "complete": back.complete,
                "restored": back.restored,
                "refused": [{"path": path, "reason": reason} for path, reason in back.refused],
                "notes": list(back.notes),
            }
            for back in done
        ],
        "apps": [{"path": path, "before": _links(before), "after": _links(after)} for path, before, after in looked],
    }
    cleaned: dict[str, Any] = clean(hide_all(result))
    return cleaned
