"""config_file.py, manual.py, completions.py: made from what is declared, so that nothing is forgotten."""

import re
import shutil
import subprocess
import tomllib

import pytest

from liveproof import config
from liveproof.cli.command_tree import command_tree
from liveproof.config.keys import keys, show
from liveproof.install.completions import completions
from liveproof.install.config_file import config_file
from liveproof.install.manual import escaped, manual
from liveproof.model.codec import to_json
from liveproof.model.settings import Settings
from liveproof.rules import codes
from liveproof.store.cache import Cache


def test_the_configuration_as_installed_changes_nothing(tmp_path):
    """It can be loaded, and says the defaults."""
    file = tmp_path / "liveproof.toml"
    file.write_bytes(config_file().content)
    assert config.load(str(file), codes, overrides={}, cache=Cache(None)) == Settings()


def test_every_default_in_it_is_the_right_one(tmp_path):
    """With the comment signs before keys taken away, it still says the same."""
    text = config_file().content.decode()
    no_values = {row.key.rpartition(".")[2] for row in show(Settings()) if row.value is None}  # shown by examples
    lines, listed = [], False
    for line in text.splitlines():
        listed = line.startswith("#[[") or (listed and not line.startswith("["))
        default = re.match(r"#((\w+) = .*)", line)
        lines.append(default[1] if default and not listed and default[2] not in no_values else line)
    document = tomllib.loads("\n".join(lines))
    assert document["thresholds"]["hit_ratio"] == 0.85
    file = tmp_path / "liveproof.toml"
    file.write_text("\n".join(lines))
    said = config.load(str(file), codes, overrides={}, cache=Cache(None))
    assert to_json(said) | {"sources": []} == to_json(Settings()) | {"sources": []}


def test_every_key_is_in_it():
    """Those of tables that may be given several times, too."""
    text = config_file().content.decode()
    for key, declared, _ in keys(to_json(Settings())):
        assert f"#{declared.name} =" in text or f"[{key}]" in text, key
    for key in ("pattern", "status", "url_file", "severity"):
        assert f"#{key} =" in text
    assert all(len(line) <= 120 for line in text.splitlines())


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not there")
def test_man_pages_have_no_warning():
    """One for each command, each named in that of its group."""
    pages = {file.path.rpartition("/")[2]: file.content for file in manual(command_tree())}
    assert {"liveproof.8", "liveproof-fix.8", "liveproof-config-show.8", "liveproof-install.8"} <= pages.keys()
    for name, content in pages.items():
        ran = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z"], input=content, capture_output=True, check=False)
        assert ran.stderr == b"", name


@pytest.mark.parametrize(
    ("text", "roff"),
    [(".TH x", "\\&.TH x"), ("--all", "\\-\\-all"), ("a\\b", "a\\eb"), ("it's", "it\\(aqs"), ("…", "\\[u2026]")],
)
def test_text_cannot_be_a_request(text, roff):
    """man(7), groff_char(7)."""
    assert escaped(text) == roff


@pytest.mark.parametrize(
    ("shell", "check"), [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])]
)
def test_completions_are_right_and_know_every_command(tmp_path, shell, check):
    """All commands, their options, and the codes of rules."""
    root = command_tree()
    made = {file.purpose.rpartition(" ")[2]: file for file in completions(root, ["FIL001"])}
    text = made[shell].content.decode()
    for command in root.commands:
        assert command.word in text
    assert "FIL001" in text
    assert "dry-run" in text
    if not shutil.which(check[0]):
        pytest.skip(f"{check[0]} is not there")
    file = tmp_path / "completions"
    file.write_text(text)
    ran = subprocess.run([*check, str(file)], capture_output=True, text=True, check=False, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_bash_completes_without_starting_python(tmp_path):
    """The file alone answers."""
    file = tmp_path / "completions"
    file.write_bytes(completions(command_tree(), ["FIL001"])[0].content)
    script = (
        f"PATH=/nowhere; . {file}; COMP_WORDS=(liveproof fix --dr); COMP_CWORD=2; "
        "_shtab_liveproof liveproof --dr fix; echo ${COMPREPLY[@]}"
    )
    ran = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert (ran.stdout.strip(), ran.stderr) == ("--dry-run", "")
