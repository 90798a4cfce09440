"""program.py: this very installation, and nobody else's."""

import os
import sys

import pytest

from liveproof.install.program import NotUsable, program


@pytest.fixture
def called(tmp_path, monkeypatch):
    """A program of the name that is called."""
    file = tmp_path / "liveproof"
    file.write_text(f'#!/bin/sh\nexec {sys.executable} -m liveproof "$@"\n')
    file.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(file), "install"])
    return file


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are trusted")
def test_it_is_the_one_that_was_called_by_its_absolute_path(called, tmp_path, monkeypatch):
    """Also through a link."""
    link = tmp_path / "bin" / "lp"
    link.parent.mkdir()
    link.symlink_to(called)
    monkeypatch.setattr(sys, "argv", [str(link), "install"])
    assert program() == (str(called),)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are trusted")
def test_started_as_a_module_it_is_started_so_again(monkeypatch):
    """`python -m liveproof install`."""
    monkeypatch.setattr(sys, "argv", ["/x/liveproof/__main__.py", "install"])
    assert program() == (sys.executable, "-I", "-m", "liveproof")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("change", [lambda path: os.chown(path, 1, -1), lambda path: path.chmod(0o757)])
def test_one_that_others_may_replace_is_refused(called, change):
    """It would run as root."""
    change(called)
    with pytest.raises(NotUsable, match=r"must not start what another user can replace(.|\n)*/opt/liveproof"):
        program()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are trusted")
def test_one_that_does_not_start_is_refused(called):
    """It would fail only when the service is started."""
    called.write_text("#!/bin/sh\necho no library >&2; exit 1\n")
    with pytest.raises(NotUsable, match="does not start outside of this shell: no library"):
        program()
