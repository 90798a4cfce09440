"""The plan as a script: bash takes it, its words mean exactly the paths, and it does what it says."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.model.plans import (
    Act,
    ChangeMode,
    ChangeOwner,
    MakeDirectory,
    Moded,
    Owned,
    Plan,
    PointSymlink,
    ReloadUnit,
    RemoveFile,
    RunArtisan,
    SignalMaster,
    Step,
    WriteFile,
)
from liveproof.model.verdicts import Safety
from liveproof.report.script import quoted, script
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
    disruptive = Step(WriteFile("/etc/a", "0", "x\ny\n", ("php-fpm8.2", "-t")), "why", "back", Safety.DISRUPTIVE)
    acts: list[Act] = [
        ChangeOwner("/var/www/x", tuple(Owned(name, 0, 0) for name in HOSTILE), WWW, -1, "www-data"),
        ChangeMode("/var/www/x", (Moded("a b", 0o600, 0o644),)),
        MakeDirectory("/var/www/x", "storage", WWW, WWW, 0o775),
        RemoveFile("/var/www/x", "bootstrap/cache/config.php"),
        WriteFile("/etc/nginx/x", "abc", "server {\n}\n", ("nginx", "-t")),
        PointSymlink("/var/www/x/current", "releases/1", "releases/2"),
        RunArtisan("/var/www/x", "www-data", "/usr/bin/php8.2", ("config:cache",), (), 0o027),
        ReloadUnit("php8.2-fpm", ("php-fpm8.2", "-t")),
        SignalMaster(7, 1.0),
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
    assert "REL001: look\\nthere" in text


def test_an_empty_plan_is_a_script() -> None:
    """Nothing to do is said."""
    assert bash(script(plan())).stdout == b"nothing to do\n"


@pytest.fixture
def tree() -> Iterator[Path]:
    """A directory of the test's own."""
    made = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    yield made
    shutil.rmtree(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_run_by_hand_it_does_what_it_says(tree: Path) -> None:
    """Owners, modes, directories, removals, files and links, with hostile names; what changed since is left alone."""
    for name in HOSTILE:
        (tree / name).write_text("x")
    (tree / "changed").write_text("x")
    os.chown(tree / "changed", 5, 5)
    (tree / "linked").write_text("x")
    os.link(tree / "linked", tree / "other")
    (tree / "stale").write_text("x")
    (tree / "conf").write_text("old")
    (tree / "current").symlink_to("releases/1")
    top = str(tree)
    owned = tuple(Owned(name, 0, 0) for name in (*HOSTILE, "changed", "linked", "current"))
    digest = "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4"  # of "old"
    text = script(plan(
        ChangeOwner(top, owned, WWW, WWW, "www-data"),
        ChangeMode(top, (Moded(HOSTILE[0], 0o644, 0o600), Moded("changed", 0o600, 0o644))),
        MakeDirectory(top, "a b", WWW, WWW, 0o2775),
        RemoveFile(top, "stale"),
        WriteFile(f"{top}/conf", digest, "new\n'x'\n", ("grep", "-q", "new", f"{top}/conf")),
        PointSymlink(f"{top}/current", "releases/1", "releases/2"),
    ))  # fmt: skip
    ran = bash(text.replace("\nliveproof check", "\n: liveproof check"), cwd=tree)
    assert ran.returncode == 0, ran.stderr
    after = snapshot(tree)
    assert {after[name].uid for name in HOSTILE} == {WWW}
    assert (after["changed"].uid, after["linked"].uid, after["current"].uid) == (5, 0, 0)
    assert after[HOSTILE[0]].mode == 0o600
    assert (after["a b"].mode, after["a b"].uid) == (0o2775, WWW)
    assert "stale" not in after
    assert (tree / "conf").read_text() == "new\n'x'\n"
    assert os.readlink(tree / "current") == "releases/2"
    assert b"other hard links" in ran.stderr
    assert b"no longer owned" in ran.stderr
    assert "x" not in after


@pytest.mark.skipif(os.geteuid() != 0, reason="the script is root's")
def test_a_refused_configuration_comes_back(tree: Path) -> None:
    """When the test of a written file fails, its old content returns and the script ends."""
    (tree / "conf").write_text("old")
    digest = "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4"
    ran = bash(script(plan(WriteFile(f"{tree}/conf", digest, "new", ("false",)))))
    assert ran.returncode == 1
    assert (tree / "conf").read_text() == "old"
