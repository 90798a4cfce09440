"""The whole program, in a process of its own: pipes, full disks, terminals, imports."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from liveproof.store.history import History
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
    """A check on a pipe pays neither for rich, pydantic and what fixes nor for what they pull in."""
    costly = """rich textual pydantic tree_sitter asyncio typing_extensions http.client ssl difflib traceback
        platform logging shutil liveproof.repair liveproof.planning.plan
        liveproof.report.comparison pathlib"""
    script = (
        "import sys; from liveproof.cli.main import main; main(['check']); "
        f"print(sorted(set({costly.split()!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`| head` ends quietly."""
    ran = _liveproof(shell="LIVEPROOF config schema | true")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "words", ["config schema", "config show", "rules", "report", "report --list", "check", "explain FIL003", "version"]
)
def test_a_full_standard_output_is_told(words: str) -> None:
    """ENOSPC in any command: status 2, a sentence."""
    History().save(hostile.record())
    ran = _liveproof(shell=f"LIVEPROOF {words} > /dev/full")
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


def _on_a_terminal(*words: str, **env: str) -> str:
    """What a terminal of 80 columns gets on standard output and error."""
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "liveproof", *words]
    wanted = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **env}
    with subprocess.Popen(command, stdin=other_end, stdout=other_end, stderr=other_end, env=wanted) as ran:
        os.close(other_end)
        told = b""
        try:
            while chunk := os.read(terminal, 65536):
                told += chunk
        except OSError:  # Linux's way to say that the other end is closed
            ran.wait(30)
    os.close(terminal)
    return told.decode()


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_only_where_they_are_wanted(env: dict[str, str], coloured: bool) -> None:
    """A terminal gets colours, not so under NO_COLOR or a dumb one; a hostile name drives neither."""
    History().save(hostile.record())
    told = _on_a_terminal("report", "--format", "text", **env)
    assert "BROKEN" in told
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-7]", told)) is coloured
    assert "\x1b[2J" not in told


def test_progress_is_shown_and_taken_away() -> None:
    """A person sees what is being done; when it is done nothing of it is left."""
    told = _on_a_terminal("check")
    assert "nginx ..." in told
    assert told.rindex("...") < told.rindex("\r\x1b[K") < told.rindex("UNPROVEN" if "UNPROVEN" in told else "PROVEN")


def test_no_colour_in_a_pipe() -> None:
    """A pipe gets plain text, unless colour is asked for."""
    assert "\x1b" not in _liveproof("check", env={"TERM": "xterm-256color"}).stdout
    assert "\x1b[" in _liveproof("check", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" in _liveproof("check", "--color", "always", env={"NO_COLOR": "1"}).stdout
    assert "\x1b" not in _liveproof("check", "--color=never", env={"FORCE_COLOR": "1"}).stdout
