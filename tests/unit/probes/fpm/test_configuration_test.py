"""PHP-FPM's test of its own configuration: its errors, that it is bounded, and that no code of the app runs."""

from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.findings import Unknown
from liveproof.probes.fpm import configuration_test
from liveproof.probes.fpm.configuration_test import refused

FAILS = """
echo '[30-Nov-2026 20:14:16] NOTICE: something else' >&2
for error in "[/x.conf:13] unknown entry 'y'" 'Unable to include /x.conf' 'failed to load' 'FPM initialization failed'
do echo "[30-Nov-2026 20:14:16] ERROR: $error" >&2; done; exit 78
"""


def program(tmp_path: Path, script: str) -> tuple[str, ...]:
    """The test command of a program that does what ``script`` says."""
    path = tmp_path / "php-fpm8.2"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return (str(path), "-t", "--fpm-config", "/x.conf")


@pytest.mark.parametrize(
    ("script", "errors"),
    [
        ("echo 'NOTICE: test is successful' >&2", ()),
        (FAILS, ("ERROR: [/x.conf:13] unknown entry 'y'", "ERROR: Unable to include /x.conf", "ERROR: failed to load")),
        (
            "echo 'libx.so.1: cannot open shared object file' >&2; exit 127",
            ("libx.so.1: cannot open shared object file",),
        ),
        ("exit 70", ("it ended with status 70 and said nothing",)),
        ("kill -SEGV $$", ("it ended with status -11 and said nothing",)),
    ],
)
def test_errors(tmp_path: Path, script: str, errors: tuple[str, ...]) -> None:
    """The first errors in their own words without the time; whatever ended the test is an error."""
    assert refused(_Root(), program(tmp_path, script)) == errors


def test_no_preload_script_is_run(tmp_path: Path) -> None:
    """OPcache would run it while PHP starts, before anything is tested."""
    argv = program(tmp_path, 'echo "ERROR: $*"; exit 1')
    assert refused(_Root(), argv) == ("ERROR: -d opcache.preload= -t --fpm-config /x.conf",)


def test_a_test_that_hangs_or_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is an answer: the reason is told."""
    monkeypatch.setattr(configuration_test, "_PATIENCE", 0.2)
    argv = program(tmp_path, "sleep 60")
    assert refused(_Root(), argv) == Unknown(f"{' '.join(argv)} did not end within 0.2 s")
    assert refused(_Root(), ("/nowhere/php-fpm", "-t")) == Unknown(
        "/nowhere/php-fpm cannot be run: No such file or directory"
    )


def test_it_is_not_run_without_root_or_by_an_untrusted_master(tmp_path: Path) -> None:
    """As another user it would fail for want of rights; and nothing that a stranger's process names is run."""
    fails = program(tmp_path, "exit 1")
    assert refused(_Root(root=False), fails) == ()
    assert refused(_Root(), ()) == ()


class _Root(Reader):
    """A reader that counts as root's whoever runs the tests: the program is our own."""

    def __init__(self, *, root: bool = True) -> None:
        super().__init__()
        self.root = root
