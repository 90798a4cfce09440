"""Release directories and records of deploy tools, as they lie on this machine."""

import json
import os
from pathlib import Path

import pytest

from liveproof.host.errors import NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.nginx import Nginx, Server
from liveproof.model.facts.release_directories import ReleaseDirectories
from liveproof.model.findings import Absent
from liveproof.probes.release_directories import probe
from tests.unit.trees import app

_NONE = Absent("no nginx")


def _lay(base: Path, *numbers: int, served: int = 0) -> None:
    for number in numbers:
        (base / "releases" / str(number)).mkdir(parents=True)
    if served:
        (base / "current").symlink_to(f"releases/{served}")


def _seen(base: Path, served: int, path: str = "current", nginx: Nginx | Absent = _NONE) -> ReleaseDirectories:
    return probe(Reader(), app(base / "releases" / str(served), path=str(base / path)), nginx)


def _log(base: Path, *lines: object) -> None:
    (base / ".dep").mkdir()
    (base / ".dep/releases_log").write_text("".join(f"{line}\n" for line in lines))


def _line(name: object) -> str:
    return json.dumps({"created_at": "2026-01-01", "release_name": name, "user": "me", "target": "main"})


def test_releases_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """9 before 10; one that was rolled back is marked, and files are no releases."""
    _lay(tmp_path, 9, 10, 2, served=10)
    (tmp_path / "releases/9/BAD_RELEASE").touch()
    (tmp_path / "releases/11").touch()
    seen = _seen(tmp_path, 10)
    assert [(os.path.basename(one.path), one.bad) for one in seen.releases] == [
        ("2", False),
        ("9", True),
        ("10", False),
    ]
    assert seen.link is not None
    assert (seen.link.target, seen.record, seen.nested) == (str(tmp_path / "releases/10"), None, ())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((_line("1"), _line("2")), "2"),
        ((_line("1"), _line(2)), "2"),
        ((_line("1"), _line("3")), "1"),
        ((_line("1"), "{", "[]", "null", '"x"', _line(None), _line(["2"]), _line("../1"), "[" * 5000), "1"),
        (("",), ""),
        (("\0" * 100_000, _line("1")), "1"),
    ],
)
def test_record_of_deployer(tmp_path: Path, lines: tuple[str, ...], expected: str) -> None:
    """The last line that names a release which is there; whatever else stands in the file."""
    _lay(tmp_path, 1, 2, served=1)
    _log(tmp_path, *lines)
    record = _seen(tmp_path, 1).record
    assert (os.path.basename(record.release) if record else "") == expected
    assert record is None or not record.switched


def test_a_release_that_was_rolled_back_is_not_meant(tmp_path: Path) -> None:
    """Deployer marks it."""
    _lay(tmp_path, 1, 2, served=1)
    _log(tmp_path, _line("1"), _line("2"))
    (tmp_path / "releases/2/BAD_RELEASE").touch()
    record = _seen(tmp_path, 1).record
    assert record is not None
    assert record.release == str(tmp_path / "releases/1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Branch main (at 1a2b) deployed as release 1 by me\nBranch main (at 3c) deployed as release 2 by me\n", "2"),
        ("Branch main (at 3c) deployed as release 2 by me\nme rolled back to release 1\n", "1"),
        ("Branch main (at 3c) deployed as release 20990101 by me\n", ""),
        ("\x1b[2J\n", ""),
    ],
)
def test_record_of_capistrano(tmp_path: Path, text: str, expected: str) -> None:
    """A deploy and a rollback, in its own words."""
    _lay(tmp_path, 1, 2, served=1)
    (tmp_path / "revisions.log").write_text(text)
    record = _seen(tmp_path, 1).record
    assert (os.path.basename(record.release) if record else "") == expected
    assert record is None or record.switched


def test_a_record_that_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A link of the deploy user's could lead root anywhere, and a FIFO would be waited for."""
    _lay(tmp_path, 1, 2, served=1)
    (tmp_path / "elsewhere").write_text("deployed as release 2 by me\n")
    (tmp_path / "revisions.log").symlink_to("elsewhere")
    (tmp_path / ".dep").mkdir()
    os.mkfifo(tmp_path / ".dep/releases_log")
    assert _seen(tmp_path, 1).record is None


def test_links_within_and_beside(tmp_path: Path) -> None:
    """Deployer's `release`, a lock, and a link that a deploy put into the release; storage is none of these."""
    _lay(tmp_path, 1, 2, served=1)
    (tmp_path / "release").symlink_to("releases/2")
    (tmp_path / "shared").mkdir()
    (tmp_path / "releases/1/storage").symlink_to("../../shared")
    (tmp_path / "releases/1/2").symlink_to("../2")
    (tmp_path / "releases/1/current").symlink_to("current")
    _log(tmp_path)
    (tmp_path / ".dep/deploy.lock").touch()
    seen = _seen(tmp_path, 1)
    assert seen.pending is not None
    assert (seen.pending.target, bool(seen.lock)) == (str(tmp_path / "releases/2"), True)
    assert [link.target for link in seen.nested if link.path.endswith("/2")] == [str(tmp_path / "releases/2")]


def test_current_that_is_not_served(tmp_path: Path) -> None:
    """nginx names a release, or the tree that holds the releases, by its own path."""
    _lay(tmp_path, 1, 2, served=2)
    nginx = _nginx(str(tmp_path / "releases/1/public"))
    assert _seen(tmp_path, 1, "releases/1", nginx).current is None  # no app lies there
    (tmp_path / "releases/2/artisan").touch()
    seen = _seen(tmp_path, 1, "releases/1", nginx)
    assert seen.current is not None
    assert (seen.current.target, seen.served) == (str(tmp_path / "releases/2"), False)
    assert _seen(tmp_path, 1, "releases/1", _nginx(str(tmp_path / "current/public"))).served is True
    assert _seen(tmp_path, 1, "releases/1", _nginx("/srv/$host/public")).served is None
    assert _seen(tmp_path, 1, "releases/1").served is None
    flat = probe(Reader(), app(tmp_path), nginx)
    assert flat.current is not None
    assert [os.path.basename(one.path) for one in flat.releases] == ["1", "2"]


def _nginx(root: str) -> Nginx:
    server = Server("/etc/nginx/n", 1, (), (), root, (), (), "", "")
    return Nginx("", "", "", True, (), (), "", 0, 0, (), (server,), None, "")


def test_an_app_without_releases(tmp_path: Path) -> None:
    """A directory that is no release, also one beside a directory named so that is another app's."""
    base = tmp_path / "sites" / "srv"
    _lay(base, 1)
    for top in (base / "x", base):
        top.mkdir(exist_ok=True)
        with pytest.raises(NotThere):
            probe(Reader(), app(top), _NONE)
