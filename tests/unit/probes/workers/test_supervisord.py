"""What supervisord would do with a program, and whose configuration is believed."""

import time
from pathlib import Path
from typing import Any

import pytest

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.workers import PhpProcess
from liveproof.probes.workers.supervisord import kept


class Supervised(Reader):
    """A reader with one supervisord, whose configuration lies in a directory of its own."""

    def __init__(self, place: Path, uid: int = 0, start: float = 0.0) -> None:
        super().__init__()
        argv = ("/usr/bin/python3", f"{place}/supervisord", "-n", "-c", f"{place}/supervisord.conf")
        self._keeper = Process(7, 1, start or time.time() + 60, uid, "supervisord", argv, "")

    def processes(self) -> tuple[Process, ...]:
        return (self._keeper,)


def written(place: Path, program: str) -> None:
    (place / "conf.d").mkdir()
    (place / "supervisorctl").write_text("")
    (place / "supervisord.conf").write_text("[include]\nfiles = conf.d/*.conf ; all\n")
    (place / "conf.d/queue.conf").write_text(program)


def worker(program: str = "queue:queue_00", **fields: Any) -> PhpProcess:
    argv = ("php", "artisan", "queue:work")
    return PhpProcess(8, 1.0, 33, "www-data", argv, "/srv/app", "", program, parent=7, **fields)


@pytest.mark.parametrize(
    ("options", "returns"),
    [
        ("autorestart=true", True), ("autorestart=false", False), ("", False),
        ("autorestart=unexpected\nexitcodes=0,2", False), ("autorestart=unexpected\nexitcodes=2", True),
    ],
)  # fmt: skip
def test_a_program_comes_back_after_an_end_without_error_or_not(tmp_path: Path, options: str, returns: bool) -> None:
    """By default it does not: artisan's signal ends a worker with the exit code 0, which is expected."""
    written(tmp_path, f"[program:queue]\ncommand=php artisan queue:work\ndirectory={tmp_path}\n{options}\n")
    found = kept(Supervised(tmp_path), worker())
    assert bool(found.started_again) is returns
    assert found.restarts_in == str(tmp_path)
    assert found.supervisor == (f"{tmp_path}/supervisorctl", f"{tmp_path}/supervisord.conf")


def test_another_users_supervisord_is_never_asked(tmp_path: Path) -> None:
    """Its configuration may load any code into a supervisorctl that root runs."""
    written(tmp_path, "[program:queue]\ncommand=php artisan queue:work\nautorestart=true\n")
    assert kept(Supervised(tmp_path, uid=1000), worker()) == worker()


def test_a_configuration_that_changed_since_is_not_the_one_in_force(tmp_path: Path) -> None:
    """Nobody knows whether it was read; a restart by supervisorctl is possible all the same."""
    written(tmp_path, "[program:queue]\ncommand=php artisan queue:work\nautorestart=true\n")
    found = kept(Supervised(tmp_path, start=1.0), worker())
    assert (found.started_again, found.restarts_in, bool(found.supervisor)) == ("", "", True)


@pytest.mark.parametrize("text", ["", "damaged", "[program:other]\nautorestart=true\n", "[program:queue\n\0"])
def test_what_is_not_told_is_not_claimed(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    assert kept(Supervised(tmp_path), worker()).started_again == ""


def test_a_process_that_supervisord_has_not_started_is_left_as_it_is(tmp_path: Path) -> None:
    written(tmp_path, "[program:queue]\nautorestart=true\n")
    assert kept(Supervised(tmp_path), worker("")) == worker("")
