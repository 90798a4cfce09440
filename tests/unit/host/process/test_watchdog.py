"""host/process/watchdog.py: a command's process whose look at the host hangs is ended, and its signals reach it."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

_START = """
import os, signal, subprocess, sys, time
from liveproof.host.process import watchdog
"""


def _run(program: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _START + textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_look_that_hangs_is_ended_with_all_that_it_started() -> None:
    """The child blocks every signal that can be blocked, as a wait in the kernel would; its own child goes too."""
    ran = _run("""
        def run():
            with watchdog.looking(0.2):
                watchdog.at("files")
                signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
                print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
                time.sleep(60)
        sys.exit(watchdog.watched(run, lambda what: print(what, flush=True) or 3))
    """)
    out, _ = ran.communicate(timeout=20)
    pid, what = out.split()
    assert (ran.returncode, what) == (3, "files")
    assert not os.path.exists(f"/proc/{pid}")


def test_time_between_looks_is_not_counted() -> None:
    ran = _run("""
        def run():
            for _ in range(3):
                with watchdog.looking(0.0):
                    pass
                time.sleep(1.2)
            return 7
        sys.exit(watchdog.watched(run, lambda what: 3))
    """)
    ran.communicate(timeout=20)
    assert ran.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_child(number: signal.Signals) -> None:
    ran = _run("""
        def run():
            got = []
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, lambda n, _: got.append(n))
            print("ready", flush=True)
            while not got:
                time.sleep(0.01)
            return 100 + got[0]
        sys.exit(watchdog.watched(run, lambda what: 3))
    """)
    assert ran.stdout
    assert ran.stdout.readline() == "ready\n"
    ran.send_signal(number)
    ran.communicate(timeout=20)
    assert ran.returncode == 100 + number


def test_the_child_ends_with_its_parent_and_its_end_is_told() -> None:
    ran = _run("""
        def run():
            print(os.getpid(), flush=True)
            time.sleep(60)
        sys.exit(watchdog.watched(run, lambda what: 3))
    """)
    assert ran.stdout
    child = int(ran.stdout.readline())
    os.kill(ran.pid, signal.SIGKILL)
    ran.communicate(timeout=20)
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{child}") and time.monotonic() < until:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{child}")
    ran = _run("sys.exit(watchdog.watched(lambda: os.kill(os.getpid(), 9), lambda what: 3))")
    ran.communicate(timeout=20)
    assert ran.returncode == 128 + 9
