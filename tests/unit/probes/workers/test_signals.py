"""When artisan's signal was sent, and which worker has not followed it."""

from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.findings import Absent
from liveproof.probes.workers.signals import missed, signalled
from tests.golden.filled import filled

# What a real Laravel names the file of illuminate:queue:restart.
NAME = "ee/2f/ee2f842aa7bb1f53edf3a2ed2c09a1807ffa6c90"


def test_it_is_read_of_a_cache_in_files(tmp_path: Path) -> None:
    """As Laravel writes it; damaged, missing or in another store it is not known."""
    laravel = filled(Laravel, cache_path=str(tmp_path))
    assert signalled(Reader(), laravel) == 0
    file = tmp_path / NAME
    file.parent.mkdir(parents=True)
    file.write_text("9999999999i:1796137373;")
    assert signalled(Reader(), laravel) == 1796137373
    for damaged in ("", "9999999999", 'i:1;O:4:"Evil":0:{}', "9999999999i:1796137373;" * 9):
        file.write_text(damaged)
        assert signalled(Reader(), laravel) == 0
    assert signalled(Reader(), Absent("no Laravel")) == 0


@pytest.mark.parametrize(
    ("began", "command", "now", "is_missed"),
    [
        (100.0, "queue:work", 300.0, True),
        (100.0, "queue:work", 250.0, False),  # it may be inside a job that began before
        (199.5, "queue:work", 300.0, False),  # started in the second of the signal
        (100.0, "queue:listen", 300.0, False),
    ],
)
def test_a_worker_has_the_time_of_its_job(began: float, command: str, now: float, is_missed: bool) -> None:
    argv = ("php", "artisan", command, "--timeout=60")
    process = PhpProcess(8, began, 33, "www-data", argv, "/srv/app", "", began=began)
    assert bool(missed(process, 200.0, now)) is is_missed
