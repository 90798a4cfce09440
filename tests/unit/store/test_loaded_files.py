"""Which files a service has loaded as they are: by their times, and by digests that earlier runs kept."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.deadline import TimeIsUp
from liveproof.host.files.reader import FileReader
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Difference, Loaded
from liveproof.store import loaded_files
from liveproof.store.cache import Cache
from liveproof.store.loaded_files import Load, Wanted, at_rest, compared, directories


class Service:
    """A service that loads ``*.conf`` of a directory; ``load`` is its last load, ``look`` a run of liveproof."""

    def __init__(self, path: Path) -> None:
        self.conf = path / "conf.d"
        self.conf.mkdir()
        (self.conf / "a.conf").write_text("one")
        self.margin = 0.0
        self._state = path / "state"
        self._state.mkdir()
        self.load = self.loaded()

    def loaded(self) -> Load:
        """It loads what is there now."""
        time.sleep(0.03)
        self.load = Load(9, 1.0, time.time(), "a reload", ((10, time.time()),))
        time.sleep(0.02)
        return self.load

    def look(self, load: Load | None = None) -> Loaded:
        files = tuple((str(path), self.margin) for path in sorted(self.conf.glob("*.conf")))
        reader = Reader()
        wanted = Wanted(files, directories(reader, [f"{self.conf}/*.conf"]))
        return compared(reader, Cache(str(self._state)).entry("x"), load or self.load, wanted)

    def said(self, load: Load | None = None) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """What differs and what is not known, as way and name."""
        found = self.look(load)
        return _names(found.differing), _names(found.unsure)


def _names(differences: tuple[Difference, ...]) -> set[tuple[str, str]]:
    return {(one.way, os.path.basename(one.path)) for one in differences}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


NOTHING: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())


def test_older_than_the_load(service: Service) -> None:
    """What changed last before the load is loaded, at a first look and later."""
    assert service.said() == NOTHING
    assert service.said() == NOTHING


def test_an_edit_is_found_and_taken_back(service: Service) -> None:
    """Content that is not what was loaded differs, however often it is asked; the old content again is none."""
    service.look()
    (service.conf / "a.conf").write_text("two")
    assert service.said() == ({("changed", "a.conf")}, set())
    assert service.said() == ({("changed", "a.conf")}, set())
    (service.conf / "a.conf").write_text("one")
    assert service.said() == NOTHING


def _replaced(file: Path) -> None:
    other = file.with_name("new")
    other.write_text("one")
    other.rename(file)


def _linked(file: Path) -> None:
    target = file.with_name("target")
    file.rename(target)
    file.symlink_to(target)


SAME: list[Callable[[Path], object]] = [Path.touch, lambda file: file.chmod(0o600), _replaced, _linked]


@pytest.mark.parametrize("act", SAME, ids=["touched", "chmod", "replaced", "linked"])
def test_the_same_content_is_no_difference(service: Service, act: Callable[[Path], object]) -> None:
    """Touched, another mode, written again, or led to by a link: the content was loaded."""
    service.look()
    act(service.conf / "a.conf")
    assert service.said() == NOTHING


def test_nobody_knows_what_was_loaded(service: Service) -> None:
    """At a first look after a change nothing is claimed, and it stays unknown until the next load."""
    (service.conf / "a.conf").touch()
    assert service.said() == (set(), {("changed", "a.conf")})
    assert service.said() == (set(), {("changed", "a.conf")})
    service.loaded()
    assert service.said() == NOTHING


def test_added_and_removed(service: Service) -> None:
    """A new file would be included, and one is not any more."""
    service.look()
    (service.conf / "a.conf").unlink()
    (service.conf / "b.conf").write_text("")
    assert service.said() == ({("removed", "a.conf"), ("added", "b.conf")}, set())
    (service.conf / "b.conf").unlink()
    assert service.said() == ({("removed", "a.conf")}, set())
    service.loaded()
    assert service.said() == NOTHING


def test_what_was_removed_before_the_first_look(service: Service) -> None:
    """The directory tells that something may be gone; a later look does not forget it."""
    (service.conf / "a.conf").unlink()
    assert service.said() == (set(), {("listing", "conf.d")})
    assert service.said() == (set(), {("listing", "conf.d")})


def test_a_swap_file_is_nothing_once_the_names_are_known(service: Service) -> None:
    """What matches no include may come and go."""
    service.look()
    (service.conf / ".a.conf.swp").touch()
    (service.conf / ".a.conf.swp").unlink()
    assert service.said() == NOTHING


def test_a_moved_directory_has_files_with_old_times(service: Service) -> None:
    """Files of another directory in the place of the one that was loaded differ, however old they are."""
    other = service.conf.with_name("other")
    other.mkdir()
    (other / "a.conf").write_text("two")
    service.loaded()
    service.look()
    service.conf.rename(service.conf.with_name("old"))
    other.rename(service.conf)
    assert service.said() == ({("changed", "a.conf")}, set())


def test_a_link_that_leads_elsewhere(service: Service, tmp_path: Path) -> None:
    """A link above the files counts with its own time: without an earlier look nobody knows what it led to."""
    real = service.conf.rename(tmp_path / "v1")
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "a.conf").write_text("two")
    service.conf.symlink_to(real)
    service.loaded()
    service.conf.unlink()
    service.conf.symlink_to(tmp_path / "v2")
    assert ("changed", "a.conf") in service.said()[1]


def test_another_load_forgets(service: Service) -> None:
    """No witness of the load is left: it may have been another, so what was kept proves nothing."""
    service.look()
    (service.conf / "a.conf").write_text("two")
    other = replace(service.load, witnesses=((11, 5.0),))
    assert service.said(other)[0] == set()
    assert ("changed", "a.conf") in service.said(other)[1]


def test_a_replaced_worker_is_no_load(service: Service) -> None:
    """While one worker of the load lives, what was kept holds, and the later of two moments."""
    pair = replace(service.load, witnesses=(*service.load.witnesses, (11, 2.0)))
    service.look(pair)
    (service.conf / "a.conf").write_text("two")
    left = replace(pair, since=pair.since - 100, witnesses=((11, 2.0), (12, 7.0)))
    assert service.said(left) == ({("changed", "a.conf")}, set())
    assert service.said(replace(left, witnesses=((12, 7.0),))) == ({("changed", "a.conf")}, set())
    assert service.look(left).since == pair.since


def test_a_pid_that_is_used_again(service: Service) -> None:
    """The same numbers at another start are another master."""
    service.look()
    (service.conf / "a.conf").write_text("two")
    assert service.said(replace(service.load, start=2.0))[0] == set()


def test_read_a_moment_before(service: Service) -> None:
    """Where a file is read up to so long before the moment that is known, one of that time is not proven."""
    service.margin = 30.0
    assert service.said() == (set(), {("changed", "a.conf")})


def test_equal_times_are_not_proven(service: Service) -> None:
    """The clock of file times has ticks: within one, nothing tells which came first."""
    at = (service.conf / "a.conf").stat().st_ctime
    assert service.said(replace(service.load, since=at))[1] >= {("changed", "a.conf")}


def test_without_a_state_directory(service: Service) -> None:
    """Nothing is remembered, and nothing is claimed."""
    (service.conf / "a.conf").write_text("two")
    wanted = Wanted(((str(service.conf / "a.conf"), 0.0),), ())
    for _ in range(2):
        found = compared(FileReader(), Cache(None).entry("x"), service.load, wanted)
        assert (found.differing, _names(found.unsure)) == ((), {("changed", "a.conf")})


@pytest.mark.parametrize("odd", ["fifo", "directory", "loop", "huge"])
def test_odd_files_end_in_unknown(service: Service, odd: str) -> None:
    """A file that became something else is not read for ever, and nothing is claimed of it."""
    service.look()
    file = service.conf / "a.conf"
    file.unlink()
    if odd == "fifo":
        os.mkfifo(file)
    elif odd == "directory":
        file.mkdir()
    elif odd == "loop":
        file.symlink_to(file)
    else:
        with file.open("wb") as handle:
            handle.truncate(1 << 40)
    assert service.said()[0] <= {("removed", "a.conf")}


def test_what_cannot_be_looked_at_is_not_proven(service: Service) -> None:
    """A file that is gone, or whose link leads back to itself, while its name is still known."""
    (service.conf / "loop.conf").symlink_to("loop.conf")
    wanted = Wanted(((f"{service.conf}/loop.conf", 0.0), (f"{service.conf}/gone.conf", 0.0)), ())
    found = compared(FileReader(), Cache(None).entry("x"), replace(service.load, since=time.time() + 9), wanted)
    assert _names(found.unsure) == {("changed", "loop.conf"), ("changed", "gone.conf")}


def test_directories_of_patterns(tmp_path: Path) -> None:
    """Those whose names decide what a pattern matches, also where directories are matched."""
    (tmp_path / "a").mkdir()
    patterns = [f"{tmp_path}/x.conf", f"{tmp_path}/a/*.conf", f"{tmp_path}/*/*.conf"]
    assert directories(Reader(), patterns) == (f"{tmp_path}/a", str(tmp_path))


class _Hurried(Reader):
    """A reader that does not wait."""

    def pause(self, seconds: float) -> None:
        assert seconds < 1


def test_a_reload_that_is_under_way() -> None:
    """What was changed just now is looked at again; what is old, or not known, is told at once."""
    now = Loaded(1.0, "x", (Difference("/a", "changed", time.time()),))
    old = Loaded(1.0, "x", (Difference("/a", "changed", 1.0),))
    fine = Loaded(2.0, "x")
    unknown = Unknown("x")

    def asked(*answers: Loaded | Unknown) -> tuple[Loaded | Unknown, int]:
        given: Iterator[Loaded | Unknown] = iter((*answers, *[answers[-1]] * 10))
        count = 0

        def look() -> Loaded | Unknown:
            nonlocal count
            count += 1
            return next(given)

        return at_rest(_Hurried(), look), count

    assert asked(now, fine) == (fine, 2)
    assert asked(now) == (now, 5)
    assert asked(old) == (old, 1)
    assert asked(unknown) == (unknown, 1)


class _Late(Reader):
    """A reader whose time is up."""

    def pause(self, seconds: float) -> None:
        assert seconds
        raise TimeIsUp


def test_no_time_to_look_again() -> None:
    """What was seen is told."""
    now = Loaded(1.0, "x", (Difference("/a", "changed", time.time()),))
    assert at_rest(_Late(), lambda: now) == now


def test_a_drop_in_that_systemd_has_not_read_belongs_to_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a directory of which systemd says nothing; a drop-in of another unit does not."""
    monkeypatch.setattr(loaded_files, "DIRECTORIES", (str(tmp_path),))
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\n")
    for name in ("x.service.d", "y.service.d"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "limit.conf").write_text("[Service]\nLimitNOFILE=9\n")
    (known,) = systemd.parse(f"Id=x.service\nFragmentPath={unit}\nEnvironmentFiles=/none (ignore_errors=yes)\n")
    assert known.files == (str(unit), "/none")
    service = replace(known, files=(str(unit),))
    assert loaded_files._unit_files(Reader(), service) == (str(unit), f"{tmp_path}/x.service.d/limit.conf")
