"""A log that is a stream belongs to the service that writes it, never to whoever reads its name."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Absent
from liveproof.model.settings import LogsTable, Settings
from liveproof.probes.fpm.pools import last_errors
from liveproof.probes.logs.sources import sources
from liveproof.probes.logs.streams import followed
from tests.golden.filled import filled


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("syslog:server=unix:/dev/log", "does not log to a file"), ("memory:32m", "does not log to a file"),
        ("/dev/null", "throws its errors away"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_told(name: str, words: str) -> None:
    """With what settles it."""
    path, why = followed(Reader(), name, 1, "nginx")
    assert path == name
    assert words in why
    assert "give it a log file" in why


def test_a_link_to_a_stream_is_one(tmp_path: Path) -> None:
    """As images of containers have it; a link to a file is that file."""
    (tmp_path / "error.log").symlink_to("../../../../../../dev/stderr")
    (tmp_path / "two.log").symlink_to(tmp_path / "error.log")
    (tmp_path / "real").write_text("")
    (tmp_path / "file.log").symlink_to("real")
    with (tmp_path / "nginx.log").open("w") as file, service(file.fileno()) as pid:
        for name in ("error.log", "two.log"):
            assert followed(Reader(), f"{tmp_path}/{name}", pid, "nginx") == (f"{tmp_path}/nginx.log", "")
    assert followed(Reader(), f"{tmp_path}/file.log", 0, "nginx") == (f"{tmp_path}/file.log", "")


APP = App("/x", "/x", "/x/public", "www-data", 33, 33, (33,), (), (), laravel=True)


def told(laravel: Laravel, *, logs: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Which logs are read, and what is told of the others."""
    nothing = Absent("not there")
    found, unread = sources(Reader(), Settings(logs=LogsTable(logs)), APP, laravel=laravel, nginx=nothing, fpm=nothing)
    return [one.path for one in found], [f"{path}: {why}" for path, why in unread]


def test_an_app_that_logs_to_no_file() -> None:
    """Told with the channels, unless one of them, or of the configuration, is a file."""
    streams = ("errorlog", "php://stderr")
    read, unread = told(filled(Laravel, log_streams=streams, log_files=()))
    assert "the app's log (errorlog, php://stderr): it is not a file; let the app log to a file as well" in unread[0]
    assert read == [] or "/x/app.log" not in read
    assert told(filled(Laravel, log_streams=streams, log_files=("/x/app.log",))) == (["/x/app.log"], [])
    assert told(filled(Laravel, log_streams=streams, log_files=()), logs=("/x/app.log",)) == (["/x/app.log"], [])


def test_a_log_of_the_app_that_is_a_stream(tmp_path: Path) -> None:
    """Of its own process, whatever its name: nothing of ours is read in its stead."""
    (tmp_path / "laravel.log").symlink_to("/dev/stderr")
    for name in (f"{tmp_path}/laravel.log", "/proc/self/fd/2", "/dev/stdout"):
        read, unread = told(filled(Laravel, log_files=(name,)))
        assert read == []
        assert f"{name}: it is a stream of the app's own process" in unread[0]


def test_a_master_that_does_not_run_has_no_errors_of_ours() -> None:
    """Its last errors are not looked for in our own standard error."""
    assert last_errors(Reader(), "/proc/self/fd/2") == ()
