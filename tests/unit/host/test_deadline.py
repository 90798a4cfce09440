"""host/deadline.py and how examine keeps to it: nothing is looked at for ever, and what was not is said."""

import os
import re
import socket
import time
from pathlib import Path

import pytest

from liveproof.examine import _Facts
from liveproof.host.child_process import forked
from liveproof.host.deadline import TimeIsUp, alarmed, left, within
from liveproof.host.errors import CannotSee
from liveproof.host.network.fastcgi import request
from liveproof.host.process.command import run
from liveproof.host.reader import Reader
from liveproof.model.findings import Unknown


def test_what_is_left_is_never_more_than_asked_for() -> None:
    """Nor than an outer limit leaves."""
    assert left(3.0) == 3.0
    with within(2.0), within(100.0):
        assert 1.0 < left(3.0) <= 2.0
    with within(0.0), pytest.raises(TimeIsUp):
        left(3.0)


def test_doors_keep_to_it() -> None:
    """What has no time is not told as what does not answer."""
    with within(0.2), pytest.raises(TimeIsUp):
        run(["/bin/sleep", "100"], timeout=100)
    with within(0.2), pytest.raises(TimeIsUp):
        forked(lambda: time.sleep(100), 100)
    with within(0.2), pytest.raises(TimeIsUp):
        Reader().pause(100)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with within(0.2), pytest.raises(TimeIsUp):
            request(f"127.0.0.1:{silent.getsockname()[1]}", {}, timeout=100)


def spin() -> object:
    """Never comes back."""
    while True:
        pass


def test_the_alarm_ends_what_goes_through_no_door(tmp_path: Path) -> None:
    """A pattern that backtracks, a FIFO that nobody writes, a loop."""
    os.mkfifo(tmp_path / "fifo")
    with within(0.1), pytest.raises(TimeIsUp), alarmed():
        re.match(r"(a+)+$", "a" * 60 + "b")
    with within(0.1), pytest.raises(TimeIsUp), alarmed():
        (tmp_path / "fifo").read_text()
    with within(0.1), pytest.raises(TimeIsUp), alarmed():
        spin()


def test_what_was_not_looked_at_says_what_took_the_time() -> None:
    """And what comes after it has a part of the time left."""
    sight = _Facts({}, lambda _: None, seconds=30.0)
    with within(0.5):
        told = sight._run(str, spin, {})
        assert isinstance(told, Unknown)
        assert re.match(
            r"str was not looked at to the end: a check has 30 s for all apps, and str alone took 0\.\d s", told.reason
        )
        with pytest.raises(TimeIsUp), alarmed():
            spin()
        told = sight._run(int, lambda: 1, {})
    assert isinstance(told, Unknown)
    assert "int was not looked at" in told.reason
    assert "str alone took" in told.reason
    assert sight._run(int, lambda: 1, {}) == 1


def test_reasons_of_a_probe_are_kept() -> None:
    """A probe that notices by itself tells more."""
    sight = _Facts({}, lambda _: None, seconds=30.0)

    def cannot() -> object:
        raise CannotSee("it is dark")

    with within(5.0):
        assert sight._run(str, cannot, {}) == Unknown("it is dark")
