"""The plan as a script: bash takes it, its words mean exactly the paths, and it changes no file."""

import os
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import Act, Plan, Step
from liveproof.report.script import script
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.point_symlink import PointSymlink
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.unit.trees import WWW

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


def lines_that_run(text: str) -> list[str]:
    """All but comments and empty lines."""
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def test_a_whole_plan_is_one_line_and_comments() -> None:
    """Every kind of step; bash finds no fault in it, and no name breaks out of its comment."""
    held = Step(WriteFile("/etc/a", "0", "x\ny\n", ("php-fpm8.2", "-t")), "why", "back")
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
    text = script((plan(*acts, held=(held,)),), "liveproof apply plan.json")
    checked = bash(text, "-n")
    assert checked.returncode == 0, checked.stderr
    assert lines_that_run(text) == ["liveproof apply plan.json"]
    assert "\n#      $ php-fpm8.2 -t\n#      $ systemctl reload php8.2-fpm.service\n" in text
    assert "Skipped; add --allow config to include" in text
    assert "server {" not in text
    edit = WriteFile.edit("/etc/nginx/x", "root /a;\n", "root /b;\n", ("nginx", "-t"))
    assert "\n#      -root /a;\n#      +root /b;\n" in script((plan(edit),))
    assert "REL001: look\\nthere" in text


def test_without_a_saved_plan_the_line_plans_anew() -> None:
    """Each app that has steps."""
    assert lines_that_run(script((plan(ServiceAction("reload", "nginx")), plan()))) == ["liveproof fix /var/www/x"]


def test_an_empty_plan_is_a_script() -> None:
    """Nothing to do is said."""
    assert bash(script((plan(),), "liveproof apply /root/plan.json")).stdout == b"nothing to do\n"


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_name_gets_out_of_its_comment(names: list[str]) -> None:
    """Every line that comes from a change of files is a comment, whatever the names hold."""
    acts: list[Act] = [
        ChangeOwner("/var/www/x", tuple(Owned(name, 0, 0) for name in names), WWW, -1, "www-data"),
        ChangeMode("/var/www/x", tuple(Moded(name, 0o600, 0o644) for name in names)),
        *(RemoveFile("/var/www/x", name) for name in names),
        *(PointSymlink(f"/var/www/{name}", "a", name) for name in names),
    ]
    assert lines_that_run(script((plan(*acts),), "liveproof apply /root/plan.json")) == [
        "liveproof apply /root/plan.json"
    ]
