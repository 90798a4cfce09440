"""Who caused an event: proven, or unknown."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveproof.host.events.culprits import Culprits
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


def test_a_process_that_has_the_pid_now_is_not_named() -> None:
    with subprocess.Popen(["true"]) as ended:
        pidfd = os.pidfd_open(ended.pid)
    own = os.pidfd_open(os.getpid())
    try:
        assert Culprits().of(os.getpid(), pidfd) == (None, False)
        culprit, left_out = Culprits().of(os.getpid(), own)
        assert culprit
        assert culprit.pid == os.getpid()
        assert not left_out
    finally:
        os.close(pidfd)
        os.close(own)


@pytest.fixture
def cgroup() -> Iterator[str]:
    """A control group with another of a longer name beside it; the path of the first."""
    table = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    top = next((Path(fields[1]) for fields in table if fields[2] == "cgroup2"), None)
    own = next((line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")), "/")
    name = f"{own.rstrip('/')}/liveproof-test-{os.getpid()}"
    if top is None:
        pytest.skip("no cgroup2 is mounted")
    made = [Path(f"{top}{name}"), Path(f"{top}{name}/below"), Path(f"{top}{name}-other")]
    try:
        for directory in made:
            directory.mkdir()
    except OSError as error:
        pytest.skip(f"cannot make control groups: {error}")
    yield name
    for directory in reversed(made):
        directory.rmdir()


@pytest.mark.parametrize("place", ["fanotify here"], indirect=True)
@pytest.mark.parametrize(("member", "left_out"), [("", True), ("/below", True), ("-other", False)])
def test_events_of_a_control_group_are_left_out(place: Place, cgroup: str, member: str, left_out: bool) -> None:
    use, directory = place
    top = next(line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if " cgroup2 " in line)
    program = "import sys; sys.stdin.readline(); " + CHILD
    with (
        source(use, Watch(trees=(str(directory),)), cgroup=cgroup) as reads,
        subprocess.Popen(
            [sys.executable, "-c", program, str(directory / "file")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as started,
    ):
        Path(f"{top}{cgroup}{member}/cgroup.procs").write_text(str(started.pid))
        assert started.stdin and started.stdout  # noqa: PT018
        started.stdin.write(b"go\n")
        started.stdin.flush()
        started.stdout.readline()
        assert (told(reads) == set()) is left_out
        started.communicate()


@pytest.mark.parametrize("place", ["fanotify here"], indirect=True)
def test_events_of_some_processes_are_left_out(place: Place, request: pytest.FixtureRequest) -> None:
    use, directory = place
    pids: set[int] = set()
    with source(use, Watch(trees=(str(directory),)), pids=pids) as reads:
        write(directory / "ours")
        assert told(reads)
        pids.add(os.getpid())
        write(directory / "ours", "y")
        started = request.getfixturevalue("child")
        started.stdout.readline()
        assert {path for _, path in told(reads)} == {str(directory / "file")}
