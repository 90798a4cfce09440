"""Which processes are the app's workers: from their command line, working directory and unit."""

import pytest

from liveproof.host.php_command import script_at
from liveproof.host.processes import Process
from liveproof.host.reader import NotThere, Reader
from liveproof.model.facts.apps import App
from liveproof.probes.workers import probe

PLAIN = App("/srv/app", "/srv/app", "", "www-data", 33, 33, (33,), (), (), True)
RELEASES = App("/srv/x/current", "/srv/x/releases/2", "", "www-data", 33, 33, (33,), (), (), True)


class Running(Reader):
    """A reader whose processes are given, each with its working directory."""

    def __init__(self, *running: tuple[str, str]) -> None:
        super().__init__()
        self._cwd = {f"/proc/{pid}/cwd": cwd for pid, (_, cwd) in enumerate(running, 1)}
        self._processes = tuple(
            Process(pid, 1, 5.0, 0, "php", tuple(command.split()), "/system.slice/q.service")
            for pid, (command, _) in enumerate(running, 1)
        )

    def readlink(self, path: str) -> str:
        return self._cwd[path]

    def resolve(self, path: str) -> str:
        return path


@pytest.mark.parametrize(
    "command",
    [
        "php artisan queue:work --sleep=1", "/usr/bin/php8.2 -d memory_limit=-1 artisan horizon",
        "php ./artisan octane:start", "php artisan --env=production schedule:work", "php /srv/app/artisan reverb:start",
    ],
)  # fmt: skip
def test_lasting_commands_are_workers(command):
    """With their unit, start and user."""
    (worker,) = probe(Running((command, "/srv/app")), PLAIN).processes
    assert (worker.pid, worker.start, worker.unit, worker.cwd) == (1, 5.0, "q.service", "/srv/app")


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ("php artisan schedule:run", "/srv/app"), ("php -r sleep(9);", "/srv/app"), ("php -S 0.0.0.0:80", "/srv/app"),
        ("php artisan queue:work", "/srv/other"), ("php-fpm: pool www", "/"), ("php", "/srv/app"),
        ("sudo php artisan queue:work", "/srv/app"), ("sh -c php artisan queue:work", "/srv/app"),
        ("php artisan", "/srv/app"), ("php artisan queue:work", "/srv/application"),
    ],
)  # fmt: skip
def test_others_are_not(command, cwd):
    """What ends by itself, other apps, FPM, and what only starts a worker."""
    with pytest.raises(NotThere):
        probe(Running((command, cwd)), PLAIN)


def test_workers_of_earlier_releases_are_the_apps_too():
    """Also when their directory is gone."""
    found = probe(
        Running(
            ("php artisan queue:work", "/srv/x/releases/2"),
            ("php artisan queue:work", "/srv/x/releases/1 (deleted)"),
            ("php artisan queue:work", "/srv/y/releases/1"),
        ),
        RELEASES,
    )
    assert [each.cwd for each in found.processes] == ["/srv/x/releases/2", "/srv/x/releases/1 (deleted)"]


def test_secrets_in_the_command_line_are_hidden():
    """Only the name of the option is told."""
    (worker,) = probe(Running(("php artisan queue:work --token s3cret", "/srv/app")), PLAIN).processes
    assert "s3cret" not in " ".join(worker.argv)


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("php artisan x", 1), ("php8.2 -d a=b -c /x artisan", 5), ("php -dx=y artisan", 2), ("php -r x", 3), ("php", 1),
        ("php -- artisan", 2), ("artisan x", 0), ("php-fpm8.2 artisan", 0), ("php -f artisan", 2), ("", 0),
    ],
)  # fmt: skip
def test_the_script_of_a_command_line(words, at):
    """After PHP's own options; 0 when it is not PHP, the end when it runs none."""
    assert script_at(words.split()) == at
