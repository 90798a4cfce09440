"""What it costs to add to the house: in a copy, a toy of each kind is added as CONTRIBUTING says, and files counted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

_RULE = '''"""
A toy lies in the app.

## Why
Toys break deploys.

## Fix safety
Safe: the toy is put away.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.toys import Toys
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.put_away import PutAway

rule = Rule("FIL900", Severity.HIGH, condition="no toy lies about", leads_to=("WIR001:answered",))


@rule.check
def check(app: App, toys: Toys) -> Iterator[Finding]:
    for name in toys.names:
        yield Finding(f"{name} lies about", (Ref("app", app.path),), (Evidence("ls", name, "nothing"),))


@rule.fix(Safety.SAFE)
def put_away(finding: Finding, toys: Toys) -> Iterator[Step]:
    for name in toys.names:
        yield Step(PutAway(name), "toys break deploys", "it is taken out again")
'''
_FAULT = '''"""FIL900, toy_lies_about."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Drop a toy."""
    host.sh("touch toy")


def symptom(host: Host) -> bool:
    """It lies there."""
    return host.sh("ls toy", check=False) == "toy"


def lookalike(host: Host) -> None:
    """A tool is not a toy."""
    host.sh("touch tool")
'''
_FACT = '''"""Toys in an app."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Toys:
    """The names of the toys."""

    names: tuple[str, ...]
'''
_PROBE = '''"""Toys in an app."""

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.toys import Toys


def probe(reader: Reader, app: App) -> Toys:
    """Look for toys."""
    return Toys(tuple(name for name in reader.list(app.real) if name.startswith("toy")))
'''
_STEP = '''"""Put a toy away."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.steps.merging import alike


@dataclass(frozen=True, slots=True)
class PutAway(Act):
    """Put a toy away."""

    order: ClassVar[int] = 65

    name: str

    def describe(self) -> str:
        return f"put {self.name} away"

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        return alike(steps, lambda act: act.name)
'''
_ACTION = '''"""Put a toy away."""

from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.steps.put_away import PutAway


@action(PutAway)
def put_away(act: PutAway, context: StepContext) -> PreparedAction:
    return PreparedAction((), tuple)
'''
_COMMAND = '''"""Play with a toy."""

import argparse

from liveproof.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("toy")


def run(arguments: argparse.Namespace, console: Console) -> int:
    console.text(f"playing with {arguments.toy}\\n")
    return 0
'''
_FORMAT = '''"""A report as a nursery rhyme."""

from liveproof.model.run_record import Record
from liveproof.report.formats import Context


def render(record: Record, context: Context) -> str:
    return f"{record.examination.verdict.value}, {record.examination.verdict.value}, said the toy\\n"
'''

TOYS = {
    "a rule": {"src/liveproof/rules/files/toy_lies_about.py": _RULE, "tests/faults/files/toy_lies_about.py": _FAULT},
    "a fact": {"src/liveproof/model/facts/toys.py": _FACT, "src/liveproof/probes/toys.py": _PROBE},
    "a kind of step": {"src/liveproof/steps/put_away.py": _STEP, "src/liveproof/repair/actions/put_away.py": _ACTION},
    "a command": {"src/liveproof/cli/commands/play.py": _COMMAND},
    "a format": {"src/liveproof/report/formats/rhyme.py": _FORMAT},
}

_USE = """
import os, sys
from dataclasses import replace
from liveproof import rules, steps
from liveproof.cli.main import main
from liveproof.cli.registry import commands
from liveproof.cli import commands as folder
from liveproof.examine import judge
from liveproof.host.reader import Reader
from liveproof.model.codec import from_json, to_json
from liveproof.model.facts.apps import App
from liveproof.model.facts.toys import Toys
from liveproof.model.plan import Step
from liveproof.model.settings import Settings
from liveproof.planning.plan import make_plan
from liveproof.probes.toys import probe
from liveproof.repair import actions
from liveproof.repair.action import actions as registered
from liveproof.report import formats
from tests import faults

top = sys.argv[1]
app = App(top, top, "", "www-data", 33, 33, (33,), (), (), laravel=False)
toys = probe(Reader(), app)
assert toys == Toys(("toy-car",)), toys
(toy,) = [rule for rule in rules.load() if rule.code == "FIL900"]
assert "FIL900" in {code for rule in rules.load() if rule.code == "WIR001" for code in rule.caused_by}
assert faults.of(toy).__doc__.startswith("FIL900")
examined = judge(app, (toy,), {App: app, Toys: toys, Settings: Settings()})
plan = make_plan(examined, rules.load())
assert [step.what for step in plan.steps] == ["put toy-car away"], plan
assert from_json(Step, to_json(plan.steps[0])) == plan.steps[0]
actions.load()
assert {kind.__name__ for kind in steps.load()} == {kind.__name__ for kind in registered} >= {"PutAway"}
assert "rhyme" in formats.names() and "play" in commands(folder)
sys.exit(main(["play", "toy-car"]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house with every toy in it."""
    top = tmp_path_factory.mktemp("house")
    shutil.copytree(REPOSITORY / "src", top / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("__init__.py", "faults", "lab"):
        source = REPOSITORY / "tests" / part
        if source.is_dir():
            shutil.copytree(source, top / "tests" / part, ignore=shutil.ignore_patterns("__pycache__", "app", "site"))
        else:
            (top / "tests").mkdir(exist_ok=True)
            shutil.copy(source, top / "tests" / part)
    for files in TOYS.values():
        for name, text in files.items():
            assert not (top / name).exists()
            (top / name).write_text(text)
    return top


def test_what_it_costs_to_add() -> None:
    """A rule and its faults; a fact and its probe; a kind of step and its action; a command; a format."""
    counts = {kind: len(files) for kind, files in TOYS.items()}
    assert counts == {"a rule": 2, "a fact": 2, "a kind of step": 2, "a command": 1, "a format": 1}


def test_toys_are_found_and_work_with_nothing_else_touched(copy: Path, tmp_path: Path) -> None:
    """The rule is asked and is a cause, its fact probed, its step planned, kept and carried out, the command run."""
    (tmp_path / "toy-car").touch()
    ran = subprocess.run(
        [sys.executable, "-P", "-c", _USE, tmp_path],
        env={"PYTHONPATH": f"{copy / 'src'}:{copy}", "PATH": "/usr/bin:/bin", "LIVEPROOF_STATE": str(tmp_path / "s")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "playing with toy-car\n"), ran.stderr


def test_toys_stand_where_the_layers_let_them(copy: Path) -> None:
    """import-linter holds the house with the toys in it."""
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
