"""A whole run as JSON and back: what a report needs of it, long lists and texts cut, without secrets."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from liveproof.model.codec import Cut, from_json, to_json
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.apps import App
from liveproof.model.run_record import Record, Repair
from liveproof.model.secrets import hide_all
from liveproof.store.fact_records import facts_from_json, facts_to_json

# A run is kept for its report: of the tens of thousands of paths of a large app a report shows a few.
_ITEMS, _TEXT = 200, 4000
_WHOLE = Cut(sys.maxsize, sys.maxsize)


def record_to_json(record: Record) -> dict[str, Any]:
    """The run as it is kept."""
    cut = Cut(_ITEMS, _TEXT)
    result = {
        "id": record.id,
        "kind": record.kind,
        "version": record.version,
        "examination": _examination_to_json(record.examination, cut),
        "before": _examination_to_json(record.before, cut) if record.before else None,
        "repairs": [to_json(repair, cut=_WHOLE) for repair in record.repairs],  # its script must name every path
    }
    collected: dict[str, Any] = hide_all({**result, "cuts": record.cuts + cut.cuts})
    return collected


def record_from_json(data: Mapping[str, Any]) -> Record:
    """The run that was kept so.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, ImportError: it was written by another version.
    """
    return Record(
        data["id"],
        data["kind"],
        data["version"],
        _examination_from_json(data["examination"]),
        _examination_from_json(data["before"]) if data["before"] else None,
        tuple(from_json(Repair, repair) for repair in data["repairs"]),
        data["cuts"],
    )


def _examination_to_json(examination: Examination, cut: Cut) -> dict[str, Any]:
    result = {
        f.name: to_json(getattr(examination, f.name), f.type, cut) for f in fields(Examination) if f.name != "apps"
    }
    return {**result, "apps": [_app_to_json(app, cut) for app in examination.apps]}


def _examination_from_json(data: Mapping[str, Any]) -> Examination:
    given = {f.name: from_json(f.type, data[f.name]) for f in fields(Examination) if f.name != "apps"}  # type: ignore[arg-type]
    return Examination(**given, apps=tuple(_app_from_json(app) for app in data["apps"]))


def _app_to_json(app: AppExamination, cut: Cut) -> dict[str, Any]:
    result = {f.name: to_json(getattr(app, f.name), f.type, cut) for f in fields(AppExamination) if f.name != "facts"}
    return {**result, "facts": facts_to_json(app.facts, cut)}


def _app_from_json(data: Mapping[str, Any]) -> AppExamination:
    kinds: dict[str, Any] = {f.name: f.type for f in fields(AppExamination) if f.name in data and f.name != "facts"}
    given = {name: from_json(kind, data[name]) for name, kind in kinds.items()}
    return AppExamination(**given, facts={App: given["app"], **facts_from_json(data["facts"])})
