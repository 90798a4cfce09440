"""The plan as a script: bash takes it, its words mean exactly the paths, and it changes no file."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import Act, Plan, Step
from liveproof.model.verdicts import Safety
from liveproof.report.script import script
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.point_symlink import PointSymlink
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.unit.trees import WWW, snapshot

HOSTILE = ("new\nline", "quo'te", 'dou"ble', "$(touch x)", "`id`", "-rf", "*", "back\\slash", os.fsdecode(b"\xff1\xfe"))


def plan(*acts: Act, held: tuple[Step, ...] = ()) -> Plan:
    """A plan of these acts."""
    steps = tuple(Step(act, "because\nof this", "back", fixes=("FIL001",)) for act in acts)
    return Plan("/var/www/x", steps, held, ("FIL001",), (("REL001", "look\nthere"),), "")


def bash(text: str, *options: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """What bash makes of a text."""
    return subprocess.run(["bash", *options], input=os.fsencode(text), capture_output=True, check=False, cwd=cwd)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_every_word_comes_back(word: str) -> None:
    """bash reads a quoted word as the very same bytes."""
    assert bash(f"printf %s {quoted(word)}").stdout == word.encode()


@given(st.binary(max_size=30).filter(lambda name: b"\0" not in name))
def test_bytes_come_back(name: bytes) -> None:
    """So it does for names that are not UTF-8."""
    assert bash(f"printf %s {quoted(os.fsdecode(name))}").stdout == name


def test_a_whole_plan_is_a_script() -> None:
    """Every kind of step; bash finds no fault in it, and no name breaks out of its line."""
    disruptive = Step(WriteFile("/etc/a", "0", "x\ny\n", ("php-fpm8.2", "-t")), "why", "back", Safety.DROPS)
    acts: list[Act] = [
        ChangeOwner("/var/www/x", tuple(Owned(name, 0, 0) for name in HOSTILE), WWW, -1, "www-data"),
        ChangeMode("/var/www/x", (Moded("a b", 0o600, 0o644),)),
        MakeDirectory("/var/www/x", "storage", WWW, WWW, 0o775),
        RemoveFile("/var/www/x", "bootstrap/cache/config.php"),
        WriteFile("/etc/nginx/x", "abc", "server {\n}\n", ("nginx", "-t")),
        PointSymlink("/var/www/x/current", "releases/1", "releases/2"),
        RunArtisan("/var/www/x", "www-data", "/usr/bin/php8.2", ("config:cache",), (), 0o027),
        ServiceAction("reload", "php8.2-fpm", ("php-fpm8.2", "-t")),
        ServiceAction("signal", pid=7, start=1.0),
    ]
    text = script(plan(*acts, held=(disruptive,)))
    checked = bash(text, "-n")
    assert checked.returncode == 0, checked.stderr
    assert text.startswith("#!/bin/bash\n")
    assert "set -euo pipefail" in text
    assert "\n(umask 0027 && runuser -u www-data -- /usr/bin/php8.2 artisan config:cache --no-interaction)\n" in text
    assert text.index("\nphp-fpm8.2 -t\n") < text.index("\nsystemctl reload php8.2-fpm.service\n")
    assert text.rstrip().endswith("liveproof check /var/www/x")
    held = text[text.index("# Held back") :].splitlines()
    assert all(line.startswith("#") or not line for line in held[:6])
    assert "server {" not in text
    edit = WriteFile.edit("/etc/nginx/x", "root /a;\n", "root /b;\n", ("nginx", "-t"))
    assert "\n#      -root /a;\n#      +root /b;\n" in script(plan(edit))
    assert "REL001: look\\nthere" in text


def test_an_empty_plan_is_a_script() -> None:
    """Nothing to do is said."""
    assert bash(script(plan())).stdout == b"nothing to do\n"


def test_without_changes_of_files_it_runs_at_once() -> None:
    """A reload needs nothing before it."""
    text = script(plan(ServiceAction("reload", "php8.2-fpm", ("php-fpm8.2", "-t"))))
    assert "FILES_CHANGED" not in text


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_name_gets_out_of_its_comment(names: list[str]) -> None:
    """Every line that comes from a change of files is a comment, whatever the names hold."""
    acts: list[Act] = [
        ChangeOwner("/var/www/x", tuple(Owned(name, 0, 0) for name in names), WWW, -1, "www-data"),
        ChangeMode("/var/www/x", tuple(Moded(name, 0o600, 0o644) for name in names)),
        *(RemoveFile("/var/www/x", name) for name in names),
        *(PointSymlink(f"/var/www/{name}", "a", name) for name in names),
    ]
    text = script(plan(*acts))
    head, _, rest = text.partition("umask 022\n")
    assert "\\n" not in head
    lines = [line for line in rest.split("\n") if line]
    assert [line for line in lines if not line.startswith("#")] == [
        "echo 'only files are to be changed: run liveproof fix '/var/www/x"
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="the script is root's")
def test_it_changes_no_file(tree: Path) -> None:
    """Nothing in the tree, and nothing of what links in it lead to: not even when somebody swaps a directory."""
    outside = tree / "outside"
    outside.mkdir()
    (outside / "passwd").write_text("root")
    site = tree / "site"
    (site / "views").mkdir(parents=True)
    (site / "views/passwd").write_text("a view")
    (site / "conf").write_text("old")
    top = str(site)
    acts: list[Act] = [
        ChangeOwner(top, (Owned("views/passwd", 0, 0),), WWW, WWW, "www-data"),
        ChangeMode(top, (Moded("views/passwd", 0o644, 0o600),)),
        MakeDirectory(top, "a b", WWW, WWW, 0o2775),
        RemoveFile(top, "views/passwd"),
        WriteFile(f"{top}/conf", "digest", "new", ("false",)),
    ]
    text = script(plan(*acts))
    shutil.rmtree(site / "views")
    (site / "views").symlink_to(outside)
    before = snapshot(tree)
    assert bash(text, cwd=tree).returncode == 0
    assert snapshot(tree) == before
    assert "new" not in text.split()


def test_commands_wait_for_the_files() -> None:
    """A reload before the files are readable could take the site down, so the script stops and says what to do."""
    act = ChangeMode("/var/www/x", (Moded("app/A.php", 0o600, 0o604),))
    text = script(plan(act, ServiceAction("reload", "php8.2-fpm", ("touch", "/nowhere/reloaded"))))
    ran = bash(text)
    assert ran.returncode == 1
    assert b"liveproof fix" in ran.stderr
    assert b"nowhere" not in ran.stderr


@pytest.fixture
def tree() -> Iterator[Path]:
    """A directory of the test's own."""
    made = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    yield made
    shutil.rmtree(made)
