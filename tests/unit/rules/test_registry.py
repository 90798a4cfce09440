"""The registry: every rule keeps the law of the house."""

import ast
import re
import subprocess
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from liveproof import rules
from liveproof.model.questions import Question
from liveproof.model.rule import Rule, needs
from liveproof.model.verdicts import Safety, Severity
from liveproof.report.content import verification_table
from liveproof.report.content.host_names import NOWHERE
from liveproof.report.content.symptoms import SYMPTOMS
from tests import faults

REPOSITORY = Path(__file__).resolve().parents[3]

STARRED = frozenset(
    f"{family}{number:03}"
    for family, numbers in {
        "FIL": range(1, 7),
        "REL": (1, 7),
        "OPC": (1, 2, 9, 10, 12, 15),
        "FPM": (1, 2, 3, 6, 13),
        "NGX": (1, 4),
        "LAR": (1, 2, 3, 5, 6, 7, 11, 15),
        "WIR": (1, 3),
        "SYS": (1, 3),
    }.items()
    for number in numbers
)


def test_every_rule_that_the_seed_names_is_there() -> None:
    """No starred row of the catalogue is missing."""
    assert STARRED - {rule.code for rule in rules.load()} == set()


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.code) for rule in rules.load()])
def test_rule_keeps_the_law(rule: Rule) -> None:
    """A rule names the fault, and its signatures name facts by type."""
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert not rule.name.startswith(("check_", "fix_"))
    assert rule.page.splitlines()[0].endswith(".")
    for function in filter(None, (rule.check_function, rule.fix_function)):
        assert needs(function)
        assert all(not isinstance(kind, str) for kind in needs(function).values())
    assert (rule.fix_function is None) == (rule.fix_safety is Safety.MANUAL)


def test_every_rule_has_its_fault_and_no_fault_is_without_a_rule() -> None:
    """The fault bench can try each rule: break a host, see that it took, and make what only resembles it."""
    for rule in rules.load():
        module = faults.of(rule)
        assert all(callable(getattr(module, part, None)) for part in ("fault", "symptom", "lookalike")), rule.code
        assert (module.__doc__ or "").startswith(f"{rule.code}, {rule.name}")
    files = {path.stem for path in Path(faults.__file__).parent.glob("*/*.py") if path.stem != "__init__"}
    assert files == {rule.name for rule in rules.load()}


def test_the_wheel_carries_nothing_that_breaks_a_host(tmp_path: Path) -> None:
    """What is installed on production hosts is the package alone: no tests, no faults, no lab."""
    subprocess.run(
        ["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, REPOSITORY], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            assert name.startswith(("liveproof/", "liveproof-")), name
            text = archive.read(name).decode(errors="replace")
            assert not re.search(
                r"^(from|import) tests\b|def (fault|symptom|lookalike)\(|\bhost\.sh\(", text, re.MULTILINE
            ), name


def test_every_question_of_reports_is_answered_by_a_rule() -> None:
    """A question that nobody answers would leave its row of the verification table out."""
    assert {question for rule in rules.load() for question in rule.answers} == {*get_args(Question)}


def test_every_question_is_asked_by_a_report() -> None:
    """What a rule answers is shown where a symptom is looked at, or in the verification table."""
    asked = {question for symptom in SYMPTOMS for look in symptom.looks(NOWHERE) for question in look.questions}
    table = ast.parse(Path(verification_table.__file__).read_text())
    words = [node.value for node in ast.walk(table) if isinstance(node, ast.Constant)]
    assert [question for question in get_args(Question) if question not in asked and question not in words] == []


def _documents(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "examples"


def test_no_code_is_spelled_out_outside_of_rules() -> None:
    """What one rule knows of another is metadata of the rules: a new one touches its own file only.

    The examples that the configuration's keys are documented with decide nothing.
    """
    families = "|".join({rule.code[:3] for rule in rules.load()})
    source = REPOSITORY / "src" / "liveproof"
    spelled = [
        f"{path.relative_to(source)}:{node.lineno}"
        for path in source.rglob("*.py")
        if path.relative_to(source).parts[0] != "rules"
        for tree in (ast.parse(path.read_text()),)
        for examples in ({id(part) for key in ast.walk(tree) if _documents(key) for part in ast.walk(key)},)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and id(node) not in examples
        and isinstance(node.value, str)
        and re.fullmatch(rf"({families})\d{{3}}", node.value)
    ]
    assert spelled == []


def test_causes_and_effects_are_one() -> None:
    """What leads to a fault is among its causes; by its ways a finding has those that fit."""
    by_code = {rule.code: rule for rule in rules.load()}
    assert all(
        rule.code in by_code[effect.partition(":")[0]].caused_by for rule in rules.load() for effect in rule.leads_to
    )
    fails = by_code["WIR001"]
    assert {"FPM001", "NGX001"} <= {*fails.causes("unanswered")} <= {*fails.caused_by} - {"FIL003"}
    assert {"FIL003", "NGX001"} <= {*fails.causes("answered")} <= {*fails.caused_by} - {"FPM001"}


def _module(code: str, name: str, caused_by: tuple[str, ...] = (), leads_to: tuple[str, ...] = ()) -> Rule:
    rule = Rule(code, Severity.HIGH, caused_by=caused_by, leads_to=leads_to)
    rule.module = name
    return rule


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([_module("FIL901", "a"), _module("FIL901", "b")], "used by"),
        ([_module("FIL901", "a", ("FIL999",))], "unknown cause"),
        ([_module("FIL901", "a", leads_to=("FIL999",))], "unknown effect"),
        ([_module("FIL901", "a", leads_to=("FIL902:late",)), _module("FIL902", "b")], "unknown way"),
        ([_module("FIL901", "a", ("FIL902",)), _module("FIL902", "b", ("FIL901",))], "go round"),
        ([_module("FIL901", "a", ("FIL902",), ("FIL902",)), _module("FIL902", "b")], "go round"),
    ],
)
def test_registry_refuses(made: list[Rule], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Duplicate codes, unknown causes and circles are refused."""
    by_name = {rule.module: rule for rule in made}
    monkeypatch.setattr(rules, "_names", lambda: list(by_name))
    monkeypatch.setattr(rules, "_rule", by_name.__getitem__)
    with pytest.raises(rules.BadRule, match=message):
        rules.load.__wrapped__()
