"""host/process/command.py: programs run bounded, clean and without a shell."""

import os
import time

import pytest

from liveproof.host.process.command import OUTPUT_LIMIT, Identity, run


def test_output_and_status() -> None:
    """Both outputs and the exit status come back."""
    ran = run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (ran.text, ran.errors, ran.status) == ("out\n", "err\n", 3)


def test_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's environment reaches the program."""
    monkeypatch.setenv("LD_PRELOAD_CANARY", "1")
    assert "CANARY" not in run(["env"]).text


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    """The time limit holds, and no grandchild that keeps the output open outlives it."""
    started = time.monotonic()
    ran = run(["sh", "-c", "sleep 30 & sleep 30"], timeout=0.3)
    assert ran.timed_out
    assert time.monotonic() - started < 2


def test_endless_output_is_bounded() -> None:
    """A program that never stops writing costs neither memory nor time without end."""
    ran = run(["sh", "-c", "cat /dev/zero"], timeout=1.0)
    assert ran.timed_out
    assert len(ran.out) <= OUTPUT_LIMIT + 65536


def test_missing_program() -> None:
    """A program that is not there is an error that names it."""
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        run(["no-such-program"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_runs_as_another_user_without_our_groups() -> None:
    """The program has the identity's user and groups, and no more."""
    ran = run(["sh", "-c", "id -u; id -G"], identity=Identity(65534, 65534, (65534,)))
    assert ran.text.split() == ["65534", "65534"]
