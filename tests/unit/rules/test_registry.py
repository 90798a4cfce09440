"""The registry: every rule keeps the law of the house."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from liveproof import rules
from liveproof.model.rule import Rule, needs
from liveproof.model.verdicts import Safety, Severity
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


def _module(code: str, name: str, caused_by: tuple[str, ...] = ()) -> Rule:
    rule = Rule(code, Severity.HIGH, caused_by=caused_by)
    rule.module = name
    return rule


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([_module("FIL901", "a"), _module("FIL901", "b")], "used by"),
        ([_module("FIL901", "a", ("FIL999",))], "unknown cause"),
        ([_module("FIL901", "a", ("FIL902",)), _module("FIL902", "b", ("FIL901",))], "go round"),
    ],
)
def test_registry_refuses(made: list[Rule], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Duplicate codes, unknown causes and circles are refused."""
    by_name = {rule.module: rule for rule in made}
    monkeypatch.setattr(rules, "_names", lambda: list(by_name))
    monkeypatch.setattr(rules, "_rule", by_name.__getitem__)
    with pytest.raises(rules.BadRule, match=message):
        rules.load.__wrapped__()
