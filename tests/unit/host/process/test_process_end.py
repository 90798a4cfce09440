"""The end of a process is told, and only that of the process that was meant."""

import os
import select
import subprocess

import pytest

from liveproof.host.process.proc import process
from liveproof.host.process.process_end import ProcessEnd


@pytest.fixture
def child():
    with subprocess.Popen(["sleep", "60"]) as started:
        yield started
        started.kill()


def start_of(pid: int) -> float:
    found = process(pid)
    assert found
    return found.start


def test_the_end_is_told_before_anybody_waited(child: subprocess.Popen[bytes]) -> None:
    with ProcessEnd(child.pid, start_of(child.pid)) as end:
        assert not end.ended()
        assert select.select([end], [], [], 0)[0] == []
        child.kill()
        assert select.select([end], [], [], 5)[0] == [end]
        assert end.ended()
        child.wait()
        assert end.ended()


def test_another_process_under_the_same_pid_is_not_taken_for_it(child: subprocess.Popen[bytes]) -> None:
    with pytest.raises(ProcessLookupError):
        ProcessEnd(child.pid, start_of(child.pid) - 60)


def test_one_that_has_ended(child: subprocess.Popen[bytes]) -> None:
    start = start_of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie
    with pytest.raises(ProcessLookupError):
        ProcessEnd(child.pid, start)
    child.wait()
    with pytest.raises(ProcessLookupError):
        ProcessEnd(child.pid, start)


def test_nothing_stays_open(child: subprocess.Popen[bytes]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    ProcessEnd(child.pid, start_of(child.pid)).close()
    with pytest.raises(ProcessLookupError):
        ProcessEnd(child.pid, 0.0)
    assert len(os.listdir("/proc/self/fd")) == before
