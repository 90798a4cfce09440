"""diagnose.py: which finding is a root, and what follows."""

from dataclasses import replace

from liveproof.diagnose import diagnose
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

APP, OTHER = Ref("app", "/a"), Ref("app", "/b")
RULES = (
    Rule("SYS901", Severity.HIGH),
    Rule("FIL901", Severity.HIGH, caused_by=("SYS901",)),
    Rule("FIL902", Severity.MEDIUM, caused_by=("FIL901",)),
    Rule("LAR901", Severity.CRITICAL, caused_by=("FIL902", "FIL901")),
)


def _finding(code: str, about: Ref = APP) -> Finding:
    severity = next(rule.severity for rule in RULES if rule.code == code)
    return Finding(code, (about,), (Evidence("stat", "root"),), code=code, severity=severity)


def _told(*findings: Finding) -> dict[str, list[str]]:
    return {d.root.code: [f.code for f in d.consequences] for d in diagnose(RULES, findings)}


def test_a_chain_has_one_root() -> None:
    """What follows from what follows is told under the root."""
    found = [_finding(code) for code in ("LAR901", "FIL902", "FIL901", "SYS901")]
    assert _told(*found) == {"SYS901": ["LAR901", "FIL901", "FIL902"]}


def test_a_cause_that_was_not_found_explains_nothing() -> None:
    """An edge holds only between findings that are both there."""
    assert _told(_finding("FIL902")) == {"FIL902": []}


def test_a_cause_elsewhere_explains_nothing() -> None:
    """An edge holds only between findings that share a Ref."""
    assert _told(_finding("FIL901"), _finding("FIL902", OTHER)) == {"FIL901": [], "FIL902": []}


def test_a_gap_in_the_chain_is_crossed_only_by_a_named_cause() -> None:
    """LAR901 names FIL901 itself, so it follows without FIL902."""
    assert _told(_finding("LAR901"), _finding("FIL901")) == {"FIL901": ["LAR901"]}


def test_edges_are_told_in_words() -> None:
    """The why names cause, effect and what they share."""
    (diagnosis,) = diagnose(RULES, [_finding("FIL902"), _finding("FIL901")])
    assert diagnosis.why == "FIL901 led to FIL902 (app /a)"


def test_worst_root_comes_first() -> None:
    """Roots are in the order of their severity."""
    found = diagnose(RULES, [_finding("FIL902"), _finding("LAR901", OTHER)])
    assert [diagnosis.root.code for diagnosis in found] == ["LAR901", "FIL902"]


def test_a_finding_may_name_fewer_causes_than_its_rule() -> None:
    """A dead PHP-FPM explains a 502, and a directory that cannot be written does not."""
    narrow = replace(_finding("LAR901"), caused_by=("FIL902",))
    assert _told(narrow, _finding("FIL901")) == {"FIL901": [], "LAR901": []}
    assert _told(narrow, _finding("FIL902"))["FIL902"] == ["LAR901"]
