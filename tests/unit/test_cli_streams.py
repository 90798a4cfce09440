"""The whole program, in a process of its own: pipes, full disks, terminals, imports."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from liveproof.history import History
from tests.golden import hostile


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state directory of our own."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _liveproof(*words: str, env: dict[str, str] | None = None, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liveproof", *words]
    argv: Any = ["bash", "-o", "pipefail", "-c", shell.replace("LIVEPROOF", " ".join(command))] if shell else command
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}, timeout=60
    )


def test_a_check_imports_little() -> None:
    """A check on a pipe pays neither for click, rich and pydantic nor for what they pull in."""
    costly = """click rich pydantic tree_sitter asyncio typing_extensions http.client ssl difflib traceback
        platform argparse logging"""
    script = (
        "import sys; from liveproof.cli import main; main(['check']); "
        f"print(sorted(set({costly.split()!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`| head` ends quietly."""
    ran = _liveproof(shell="LIVEPROOF config schema | true")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_full_standard_output_is_told() -> None:
    """ENOSPC: status 2, a sentence."""
    ran = _liveproof(shell="LIVEPROOF config schema > /dev/full")
    assert ran.returncode == 2
    assert ran.stderr == "liveproof: cannot write to standard output: No space left on device\n"


def test_no_standard_output_at_all() -> None:
    """Closed streams are no reason to fail."""
    ran = _liveproof(shell="LIVEPROOF config schema >&- 2>&-")
    assert ran.returncode == 0


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_terminal_without_unicode(form: str) -> None:
    """A report with any name in it can be written to an ASCII terminal."""
    History().save(hostile.record())
    ran = _liveproof("report", "--format", form, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.isascii()


def test_no_colour_in_a_pipe() -> None:
    """A pipe gets plain text, whatever the environment wishes a terminal to be."""
    ran = _liveproof("check", env={"TERM": "xterm-256color", "FORCE_COLOR": "1"})
    assert "\x1b" not in ran.stdout
