"""The reports, word for word, and what must hold of each of them."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from markdown_it import MarkdownIt

from liveproof.report.style.escaping import visible
from tests.golden import hostile
from tests.golden.contracts import SCHEMAS, refuse_other
from tests.golden.reports import HERE, REPORTS, steady

SECTIONS = 14


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Every report, made once."""
    with steady():
        return {name: make() for name, make in REPORTS.items()}


def slug(heading: str) -> str:
    """The anchor of a heading as GitHub makes it."""
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c == "-")


@pytest.mark.parametrize("name", REPORTS)
def test_report_is_the_golden_one(name: str, made: dict[str, str]) -> None:
    """Word for word; `python -m tests.golden` writes them anew when a change is meant."""
    assert made[name] == (HERE / name).read_text(encoding="utf-8")


def test_no_report_is_forgotten() -> None:
    """Every golden file belongs to a report."""
    assert {
        path.name
        for path in HERE.iterdir()
        if path.suffix in (".txt", ".json", ".jsonl", ".md", ".prom", ".xml", ".sarif")
    } == set(REPORTS)


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".json")])
def test_json_keeps_the_contract(name: str, made: dict[str, str]) -> None:
    """The schema describes every field that is told, and the text is plain ASCII."""
    refuse_other(json.loads(made[name]), "liveproof-1")
    assert made[name].isascii()


def test_each_line_of_the_history_keeps_its_contract(made: dict[str, str]) -> None:
    """Every kind of event is in it, each as the schema describes it, and the text is plain ASCII."""
    lines = [json.loads(text) for text in made["history.jsonl"].splitlines()]
    for each in lines:
        refuse_other(each, "liveproof-history-1")
    assert {each["event"] for each in lines} == {"run", "alert", "deploy"}
    assert made["history.jsonl"].isascii()


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_schema_itself_is_right(path: Path) -> None:
    """It is a valid JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_the_history_fits_into_80_columns(made: dict[str, str]) -> None:
    """Text, timeline and charts; a long word is not broken."""
    for name in ("history-80.txt", "history-links.txt", "history-hit-ratio.txt", "history-findings.txt"):
        assert all(len(line) <= 80 for line in made[name].split("\n") if " " in line.strip()), name


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_carries_what_drives_a_terminal(name: str, made: dict[str, str]) -> None:
    """No control or direction character but the newline, whatever a file is called."""
    assert all(line.isprintable() for line in made[name].split("\n"))
    made[name].encode()


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_tells_a_secret(name: str, made: dict[str, str]) -> None:
    """Neither the answer's body nor a value behind a secret's name."""
    assert not any(secret in made[name] for secret in hostile.SECRETS)


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".github.txt")])
def test_github_reads_one_command_a_line(name: str, made: dict[str, str]) -> None:
    """A host's text begins no command of its own, and each property ends where it should."""
    for text in made[name].splitlines():
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,]+::.+", text), text
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", text), text


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".xml")])
def test_junit_counts_what_it_holds(name: str, made: dict[str, str]) -> None:
    """It is XML, no test stands in it twice, and it fails where the run does."""
    root = ET.fromstring(made[name])
    cases = [case.get("name") for case in root.iter("testcase")]
    assert int(root.get("tests", "")) == len(cases) > 0
    assert int(root.get("failures", "")) == len(list(root.iter("failure")))
    assert int(root.get("errors", "")) == len(list(root.iter("error")))
    assert (int(root.get("failures", "")) + int(root.get("errors", "")) > 0) == (
        not root.get("name", "").startswith("liveproof: PROVEN")
    )


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".sarif")])
def test_sarif_is_as_the_standard_wants(name: str, made: dict[str, str]) -> None:
    """What is not a fault has no level; a rule's index leads to it; URIs are percent-encoded; all of it is ASCII."""
    (run,) = json.loads(made[name])["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
        assert result["message"]["text"]
        for place in result["locations"]:
            uri = place.get("physicalLocation", {"artifactLocation": {"uri": "file:///"}})["artifactLocation"]["uri"]
            assert re.fullmatch(r"file:///[A-Za-z0-9/._~%-]*", uri), uri
    assert made[name].isascii()


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".md")])
def test_markdown_cannot_be_forged(name: str, made: dict[str, str]) -> None:
    """A host's text makes no heading, no HTML and no row of a table."""
    tokens = MarkdownIt("commonmark").enable("table").parse(made[name])
    inline = [child for token in tokens for child in token.children or []]
    assert not {token.type for token in (*tokens, *inline)} & {"html_block", "html_inline", "image"}
    anchors = {str(token.attrs["href"]) for token in inline if token.type == "link_open"}
    headings = {slug(line[3:]) for line in made[name].split("\n") if line.startswith("## ")}
    assert anchors <= {f"#{heading}" for heading in headings}
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h2") == SECTIONS


