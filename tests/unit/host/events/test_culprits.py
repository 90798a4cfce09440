"""Who caused an event: proven, or unknown."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from liveproof.host.events.event import Watch
from liveproof.host.process.proc import process
from tests.unit.host.events.places import Place, drain, source, told, write

CHILD = "import sys; open(sys.argv[1], 'w').close(); print('done', flush=True); sys.stdin.read()"


@pytest.fixture
def child(place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that writes a file and then lives until its input ends."""
    _, directory = place
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory / "file"), "--password=hunter2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as started:  # fmt: skip
        yield started


@pytest.mark.parametrize("place", ["fanotify here", "fanotify tmpfs"], indirect=True)
def test_who_did_it_if_it_still_lives(place: Place, request: pytest.FixtureRequest) -> None:
    use, directory = place
    with source(use, Watch(trees=(str(directory),))) as reads:
        started = request.getfixturevalue("child")
        assert started.stdout.readline() == b"done\n"
        culprits = {event.process for event in drain(reads)}
        (culprit,) = culprits
        assert culprit is not None
        meant = process(started.pid)
        assert meant
        assert (culprit.pid, culprit.start, culprit.uid, culprit.argv) == (
            meant.pid,
            meant.start,
            meant.uid,
            meant.argv,
        )
        assert culprit.comm == meant.kind
        ours = process(os.getpid())
        assert ours
        assert (culprit.parent, culprit.parent_comm) == (os.getpid(), ours.kind)


@pytest.mark.parametrize("place", ["fanotify here", "inotify here"], indirect=True)
def test_who_did_it_is_unknown_once_it_is_gone(place: Place, request: pytest.FixtureRequest) -> None:
    use, directory = place
    with source(use, Watch(trees=(str(directory),))) as reads:
        started = request.getfixturevalue("child")
        started.stdout.readline()
        started.communicate()
        found = drain(reads)
        assert [event.process for event in found] == [None] * len(found) != []


@pytest.mark.parametrize("place", ["fanotify here"], indirect=True)
def test_events_of_some_processes_are_left_out(place: Place, request: pytest.FixtureRequest) -> None:
    use, directory = place
    ours = process(os.getpid())
    assert ours
    pids: set[int] = set()
    with source(use, Watch(trees=(str(directory),)), pids=pids) as reads:
        write(directory / "ours")
        assert told(reads)
        pids.add(os.getpid())
        write(directory / "ours", "y")
        started = request.getfixturevalue("child")
        started.stdout.readline()
        assert {path for _, path in told(reads)} == {str(directory / "file")}
    if ours.cgroup != "/":
        with source(use, Watch(trees=(str(directory),)), cgroup=ours.cgroup) as reads:
            write(directory / "ours", "z")
            assert told(reads) == set()
        with source(use, Watch(trees=(str(directory),)), cgroup=ours.cgroup[:-1]) as reads:
            write(directory / "ours", "z")
            assert told(reads)
