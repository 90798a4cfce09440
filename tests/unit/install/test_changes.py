"""changes.py, installation.py, writing.py: what somebody has changed is kept, everything else goes as it came."""

import os
from pathlib import Path

import pytest

from liveproof.install import changes, manifest, writing
from liveproof.install.changes import Kind
from liveproof.install.file import File
from liveproof.install.installation import Stopped, carry_out
from liveproof.install.manifest import Manifest


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory to install below, with a state directory of its own."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    return tmp_path / "host"


def put(place: Path, **contents: str) -> tuple[File, ...]:
    return tuple(File(f"{place}/etc/{name}", content.encode(), "a test") for name, content in contents.items())


def done(files: tuple[File, ...]) -> dict[str, Kind]:
    found = changes.install(files, manifest.load())
    carry_out(found, manifest.load(), "1")
    return {change.path.rpartition("/")[2]: change.kind for change in found}


def removed() -> dict[str, Kind]:
    found = changes.uninstall(manifest.load())
    carry_out(found, manifest.load(), "1")
    return {change.path.rpartition("/")[2]: change.kind for change in found}


def test_installed_twice_replaced_and_removed(place):
    """The second time nothing is written, an upgrade replaces, and in the end even the directories are gone."""
    place.mkdir()
    assert done(put(place, a="1", b="1")) == {"a": Kind.NEW, "b": Kind.NEW}
    before = (place / "etc/a").stat()
    assert done(put(place, a="1", b="1")) == {"a": Kind.SAME, "b": Kind.SAME}
    assert (place / "etc/a").stat().st_ino == before.st_ino
    assert before.st_mode & 0o7777 == 0o644
    assert done(put(place, a="2")) == {"a": Kind.REPLACED, "b": Kind.REMOVED}
    assert (place / "etc/a").read_text() == "2"
    assert removed() == {"a": Kind.REMOVED}
    assert list(place.iterdir()) == []


def test_what_somebody_changed_is_kept_and_the_new_one_laid_beside(place):
    """Told, laid beside once, and taken away when it is no longer needed; the changed file is never touched."""
    done(put(place, a="1"))
    (place / "etc/a").write_text("mine")
    assert done(put(place, a="1")) == {"a": Kind.KEPT}
    assert done(put(place, a="2")) == {"a": Kind.KEPT, "a.liveproof-new": Kind.NEW}
    assert done(put(place, a="2")) == {"a": Kind.KEPT, "a.liveproof-new": Kind.SAME}
    assert done(put(place, a="3")) == {"a": Kind.KEPT, "a.liveproof-new": Kind.REPLACED}
    assert (place / "etc/a").read_text() == "mine"
    assert (place / "etc/a.liveproof-new").read_text() == "3"
    (place / "etc/a").write_text("3")
    assert done(put(place, a="3")) == {"a": Kind.SAME, "a.liveproof-new": Kind.REMOVED}
    (place / "etc/a").write_text("mine again")
    assert removed() == {"a": Kind.KEPT}
    assert os.listdir(place / "etc") == ["a"]


def test_a_file_that_was_there_before_is_somebody_elses(place):
    """Neither replaced nor removed."""
    (place / "etc").mkdir(parents=True)
    (place / "etc/a").write_text("old")
    assert done(put(place, a="1")) == {"a": Kind.KEPT, "a.liveproof-new": Kind.NEW}
    assert removed() == {"a.liveproof-new": Kind.REMOVED}
    assert (place / "etc/a").read_text() == "old"


@pytest.mark.parametrize("to", ["/dev/null", "/etc/passwd", "a-file-that-is-missing"])
def test_a_link_is_kept_and_never_followed(place, to):
    """A unit that is masked stays masked."""
    (place / "etc").mkdir(parents=True)
    (place / "etc/a").symlink_to(to)
    assert done(put(place, a="1"))["a"] is Kind.KEPT
    assert os.readlink(place / "etc/a") == to


def test_a_directory_that_is_a_link_leads_nowhere(place, tmp_path):
    """Nothing is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.mkdir()
    (place / "etc").symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        done(put(place, a="1"))
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        writing.put(put(place, a="1")[0])
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("survived", range(1, 4))
def test_an_installation_that_is_cut_off_is_finished_by_the_next(place, monkeypatch, survived):
    """Wherever it stops, what it wrote is known as its own, whether it was replaced already or not."""
    done(put(place, a="1", b="1", c="1"))
    writes = iter(range(9))
    whole = writing.put

    def cut_off(file, root="/"):
        if not file.path.endswith("installed.json") and next(writes) >= survived:
            raise KeyboardInterrupt
        whole(file, root)

    monkeypatch.setattr(writing, "put", cut_off)
    with pytest.raises(KeyboardInterrupt):
        done(put(place, a="2", b="2", c="2", d="2"))
    monkeypatch.undo()
    monkeypatch.setenv("LIVEPROOF_STATE", str(place.parent / "state"))
    assert Kind.KEPT not in done(put(place, a="2", b="2", c="2", d="2")).values()
    assert set(removed().values()) == {Kind.REMOVED}
    assert not (place / "etc").exists()


def test_a_full_disk_is_told_and_leaves_what_was_there(place, monkeypatch):
    """No half of a file stands anywhere."""
    done(put(place, a="1"))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: real(descriptor) if "state" in _name(descriptor) else full(0))
    with pytest.raises(Stopped, match="etc/a: No space left on device"):
        done(put(place, a="2"))
    assert (place / "etc/a").read_text() == "1"
    assert os.listdir(place / "etc") == ["a"]


def _name(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"files": {"../x": []}}', b'{"version": "1", "files": {"/a/../b": []}, "directories": []}',
     b'{"version": "1", "files": {"/a": 3}, "directories": []}', b"\xff", b"[" * 100000],
)  # fmt: skip
def test_a_damaged_list_is_told_and_removes_nothing(place, content):
    """A sentence that says what to do."""
    manifest.save(Manifest())
    Path(manifest.path()).write_bytes(content)
    with pytest.raises(manifest.Damaged, match=r"installed\.json cannot be used .*Move it away"):
        manifest.load()
