"""The copy of the PHP probe that the user of every pool can read."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from liveproof.host.php import probe
from liveproof.host.write import php_probe

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has such a directory")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the copy is put, not there yet."""
    monkeypatch.setattr(probe, "DIRECTORY", str(tmp_path / "liveproof"))
    return tmp_path / "liveproof"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_put_there_by_its_digest_and_used(place: Path) -> None:
    """Readable for everyone under a strict umask too; before that the package's is used."""
    package, content = probe.packaged()
    assert probe.installed() == package
    before = os.umask(0o077)
    try:
        php_probe.put_in_place()
    finally:
        os.umask(before)
    (copy,) = place.iterdir()
    assert copy.name == f"probe-{hashlib.blake2b(content, digest_size=16).hexdigest()}.php"
    assert probe.installed() == str(copy)
    assert (copy.read_bytes(), _mode(copy), _mode(place)) == (content, 0o644, 0o755)
    inode = copy.stat().st_ino
    php_probe.put_in_place()
    assert copy.stat().st_ino == inode


def test_a_directory_of_a_strict_umask_is_opened(place: Path) -> None:
    """As an isolated run of artisan had made it."""
    place.mkdir(mode=0o700)
    php_probe.put_in_place()
    assert _mode(place) == 0o755
    assert probe.installed().startswith(f"{place}/probe-")


@pytest.mark.parametrize("harm", ["changed", "longer", "unreadable", "writable", "given away", "link"])
def test_a_copy_that_is_not_as_it_should_be_is_not_run_but_replaced(place: Path, harm: str) -> None:
    """Compared before each use; never written through what stands there."""
    php_probe.put_in_place()
    copy = Path(probe.installed())
    other = place.parent / "other"
    other.write_bytes(b"theirs")
    match harm:
        case "changed":
            copy.write_bytes(b"<?php system('id');")
        case "longer":
            copy.write_bytes(copy.read_bytes() + b" ")
        case "unreadable":
            copy.chmod(0o600)
        case "writable":
            copy.chmod(0o666)
        case "given away":
            os.chown(copy, 4321, 4321)
        case "link":
            copy.unlink()
            copy.symlink_to(other)
    assert probe.installed() == probe.packaged()[0]
    php_probe.put_in_place()
    assert probe.installed() == str(copy)
    assert not copy.is_symlink()
    assert other.read_bytes() == b"theirs"
    assert [path.name for path in place.iterdir()] == [copy.name]


@pytest.mark.parametrize("theirs", ["directory", "link", "file"])
def test_a_directory_of_somebody_else_is_left_alone(place: Path, theirs: str) -> None:
    """The package's probe is used."""
    real = place.parent / "real"
    real.mkdir()
    if theirs == "directory":
        place.mkdir()
        os.chown(place, 4321, 4321)
    elif theirs == "link":
        place.symlink_to(real)
    else:
        place.write_text("theirs")
    php_probe.put_in_place()
    assert probe.installed() == probe.packaged()[0]
    php_probe.take_away()
    assert os.path.lexists(place)
    assert list(real.iterdir()) == []


def test_a_place_that_cannot_be_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No error: the package's probe is used, as where there is no /run."""
    monkeypatch.setattr(probe, "DIRECTORY", "/proc/liveproof")
    php_probe.put_in_place()
    assert probe.installed() == probe.packaged()[0]
    monkeypatch.setattr(probe, "DIRECTORY", f"{place}/not/there")
    php_probe.put_in_place()
    php_probe.take_away()
    assert not place.exists()


def test_whoever_is_not_root_uses_the_packages(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And puts nothing anywhere."""
    package, content = probe.packaged()
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    monkeypatch.setattr("liveproof.host.files.trusted.read", lambda *_, **__: (content, os.stat(package)))
    php_probe.put_in_place()
    assert not place.exists()
    assert probe.installed() == package


def test_many_at_once(place: Path) -> None:
    """As after a boot, when the watcher's check and somebody's own begin together: each has the copy."""
    for _ in range(20):
        children = []
        for _ in range(6):
            if pid := os.fork():
                children.append(pid)
                continue
            try:
                php_probe.put_in_place()
                os._exit(0 if probe.installed().startswith(f"{place}/") else 1)
            finally:
                os._exit(2)
        assert {os.waitpid(pid, 0)[1] for pid in children} == {0}
        (copy,) = place.iterdir()
        copy.unlink()
        place.rmdir()


def test_it_is_taken_away(place: Path) -> None:
    """With copies of other versions; what is not ours stays, and with it the directory."""
    php_probe.put_in_place()
    (place / f"probe-{'0' * 64}.php").write_text("<?php")
    (place / "notes").write_text("theirs")
    php_probe.take_away()
    assert [path.name for path in place.iterdir()] == ["notes"]
    (place / "notes").unlink()
    php_probe.take_away()
    assert not place.exists()
    php_probe.take_away()
