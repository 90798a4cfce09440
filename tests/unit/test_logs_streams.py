"""A log that is a stream belongs to the service that writes it, never to whoever reads its name."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.probes.logs.sources import followed


@contextmanager
def service(stderr: int) -> Iterator[int]:
    """A process with that standard error."""
    with subprocess.Popen(["/bin/sleep", "60"], stderr=stderr) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["/proc/self/fd/2", "/dev/stderr", "/dev/fd/2", "stderr"])
def test_a_stream_into_a_file_is_that_file(name: str, tmp_path: Path) -> None:
    """Whatever our own standard error is."""
    with (tmp_path / "fpm.log").open("w") as file, service(file.fileno()) as pid:
        assert followed(Reader(), name, pid, "PHP-FPM") == (f"{tmp_path}/fpm.log", "")


def test_a_stream_into_a_pipe_is_told() -> None:
    """With what would settle it; so is one of a service that does not run."""
    reading, writing = os.pipe()
    try:
        with service(writing) as pid:
            path, why = followed(Reader(), "/proc/self/fd/2", pid, "PHP-FPM")
            assert (path, "leads to no file" in why, "journal" in why) == ("/proc/self/fd/2", True, True)
    finally:
        os.close(reading)
        os.close(writing)
    assert "does not run" in followed(Reader(), "/dev/stderr", 0, "nginx")[1]


def test_any_other_path_stays() -> None:
    """Nothing is looked at."""
    assert followed(Reader(), "/var/log/x.log", 1, "nginx") == ("/var/log/x.log", "")
