"""packaged.py: what a package has, `liveproof install` does not write again."""

import pytest

from liveproof.cli.command_tree import command_tree
from liveproof.install import systemctl
from liveproof.install.changes import Change, Kind
from liveproof.install.manifest import Manifest
from liveproof.install.packaged import PROGRAM, is_packaged, place
from liveproof.install.services import HEAL, WATCHER, cron_file
from liveproof.install.wanted import wanted


def test_a_package_has_all_that_is_always_installed_below_usr_or_in_the_configuration():
    """A file that is new in `liveproof install` has its place in the package too."""
    files = wanted((PROGRAM,), {}, command_tree(), (), cron=False, heal=False)
    places = {file.path: place(file.path) for file in files}
    assert None not in places.values(), places
    assert {path.split("/")[1] for path in places.values() if path} == {"usr", "etc"}
    assert not any(path.startswith("/usr/local") for path in places.values() if path)
    assert len(set(places.values())) == len(places)


def test_what_is_chosen_on_a_host_is_in_no_package():
    """The right to heal, and a table for cron."""
    assert place(HEAL) is None
    assert place(cron_file((PROGRAM,), {}, heal=False).path) is None


@pytest.mark.parametrize(
    ("program", "unit", "expected"),
    [
        ((PROGRAM,), True, True),
        ((PROGRAM,), False, False),  # linked there by hand
        (("/opt/liveproof/bin/liveproof",), True, False),  # another one beside the package
    ],
)
def test_a_packaged_liveproof_is_known_by_its_place_and_its_unit(tmp_path, program, unit, expected):
    """Both are needed."""
    if unit:
        (tmp_path / "usr/lib/systemd/system").mkdir(parents=True)
        (tmp_path / "usr/lib/systemd/system" / WATCHER).write_text("")
    assert is_packaged(program, str(tmp_path)) is expected


@pytest.mark.parametrize("kind", [Kind.NEW, Kind.REMOVED])
def test_a_packaged_watcher_learns_at_once_whether_it_may_heal(kind):
    """Also the first time, when nothing was installed before, and when that right is taken away."""
    known = Manifest() if kind is Kind.NEW else Manifest("1", ((HEAL, ("00",)),))
    done = systemctl.after([Change(kind, HEAL)], known, "1", "", packaged=True)
    assert done == (("daemon-reload",), ("try-restart", WATCHER))
