"""Work in forked processes: given up in time, shared without loss, and never left behind."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.child_process import Lost, OutOfTime, Unwanted, forked, together


def children() -> set[str]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return set(file.read().split())


def test_returns_what_the_other_process_returned() -> None:
    """Names that are no UTF-8 included."""
    assert forked(lambda: {"pid": os.getppid(), "name": os.fsdecode(b"\xff\n")}, 5.0) == {
        "pid": os.getpid(),
        "name": os.fsdecode(b"\xff\n"),
    }


def test_more_than_a_pipe_holds() -> None:
    """Some megabytes."""
    assert len(forked(lambda: "x" * 5_000_000, 5.0)) == 5_000_000


def test_an_error_of_the_system_comes_back_as_itself() -> None:
    """With its number and file."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        forked(lambda: os.stat("/nowhere"), 5.0)


def test_any_other_error_is_told() -> None:
    """In words."""
    with pytest.raises(Lost, match="ZeroDivisionError"):
        forked(lambda: 1 // 0, 5.0)


def test_what_cannot_be_carried_is_told() -> None:
    """A value that marshal does not know."""
    with pytest.raises(Lost, match="ValueError"):
        forked(object, 5.0)


def test_a_process_that_is_killed_is_told() -> None:
    """It said nothing."""
    with pytest.raises(Lost, match="lost"):
        forked(lambda: os.kill(os.getpid(), signal.SIGKILL), 5.0)


def test_a_process_that_hangs_is_killed_with_its_children() -> None:
    """After the time that it had; nothing of it stays."""
    reading, writing = os.pipe()

    def hang() -> None:
        if os.fork() == 0:
            time.sleep(60)
        time.sleep(60)

    started = time.monotonic()
    with pytest.raises(OutOfTime):
        forked(hang, 0.2)
    assert time.monotonic() - started < 3.0
    assert not children()
    os.close(writing)
    os.set_blocking(reading, False)
    until = time.monotonic() + 3.0
    while time.monotonic() < until:  # the pipe ends when the last process that holds it has ended
        try:
            assert os.read(reading, 1) == b""
            break
        except BlockingIOError:
            time.sleep(0.01)
    else:
        pytest.fail("a grandchild lives on")
    os.close(reading)


@given(st.integers(min_value=0, max_value=5000))
def test_shared_work_is_done_once(count: int) -> None:
    """Whatever the number of pieces."""
    done = together(count, list)
    assert sorted(at for part in done for at in part) == list(range(count))


def _slept(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def test_both_processes_take_part() -> None:
    """When the work takes long enough."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor: work is never shared")

    def work(claims: Iterator[int]) -> tuple[int, int]:
        return os.getpid(), sum(_slept(0.01) for _ in claims)

    (ours, some), (theirs, others) = together(40, work)
    assert ours == os.getpid() != theirs
    assert min(some, others) > 5


def test_work_of_a_lost_process_is_done_again() -> None:
    """By us, all of it."""
    parent = os.getpid()

    def work(claims: Iterator[int]) -> list[int]:
        if os.getpid() != parent:
            next(claims, None)
            os.kill(os.getpid(), signal.SIGKILL)
        return [at for at in claims if _slept(0.001)]

    assert together(50, work) == [list(range(50))]


def test_our_own_error_ends_the_other_process() -> None:
    """And is the one that is told."""
    parent = os.getpid()

    def work(claims: Iterator[int]) -> None:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        time.sleep(60)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        together(10, work)
    assert time.monotonic() - started < 3.0
    assert not children()


def test_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither after success nor after failure, nor when no process can be had."""
    before = len(os.listdir("/proc/self/fd"))
    together(10, list)
    forked(lambda: 1, 5.0)
    with pytest.raises(Lost):
        forked(lambda: 1 // 0, 5.0)

    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(BlockingIOError):
        forked(lambda: 1, 5.0)
    assert together(10, list) == [list(range(10))]
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_not_wanted_any_more_is_ended() -> None:
    with pytest.raises(Unwanted):
        forked(lambda: time.sleep(60), 60, unwanted=lambda: True)
