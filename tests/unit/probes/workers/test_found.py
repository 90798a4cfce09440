"""Which processes are the app's workers: from their command line, working directory and unit."""

import pytest

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.php.command_line import script_at
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.probes.workers.found import php_processes

PLAIN = App("/srv/app", "/srv/app", "", "www-data", 33, 33, (33,), (), (), True)
RELEASES = App("/srv/x/current", "/srv/x/releases/2", "", "www-data", 33, 33, (33,), (), (), True)


_CGROUP = "/system.slice/q.service"


class Running(Reader):
    """A reader whose processes are given, each with its working directory."""

    def __init__(self, *running: tuple[str, str], age: float = 1.0, parent: int = 1) -> None:
        super().__init__()
        self._age = age
        self._cwd = {f"/proc/{pid}/cwd": cwd for pid, (_, cwd) in enumerate(running, 1)}
        self._processes = tuple(
            Process(
                pid, parent, 5.0, 0, command.split()[0].rpartition("/")[2].rstrip(":"), tuple(command.split()), _CGROUP
            )
            for pid, (command, _) in enumerate(running, 1)
        )

    def now(self) -> float:
        return 5.0 + self._age

    def list(self, path: str) -> tuple[str, ...]:
        return ("3",) if path.startswith("/proc/") else ()

    def readlink(self, path: str) -> str:
        if path not in self._cwd:
            raise OSError(2, "No such file", path)
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
    (worker,) = php_processes(Running((command, "/srv/app")), PLAIN)
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
        php_processes(Running((command, cwd)), PLAIN)


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ("php artisan schedule:run", "/srv/app"), ("php artisan app:listen", "/srv/app"), ("php", "/srv/app"),
        ("php bin/console messenger:consume", "/srv/app"), ("php /srv/app/bin/daemon.php", "/"),
        ("php -r sleep(9);", "/srv/app/public"), ("php8.2 -S 0.0.0.0:80", "/srv/app"),
    ],
)  # fmt: skip
def test_any_php_of_the_app_that_does_not_pass_is_one(command, cwd):
    """What is older than a passing command; the younger is cron's or a person's."""
    (worker,) = php_processes(Running((command, cwd), age=11.0), PLAIN)
    assert worker.cwd == cwd
    with pytest.raises(NotThere):
        php_processes(Running((command, cwd), age=9.0), PLAIN)


def test_a_file_that_is_open_in_the_app_tells_too():
    """A daemon that was started elsewhere, with a log or a database of the app open."""
    host = Running(("php /opt/daemon.php", "/"), age=11.0)
    host._cwd["/proc/1/fd/3"] = "/srv/app/storage/logs/daemon.log"
    assert len(php_processes(host, PLAIN)) == 1
    host._cwd["/proc/1/fd/3"] = "/srv/application/x"
    with pytest.raises(NotThere):
        php_processes(host, PLAIN)


@pytest.mark.parametrize("command", ["php artisan tinker", "php artisan queue:work"])
def test_own_children_are_none(command, monkeypatch):
    """What this very check started looks at the app, and is gone after it."""
    monkeypatch.setattr("os.getpid", lambda: 1)
    with pytest.raises(NotThere):
        php_processes(Running(("liveproof check", "/srv/app"), (command, "/srv/app"), age=99.0), PLAIN)


def test_the_deploy_tool_that_runs_the_check_is_none(monkeypatch):
    """A deploy tool in PHP waits for this check; a worker that runs it is one all the same."""
    monkeypatch.setattr("os.getpid", lambda: 2)
    called = Running(("php vendor/bin/dep deploy", "/srv/app"), ("liveproof check", "/srv/app"), age=99.0)
    with pytest.raises(NotThere):
        php_processes(called, PLAIN)
    assert php_processes(Running(("php artisan queue:work", "/srv/app"), ("liveproof check", "/"), age=99.0), PLAIN)


def test_a_worker_whose_directory_cannot_be_seen_is_unknown():
    """Without root the working directory of another user's process is closed."""
    host = Running(("php artisan queue:work", "/srv/app"))
    host._cwd.clear()
    with pytest.raises(CannotSee, match="run liveproof as root"):
        php_processes(host, PLAIN)


def test_workers_of_earlier_releases_are_the_apps_too():
    """Also when their directory is gone."""
    found = php_processes(
        Running(
            ("php artisan queue:work", "/srv/x/releases/2"),
            ("php artisan queue:work", "/srv/x/releases/1 (deleted)"),
            ("php artisan queue:work", "/srv/y/releases/1"),
        ),
        RELEASES,
    )
    assert [each.cwd for each in found] == ["/srv/x/releases/2", "/srv/x/releases/1 (deleted)"]


def test_secrets_in_the_command_line_are_hidden():
    """Only the name of the option is told."""
    (worker,) = php_processes(Running(("php artisan queue:work --token s3cret", "/srv/app")), PLAIN)
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
