"""A Python that is too old gets one sentence, also where liveproof was merely copied and no installer has judged it."""

import ast
import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import liveproof

_PACKAGE = Path(liveproof.__file__).parent
_OLD = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "pypy3")
_CALLS = (("-m", "liveproof", "check"), ("-c", "from liveproof.cli.main import main; main()"))


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_what_is_read_first_can_be_read_by_old_pythons(name: str) -> None:
    """The grammar of 3.6, and no annotation that it could not evaluate."""
    tree = ast.parse((_PACKAGE / name).read_text(), feature_version=(3, 6))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign | ast.FunctionDef | ast.JoinedStr)]


def test_the_version_is_judged_before_anything_else_is_imported() -> None:
    """Of the standard library only sys."""
    imported = [
        node
        for node in ast.walk(ast.parse((_PACKAGE / "__init__.py").read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [ast.unparse(node) for node in imported] == ["import sys"]


def _works(program: str) -> bool:
    """Whether there is such a Python, and an old one."""
    script = "import sys; sys.exit(sys.version_info >= (3, 11))"
    return subprocess.run([program, "-c", script], capture_output=True, check=False).returncode == 0


@functools.cache
def _found(name: str) -> str:
    """An old Python of this machine: of its own, or one of pyenv's, whose own launchers run only what is selected."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    candidates = [shutil.which(name), *map(str, sorted(roots.glob(f"*/bin/{name}")))]
    return next((path for path in candidates if path and _works(path)), "")


@pytest.mark.parametrize("call", _CALLS, ids=["-m", "import"])
@pytest.mark.parametrize("name", _OLD)
def test_an_old_python_says_one_sentence(name: str, call: tuple[str, ...], tmp_path: Path) -> None:
    """With status 2, no traceback, and which Python it is."""
    program = _found(name)
    if not program:
        pytest.skip(f"there is no {name} on this machine")
    shutil.copytree(_PACKAGE, tmp_path / "liveproof", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run([program, *call], capture_output=True, text=True, check=False, cwd="/", env=environment)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith(f"liveproof needs Python 3.11 or newer, and {program} is Python ")
