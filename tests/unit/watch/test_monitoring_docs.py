"""The dashboard and the alert rules ask for series that exist; promtool tries the rules in the live tests."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from liveproof.report.metrics.catalogue import CATALOGUE
from liveproof.rules import load
from liveproof.watch.metrics.metrics import Metrics

DOCS = Path(__file__).parents[3] / "docs" / "monitoring"
_NAME = r"\bliveproof_\w+"


def known() -> dict[str, set[str]]:
    """Every metric with its labels."""
    metrics = Metrics(load())
    names = {metric.name: set(metric.labels) for metric in CATALOGUE}
    names |= {name: set() for name in re.findall(r"^# TYPE (\w+)", metrics.text().decode(), re.MULTILINE)}
    histograms = re.findall(r"^# TYPE (\w+) histogram", metrics.text().decode(), re.MULTILINE)
    return names | {f"{name}_bucket": {"le"} for name in histograms}


@pytest.mark.parametrize("name", ["liveproof.rules.yml", "liveproof.rules.test.yml", "grafana-dashboard.json"])
def test_only_series_that_exist_are_asked_for(name: str) -> None:
    """A metric that is renamed would leave an alert that never fires."""
    asked = set(re.findall(_NAME, (DOCS / name).read_text()))
    assert asked
    assert asked <= known().keys() | {"liveproof_watch_process_resident_memory_bytes"}


def test_the_page_names_every_metric() -> None:
    """And no other."""
    told = set(re.findall(_NAME, (DOCS / "README.md").read_text()))
    own = {name for name in known() if name.startswith("liveproof_watch_") and not name.endswith("_bucket")}
    assert told == {metric.name for metric in CATALOGUE} | own


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """Every panel and variable asks the data source that was chosen, and no id comes twice."""
    dashboard: dict[str, Any] = json.loads((DOCS / "grafana-dashboard.json").read_text())
    assert dashboard["id"] is None
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_every_alert_is_tried() -> None:
    """Each rule has a case in which it fires, and one in which it does not."""
    rules = re.findall(r"- alert: (\w+)", (DOCS / "liveproof.rules.yml").read_text())
    cases = (DOCS / "liveproof.rules.test.yml").read_text()
    assert rules
    for rule in rules:
        assert re.search(rf"alertname: {rule}\n +exp_alerts:\n +- exp_labels", cases), rule
