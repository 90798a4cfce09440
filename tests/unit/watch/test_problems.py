"""problems.py: root causes to alerts, and what a check could not tell."""

from dataclasses import replace

from liveproof.model.verdicts import Severity
from liveproof.report.formats.json import document
from liveproof.rules import load
from liveproof.watch.problems import problems, unseen
from tests.golden import incident

RULES = load()


def _finding(code: str, severity: str, message: str = "it is broken", **more: object) -> dict[str, object]:
    return {
        "code": code, "severity": severity, "message": message, "about": [{"kind": "app", "id": "/a"}],
        "evidence": [{"source": "/a/x", "saw": "once: bad", "expected": ""}], "caused_by": [], **more,
    }  # fmt: skip


def _document(*findings: dict[str, object], roots: dict[str, list[str]], **answers: str) -> dict[str, object]:
    codes = {str(finding["code"]): "found" for finding in findings} | answers
    return {
        "apps": [
            {
                "path": "/a",
                "findings": list(findings),
                "results": [{"code": code, "verdict": verdict, "reason": ""} for code, verdict in codes.items()],
                "diagnoses": [{"root": root, "consequences": led, "why": "why"} for root, led in roots.items()],
            }
        ]
    }


def test_a_root_is_one_problem_with_what_follows_from_it() -> None:
    """Its severity is that of the worst of them."""
    found = problems(
        _document(
            _finding("FIL003", "high"), _finding("WIR001", "critical", "no answer"), roots={"FIL003": ["WIR001"]}
        ),
        RULES,
    )
    (problem,) = found
    assert (problem.code, problem.severity, problem.details) == ("FIL003", Severity.CRITICAL, ("WIR001  no answer",))
    assert problem.command == "liveproof fix /a"


def test_the_key_is_the_same_for_as_long_as_it_lasts() -> None:
    """Other files, other counts, and other words are the same problem; another pool is another one."""
    about = [{"kind": "pool", "id": "8.2/www"}, {"kind": "file", "id": "/a/1"}]
    other = [{"kind": "pool", "id": "8.3/www"}]
    one = _finding("FPM001", "critical", "one", about=about)
    keys = [
        problems(_document(finding, roots={"FPM001": []}), RULES)[0].key
        for finding in (one, {**one, "message": "two", "about": about[:1]}, {**one, "about": other})
    ]
    assert keys[0] == keys[1] != keys[2]


def test_notices_are_told_only_where_their_rule_wants_it() -> None:
    """The hit ratio as one alert, an error in a log each by itself; other notices not at all."""
    evidence = [
        {"source": "/a/l", "saw": f"{n} times: error {name}", "expected": ""} for n, name in ((2, "x"), (3, "y"))
    ]
    roots: dict[str, list[str]] = {"OPC009": [], "OPC013": [], "LAR015": []}
    found = problems(
        _document(
            _finding("OPC009", "notice"), _finding("OPC013", "notice"), _finding("LAR015", "notice", evidence=evidence),
            roots=roots,
        ),
        RULES,
    )  # fmt: skip
    assert [(problem.code, problem.severity) for problem in found] == [
        ("OPC009", Severity.MEDIUM), ("LAR015", Severity.MEDIUM), ("LAR015", Severity.MEDIUM),
    ]  # fmt: skip
    again = [{**each, "saw": str(each["saw"]).replace("2 times", "9 times")} for each in evidence]
    later = problems(_document(_finding("LAR015", "notice", evidence=again), roots={"LAR015": []}), RULES)
    assert {problem.key for problem in later} == {problem.key for problem in found[1:]}


def test_a_notice_that_has_causes_of_its_own_is_told_with_them() -> None:
    """What nginx logged while PHP-FPM was down is nothing by itself."""
    finding = _finding("LAR015", "notice", caused_by=["FPM001"])
    assert problems(_document(finding, roots={"LAR015": []}), RULES) == ()


def test_what_was_not_asked_or_not_seen_stays_open() -> None:
    """Only a rule that answered can say that a problem is over."""
    (problem,) = problems(_document(_finding("FIL003", "high"), roots={"FIL003": []}), RULES)
    assert not unseen(_document(roots={}, FIL003="ok"))(problem)
    assert unseen(_document(roots={}, FIL003="unknown"))(problem)
    assert unseen(_document(roots={}, FIL001="ok"))(problem)
    assert unseen(_document(roots={}, FIL003="ok"))(replace(problem, app="/b"))


def test_a_real_document() -> None:
    """The incident as `check --format json` writes it."""
    found = problems(document(incident.broken()), RULES)
    assert {problem.code for problem in found} == {"OPC002", "SYS001"}
    assert all(problem.what and problem.command for problem in found)
    assert problems(document(incident.fixed()), RULES) == ()