def test_a_hostile_name_is_told_whole(made: dict[str, str]) -> None:
    """What was shown of it is exactly what may be shown, wherever it stands."""
    tokens = MarkdownIt("commonmark").enable("table").parse(made["hostile.md"])
    spans = {child.content for token in tokens for child in token.children or [] if child.type == "code_inline"}
    assert visible(hostile.NAME) in spans
    assert f"{visible(hostile.NAME)}/app.php" in spans


@pytest.mark.parametrize("name", ["broken.md", "fixed.md"])
def test_markdown_has_every_section_of_the_seed(name: str, made: dict[str, str]) -> None:
    """The sections of the document that this project began with, in its order."""
    headings = [
        line[3:].partition(":")[0].partition(" (")[0] for line in made[name].split("\n") if line.startswith("## ")
    ]
    assert headings == [
        "Executive summary",
        "Verification results",
        "Before and after",
        "Technical analysis",
        "OPcache settings",
        "Fix applied",
        "100% verification steps",
        "Prevention checklist",
        "Monitoring and alerting recommendations",
        "Troubleshooting guide",
        "Quick reference",
        "Performance impact",
        "Support information",
        "Deployment status",
    ]


@pytest.mark.parametrize("name", [name for name in REPORTS if name.endswith(".md")])
def test_the_table_of_contents_leads_to_sections(name: str, made: dict[str, str]) -> None:
    """Each entry to one that is there."""
    entries = [line for line in made[name].split("\n") if line.startswith("- [") and "](#" in line]
    assert len(entries) == 11
    assert "- [100% verification steps](#100-verification-steps)" in entries


def test_words_are_the_same_on_a_terminal_and_in_a_pipe(made: dict[str, str]) -> None:
    """Wrapping and colour change no word."""
    assert made["broken-80.txt"].split() == made["broken.txt"].split()
    assert made["fixed-80.txt"].split() == made["fixed.txt"].split()


def test_a_terminal_of_80_columns_is_enough(made: dict[str, str]) -> None:
    """Nothing but a command, which must stay whole, is wider than the terminal."""
    wide = [line for line in made["broken-80.txt"].split("\n") if len(line) > 80]
    assert all("liveproof " in line for line in wide)


def test_the_first_screen_fits_80x24_with_five_causes(made: dict[str, str]) -> None:
    """With the prompt below it, and the command to run as its last line."""
    lines = made["screen-five-causes-80.txt"].rstrip().split("\n")
    assert len(lines) <= 23
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1].startswith("Run   liveproof fix /var/www/api-gateway")


def test_the_first_screen_names_first_what_visitors_notice_first(made: dict[str, str]) -> None:
    """Old code in memory before stale caches before owners on disk."""
    codes = [line.split()[0] for line in made["screen-five-causes-80.txt"].split("\n") if line[3:6].isupper()]
    assert [code for code in codes if code[3:].isdigit()] == ["OPC002", "LAR002", "FIL001", "FIL003", "SYS001"]


def test_the_status_of_one_app_fits_80x24(made: dict[str, str]) -> None:
    """Also where it goes through a pipe; of several apps no line is wider either, but for names that are one word."""
    lines = made["status.txt"].rstrip().split("\n")
    assert len(lines) <= 23
    assert all(len(line) <= 80 for line in lines)
    assert all(len(line) <= 80 for line in made["status-several-80.txt"].split("\n") if "liveproof " not in line)
