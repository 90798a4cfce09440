"""services.py: what stands in units and cron tables, whatever the path of liveproof is."""

import configparser
import shutil
import subprocess

import pytest

from liveproof.install.services import CHECK, HEAL, WATCHER, cron_file, unit_files, unit_word


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/opt/liveproof/bin/liveproof", "/opt/liveproof/bin/liveproof"),
        ("/opt/a b/liveproof", '"/opt/a b/liveproof"'),
        ("/opt/100%/x", "/opt/100%%/x"),
        ("/opt/$HOME/x", "/opt/$$HOME/x"),
        ('/opt/"q"\\x', '"/opt/\\"q\\"\\\\x"'),
        ("LIVEPROOF_STATE=/srv/$x", "LIVEPROOF_STATE=/srv/$x"),
        ("", '""'),
    ],
)
def test_words_are_written_as_systemd_reads_them(word, written):
    """systemd.service(5), systemd.unit(5)."""
    assert unit_word(word) == written


def test_a_path_that_no_unit_can_carry_is_refused():
    """A line break would begin another setting."""
    with pytest.raises(ValueError, match="cannot name"):
        unit_word("/opt/x\nExecStart=/bin/sh")


@pytest.mark.parametrize("heal", [True, False])
def test_units_are_whole(heal):
    """Nothing is left to be filled in, and healing is only there when it was asked for."""
    files = {file.path.rpartition("/")[2]: file for file in unit_files(("/opt/x", "-I"), {"A": "b c"}, heal=heal)}
    for file in files.values():
        text = file.content.decode()
        assert "@" not in text.replace("@system-service", "").replace("@mount", "").replace("@resources", "")
    assert b"ExecStart=/opt/x -I watch\n" in files[WATCHER].content
    assert b'Environment="A=b c"\n' in files[CHECK].content
    assert ("heal.conf" in files) is heal


def test_healing_widens_the_rights_of_the_watcher_only_there():
    """What --heal needs stands in its drop-in."""
    files = {file.path: file.content.decode() for file in unit_files(("/opt/x",), {}, heal=True)}
    assert "CAP_FSETID" in files[HEAL]
    assert not any("CAP_FSETID" in content for path, content in files.items() if path != HEAL)


def test_every_right_has_its_reason():
    """A capability that no comment names would be one that nobody can judge."""
    text = unit_files(("/opt/x",), {}, heal=False)[0].content.decode()
    reader = configparser.RawConfigParser(strict=False)
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_string(text)
    given = {
        word
        for line in text.splitlines()
        if line.startswith(("CapabilityBoundingSet=", "RestrictAddressFamilies="))
        for word in line.partition("=")[2].split()
    }
    comments = " ".join(line for line in text.splitlines() if line.startswith("#"))
    assert len(given) > 10
    assert [word for word in given if word not in comments] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_reads_the_units_without_a_warning(tmp_path):
    """Also with a path that needs quotes."""
    program = tmp_path / "a b%c"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in unit_files((str(program),), {"LIVEPROOF_STATE": "/srv/a b"}, heal=False):
        (tmp_path / file.path.rpartition("/")[2]).write_bytes(file.content)
    units = [str(path) for path in sorted(tmp_path.glob("liveproof-*"))]
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False, timeout=30
    )
    assert ran.stderr == ""


def test_cron_gets_one_line_that_it_reads_as_meant():
    """A percent sign ends a command there; a blank in a path does not."""
    text = cron_file(("/opt/a b/100%",), {"LIVEPROOF_STATE": "/srv/x"}, heal=True).content.decode()
    assert text.endswith("* * * * * root '/opt/a b/100\\%' watch --once --heal 2>&1 | logger -t liveproof\n")
    assert 'LIVEPROOF_STATE="/srv/x"\n' in text
