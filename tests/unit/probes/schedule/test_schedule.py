"""Crontabs, units, supervisor, scripts and logrotate: what runs artisan for the app, and whose its logs become."""

import configparser
import contextlib
import os
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liveproof.host.files.reader import Stat
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import Job, Rotation, Schedule
from liveproof.model.findings import Finding, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Severity
from liveproof.probes.schedule import collected, probe, rotation, sources
from liveproof.probes.schedule.calls import Text
from liveproof.rules.system import artisan_runs_as_another_user, log_rotation_creates_wrong_owner
from liveproof.store.cache import Cache
from tests.unit.answers import faults

APP = App("/srv/app", "/srv/app", "", "www-data", 33, 33, (33,), (), (), True)
PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n"
HOMES = {"s": "/home/s"}
GROUP = "root:x:0:\nadm:x:4:\nwww-data:x:33:\nbob:x:1000:\n"


class Below(Reader):
    """This machine's reader, for a host whose root is a directory; files are root's there whoever runs the tests."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = str(root)
        self._processes = ()
        self.owners: dict[str, tuple[int, int]] = {}
        self.reads: list[str] = []

    def read(self, path: str, limit: int = 1 << 20) -> bytes:
        self.reads.append(path)
        return super().read(self._root + path, limit)

    def stat(self, path: str, *, follow: bool = True) -> Stat | None:
        seen = super().stat(self._root + path, follow=follow)
        uid, gid = self.owners.get(path, (0, 0))
        if seen is None:
            return None
        return Stat(
            seen.mode, uid, gid, seen.size, seen.mtime_ns, seen.ctime_ns - 10**10, seen.nlink, seen.inode, seen.device
        )

    def list(self, path: str) -> tuple[str, ...]:
        return super().list(self._root + path)

    def glob(self, pattern: str) -> tuple[str, ...]:
        return tuple(path[len(self._root) :] for path in super().glob(self._root + pattern))

    def resolve(self, path: str) -> str:
        return super().resolve(self._root + path)[len(self._root) :] or "/"

    def default_acl(self, _: str) -> tuple[tuple[int, int, int], ...]:
        return ()


@pytest.fixture
def host(tmp_path):
    """An empty Debian host with an app; gives a writer of its files and a reader of its schedule."""
    return Made(tmp_path)


class Made:
    """A host made of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reader = Below(root)
        self.cache = Cache(None)
        self.write("/etc/passwd", PASSWD)
        self.write("/etc/group", GROUP)
        self.write("/etc/debian_version", "12")
        self.write("/srv/app/artisan", "")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        target = Path(f"{self.root}{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def see(self, app: App = APP) -> Schedule:
        return probe(self.reader, Settings(), self.cache, app, laravel=Unknown(""), nginx=Unknown(""))

    def users(self) -> list[tuple[str, str]]:
        return [(job.kind, job.user) for job in self.see().jobs]


def test_a_crontab_line_and_its_replacement(host):
    """The user's column changes, nothing else."""
    host.write("/etc/cron.d/app", "SHELL=/bin/sh\n*/5 * * * *\troot  cd /srv/app && php artisan x >> /dev/null\n")
    (job,) = host.see().jobs
    assert (job.source, job.user, job.uid, job.app) == ("/etc/cron.d/app:2", "root", 0, "/srv/app")
    assert job.replacement == "*/5 * * * *\twww-data  cd /srv/app && php artisan x >> /dev/null"


def test_roots_own_crontab_is_replaced_by_another_users(host):
    """There is no column for the user: the line moves."""
    host.write("/var/spool/cron/crontabs/root", "@hourly php /srv/app/artisan x\n")
    (job,) = host.see().jobs
    assert job.replacement == "@hourly php /srv/app/artisan x"
    assert "crontab -u www-data -e" in job.place


def test_a_line_of_thousands_of_calls_is_looked_at_in_part(host):
    """And that is said."""
    path = "/var/spool/cron/crontabs/bob"
    host.write(path, "* * * * * cd /srv/app && " + "php artisan schedule:run; " * 9000)
    schedule = host.see()
    assert 0 < sum(len(job.line) + len(job.replacement) for job in schedule.jobs) < 10_000  # long lines are cut off
    told = dict(schedule.unread)
    assert "first 1000 calls" in told[path]


def test_a_crontab_of_thousands_of_lines_is_looked_at_in_part(host):
    """That is said, and the count says that it is not of all."""
    path = "/etc/cron.d/many"
    host.write(path, "".join(f"* * * * * root cd /srv/app && php artisan a{number}\n" for number in range(1001)))
    for schedule in (host.see(), host.see()):  # the second is remembered
        assert "only its first 1000 calls" in dict(schedule.unread)[path]
        finding, unknown = said(artisan_runs_as_another_user, schedule)
        assert isinstance(finding, Finding)
        assert isinstance(unknown, Unknown)
        assert "and at least 999 more." in finding.message
        assert len(finding.evidence) + finding.more == 1000
    host.write(path, "#" * (512 << 10) + "\n* * * * * root cd /srv/app && php artisan a\n")
    assert "only its first 512 kB" in dict(host.see().unread)[path]


def test_what_is_looked_at_in_part_is_told(host):
    """Also of files in a directory."""
    for number in range(2001):
        host.write(f"/usr/local/bin/{number}.sh", "")
    assert dict(host.see().unread) == {
        "/usr/local/bin": "only the first 2000 of its 2001 files were looked at",
    }


def test_processes_of_the_app_are_counted(host, monkeypatch):
    """Each as its user."""
    running = tuple(
        Process(pid, 1, 0.0, 0, "php", ("php", "/srv/app/artisan", "queue:work"), "/") for pid in range(1000, 1500)
    )
    monkeypatch.setattr(host.reader, "_processes", running)
    for process in running:
        host.write(f"/proc/{process.pid}/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0\n")
    assert [(job.kind, job.uid) for job in host.see().jobs] == [("process", 0)] * 500


def test_reading_ends_when_it_takes_too_long(host, monkeypatch):
    """What is left out is said, and nothing of it is remembered: here scripts of which each calls all the others."""
    names = [f"/usr/local/sbin/x{number}.sh" for number in range(40)]
    for name in names:
        host.write(name, "#!/bin/sh\n" + "\n".join(names) + "\n")
    host.write("/etc/crontab", f"* * * * * root {names[0]}\n")
    monkeypatch.setattr(collected, "_PATIENCE", 0.1)
    schedule = host.see()
    assert "not looked at to its end" in dict(schedule.unread)["/etc/crontab"]
    host.reader.reads.clear()
    host.see()
    assert "/etc/crontab" in host.reader.reads


def test_files_that_cron_passes_over_run_nothing(host):
    """Names with a dot, and files that others could have written; comments, variables, other apps."""
    line = "* * * * * root php /srv/app/artisan x\n"
    host.write("/etc/cron.d/app.disabled", line)
    host.write("/etc/cron.d/open", line, 0o666)
    host.write("/etc/cron.daily/not-executable", "#!/bin/sh\nphp /srv/app/artisan x\n")
    host.write("/etc/cron.d/ok", f"#{line}X=php artisan\n* * * * * root php /srv/other/artisan x\n")
    assert host.see().jobs == ()


def test_scripts_that_a_job_calls_are_read(host):
    """As the user who calls them, with the line in the script."""
    host.write("/opt/tools/run.sh", "#!/bin/bash\ncd /srv/app\nphp artisan x\n")
    host.write("/etc/cron.d/app", "* * * * * root /opt/tools/run.sh\n")
    host.write("/etc/cron.daily/app", "#!/bin/sh\nphp /srv/app/artisan y\n", 0o755)
    first, second = host.see().jobs
    assert (first.source, first.caller, first.user) == ("/opt/tools/run.sh:3", "/etc/cron.d/app:1", "root")
    assert first.replacement == "sudo -u www-data php artisan x"
    assert (second.source, second.line) == ("/etc/cron.daily/app:2", "php /srv/app/artisan y")


@pytest.mark.parametrize(
    ("line", "executed"),
    [
        ("/srv/app/bin/x.sh", {"bin/x.sh"}),
        ("cd /srv/app && ./bin/x", {"bin/x"}),
        ("cd /srv/app && php bin/x.php; php -d a=1 /srv/app/bin/y.php arg", {"bin/x.php", "bin/y.php"}),
        ("flock -n /run/lock /srv/app/bin/x", {"bin/x"}),
        ("flock -n /run/lock -c 'bash -e /srv/app/bin/x'", {"bin/x"}),
        ("timeout 60 nice python3 -u /srv/app/bin/x.py", {"bin/x.py"}),
        ("test -x /srv/app/bin/x && . /srv/app/bin/x", {"bin/x"}),
        ("/usr/local/bin/cronitor exec key php /srv/app/bin/x.php", {"bin/x.php"}),
        ("run-parts --report /srv/app/jobs", {"jobs"}),
        ("/opt/all.sh", {"bin/called"}),
        ("cd /srv/app && sudo -u www-data ./bin/x", set()),
        ("php /srv/app/artisan schedule:run; cd /srv/app && php composer.phar install", set()),
        ("echo /srv/app/bin/x; php -r 'x();'; cd $(cat /x) && ./bin/x; python3 -m x", set()),
    ],
)
def test_what_root_executes(host, line, executed):
    """However it is written; not what it runs as another user, nor artisan and Composer."""
    host.write("/opt/all.sh", "#!/bin/sh\n/srv/app/bin/called\n")
    host.write("/etc/cron.d/app", f"0 3 * * * root {line}\n0 3 * * * bob /srv/app/bin/bobs\n")
    seen = {one.path: one.source for one in host.see().by_root if one.path.startswith("/srv/app/")}
    assert seen == {f"/srv/app/{path}": "/etc/cron.d/app:1" for path in executed}


def test_what_cron_executes_behind_a_link(host):
    """A link in /etc/cron.daily, and a crontab that is one: what counts is the file that it leads to."""
    host.write("/srv/app/bin/daily", "#!/bin/sh\n", 0o755)
    host.write("/srv/app/crontab", "0 3 * * * root true\n")
    for name, target in (("cron.daily/app", "bin/daily"), ("cron.d/app", "crontab")):
        (host.root / "etc" / name).parent.mkdir(exist_ok=True)
        (host.root / "etc" / name).symlink_to(host.root / "srv/app" / target)
    assert {"/srv/app/bin/daily", "/srv/app/crontab"} <= {one.path for one in host.see().by_root}


def test_sudo_in_another_users_crontab_is_roots(host):
    """And the replacement names the app's user."""
    host.write("/etc/cron.d/app", "* * * * * bob cd /srv/app && sudo php artisan x\n")
    (job,) = host.see().jobs
    assert (job.user, job.replacement) == ("root", "cd /srv/app && sudo -u www-data php artisan x")


def test_what_an_unknown_program_runs_is_not_judged(host):
    """That is said where root starts it for this app; another user's stays that user's."""
    host.write("/etc/cron.d/app", "* * * * * root firejail php /srv/app/artisan x\n")
    schedule = host.see()
    assert (schedule.jobs, schedule.unread) == (
        (), (("/etc/cron.d/app:1", "which user firejail runs artisan as is not judged"),)
    )  # fmt: skip
    assert [type(each) for each in said(artisan_runs_as_another_user, schedule)] == [Unknown]
    for line in (
        "bob firejail php /srv/app/artisan x",
        "root firejail php /srv/other/artisan x",
        "root echo php artisan",
    ):
        host.write("/etc/cron.d/app", f"* * * * * {line}\n")
        assert (host.see().jobs, host.see().rotations, host.see().unread) == ((), (), ())


def test_composer_is_the_code_owners(host):
    """Who need not be the app's user; where the code is root's, Composer is root's too."""
    host.write("/etc/cron.d/app", "* * * * * root cd /srv/app && composer install && php artisan x\n")
    host.write("/srv/app/composer.json", "{}")
    assert [(job.right, job.right_uid) for job in host.see().jobs] == [("root", 0), ("www-data", 33)]
    host.reader.owners = {"/srv/app/composer.json": (1000, 1000)}
    first, _ = host.see().jobs
    assert first.replacement.startswith("* * * * * bob cd /srv/app && composer install")


# What systemd 252 answered for: q, enabled; r@, enabled as r@www-data, with a ``+`` and a shell; s, that the enabled
# t.timer starts, with a ``!``; idle, that nothing starts; gone, that is masked.
SHOWN = """\
ExecStart={ path=/usr/bin/php ; argv[]=/usr/bin/php artisan queue:work ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStartEx={ path=/usr/bin/php ; argv[]=/usr/bin/php artisan queue:work ; flags= ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment=
WorkingDirectory=!/srv/app
User=
Id=q.service
RequiredBy=
WantedBy=multi-user.target
TriggeredBy=
LoadState=loaded
FragmentPath=/etc/systemd/system/q.service
DropInPaths=/etc/systemd/system/q.service.d/a.conf
NeedDaemonReload=no

ExecStartPre={ path=/bin/sh ; argv[]=/bin/sh -c cd /srv/app && php artisan y; echo "a b" ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStartPreEx={ path=/bin/sh ; argv[]=/bin/sh -c cd /srv/app && php artisan y; echo "a b" ; flags= ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStart={ path=/usr/bin/php ; argv[]=/usr/bin/php /srv/app/artisan x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStartEx={ path=/usr/bin/php ; argv[]=/usr/bin/php /srv/app/artisan x ; flags=privileged ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment="A=b c" D=e
WorkingDirectory=
User=www-data
Id=r@www-data.service
WantedBy=multi-user.target
LoadState=loaded
FragmentPath=/etc/systemd/system/r@.service

ExecStartEx={ path=/usr/bin/php ; argv[]=/usr/bin/php /srv/app/artisan schedule:run ; flags=no-setuid ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStartEx={ path=/bin/true ; argv[]=/bin/true ; flags= ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
WorkingDirectory=~
User=s
Id=s.service
TriggeredBy=t.timer
LoadState=loaded
FragmentPath=/etc/systemd/system/s.service

Id=t.timer
WantedBy=timers.target
LoadState=loaded
FragmentPath=/etc/systemd/system/t.timer

ExecStartEx={ path=/usr/bin/php ; argv[]=/usr/bin/php /srv/app/artisan z ; flags= ; start_time=[n/a] }
Id=idle.service
LoadState=loaded

Id=gone.service
WantedBy=multi-user.target
LoadState=masked
"""  # noqa: E501


def test_what_systemd_says_of_its_services():
    """Those that are enabled or that an enabled timer starts, with user, directory and the commands in force."""
    q, pre, start, first, second = sources.services(systemd.blocks(SHOWN), HOMES.get)
    assert (q.setting.user, q.setting.directory) == ("root", "/srv/app")
    assert (q.source, q.better) == ("/etc/systemd/system/q.service", "User=\0")
    assert (pre.setting.user, pre.setting.directory) == ("www-data", "/")
    assert pre.setting.variables == {"HOME": "/", "A": "b c", "D": "e"}
    assert pre.line == 'ExecStartPre=/bin/sh -c cd /srv/app && php artisan y; echo "a b"'
    assert (start.setting.user, start.line) == ("root", "ExecStart=+/usr/bin/php /srv/app/artisan x")
    assert start.better == "ExecStart=/usr/bin/php /srv/app/artisan x"
    assert (first.setting.user, second.setting.user, second.setting.directory) == ("root", "s", "/home/s")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("/usr/bin/php artisan x --name=it's", "/usr/bin/php artisan x '--name=it'\"'\"'s'"),
        ("/bin/bash -lc cd /a && b", "/bin/bash -lc 'cd /a && b'"),
        ("/usr/bin/sudo -u bob sh -e -c a b", "/usr/bin/sudo -u bob sh -e -c 'a b'"),
        ("/bin/sh /opt/x.sh -c a b", "/bin/sh /opt/x.sh -c a b"),
        ("php -c /etc/php.ini artisan x", "php -c /etc/php.ini artisan x"),
        ("su -s /bin/sh bob -c a b", "su -s /bin/sh bob -c 'a b'"),
        ("runuser -u bob -- php artisan x", "runuser -u bob -- php artisan x"),
        ("su -c php artisan x bob", ""),
        ("su -s /bin/sh -c php artisan x bob", ""),
    ],
)
def test_what_a_shell_is_given_is_one_word_again(argv, words):
    """systemctl shows arguments parted by blanks; whose the last word of ``su -c`` is cannot be known."""
    assert sources.quoted(argv) == words


def test_supervisors_programs_count_while_it_runs(host):
    """As their user, else as supervisor's own."""
    host.write("/etc/supervisor/supervisord.conf", "[supervisord]\n[include]\nfiles = conf.d/*.conf\n")
    host.write(
        "/etc/supervisor/conf.d/q.conf",
        "[program:a]\ncommand=php artisan queue:work ; comment\n  --tries=3\ndirectory=/srv/app\n"
        "[program:b]\ncommand=php /srv/app/artisan x\nuser=www-data\n"
        "[program:c]\ncommand=php /srv/app/artisan x\nautostart=false\n",
    )
    assert host.users() == []
    host.reader._processes = (Process(1, 0, 0.0, 0, "supervisord", ("python3", "/usr/bin/supervisord"), "/"),)
    root, own = host.see().jobs
    assert (root.user, root.command, own.user) == ("root", "php artisan queue:work --tries=3", "www-data")
    assert root.replacement == "user=www-data"


def test_deploy_scripts_of_whom_nothing_is_known_are_left_out(host):
    """Only those that nobody but root can run, or that ask for root themselves."""
    body = "#!/bin/sh\ncd /srv/app\nphp artisan x\n"
    host.write("/opt/deploy.sh", body, 0o755)
    assert host.see().jobs == ()
    host.write("/opt/deploy.sh", body, 0o700)
    host.write("/srv/app/deploy.sh", '#!/bin/sh\ncd "$(dirname "$0")"\nsudo php artisan y\n', 0o755)
    assert {(job.kind, job.source, job.user) for job in host.see().jobs} == {
        ("script", "/opt/deploy.sh:3", "root"),
        ("script", "/srv/app/deploy.sh:3", "root"),
    }


def test_secrets_in_lines_are_hidden(host):
    """Neither shown nor remembered."""
    host.write("/etc/cron.d/app", "* * * * * root cd /srv/app && API_TOKEN=s3cret php artisan x --password s3cret\n")
    assert "s3cret" not in repr(host.see())


def test_what_did_not_change_is_not_read_again(host, tmp_path_factory, monkeypatch):
    """And what did change is: a file, a name in a directory, a file that was not there."""
    host.cache = Cache(str(tmp_path_factory.mktemp("memory")))
    monkeypatch.setattr("liveproof.host.files.file_state.TICK_NS", 0)
    host.write("/etc/cron.d/app", "* * * * * root php /srv/app/artisan x\n")
    first = host.see()
    host.reader.reads.clear()
    assert host.see() == first
    assert "/etc/cron.d/app" not in host.reader.reads
    host.write("/etc/cron.d/app", "* * * * * www-data php /srv/app/artisan x\n")
    assert host.users() == [("cron", "www-data")]
    host.write("/etc/crontab", "* * * * * root php /srv/app/artisan x\n")
    assert ("cron", "root") in host.users()


def test_hostile_files_are_survived(host):
    """A FIFO, a loop, a directory, binary and invalid UTF-8 where files are expected."""
    os.makedirs(f"{host.root}/etc/cron.d/dir")
    os.mkfifo(f"{host.root}/etc/cron.d/fifo")
    os.symlink("loop", f"{host.root}/etc/cron.d/loop")
    host.write("/etc/cron.d/nul", "* * * * * root cd /srv/a\0b && php artisan x\n")
    Path(f"{host.root}/etc/cron.d/bytes").write_bytes(b"* * * * * root cd /srv/\xff\xfe && php artisan x\n" * 9)
    Path(f"{host.root}/etc/logrotate.conf").write_bytes(bytes(range(256)) * 9)
    assert host.see().jobs == ()


ROTATE = "/srv/app/storage/logs/*.log {{\n  daily\n{}\n}}\n"


def rotated(host: Made, directives: str, main: str = "include /etc/logrotate.d\n", mode: int = 0o755) -> Rotation:
    """What a rotation makes of the app's log, which is the app's, as is its directory."""
    host.write("/srv/app/storage/logs/laravel.log", "", 0o640)
    Path(f"{host.root}/srv/app/storage/logs").chmod(mode)
    host.write("/etc/logrotate.conf", main)
    host.write("/etc/logrotate.d/app", ROTATE.format(directives))
    host.reader.owners = {"/srv/app/storage/logs/laravel.log": (33, 33), "/srv/app/storage/logs": (33, 33)}
    (found,) = host.see().rotations
    return found


@pytest.mark.parametrize(
    ("directives", "made"),
    [
        ("create 0640 root adm", "root:adm 640"),
        ("create root adm", "root:adm 640"),
        ("create 0640 root root", "root:root 640"),
        ("create 0444 www-data www-data", "www-data:www-data 444"),
        ("su root root\ncreate 0600 root root", "root:root 600"),
    ],
)
def test_new_logs_that_the_app_may_not_write(host, directives, made):
    """By owner, group and mode."""
    found = rotated(host, directives)
    assert (found.writable, f"{found.user}:{found.group} {found.mode:o}") == (False, made)
    assert found.source == f"/etc/logrotate.d/app:{directives.count(chr(10)) + 3}"
    assert found.replacement == f"create {found.mode:04o} www-data www-data"


@pytest.mark.parametrize(
    "directives",
    [
        "create", "create 0600", "create 0664 root www-data", "create 0666 root root", "nocreate", "copytruncate",
        "copytruncate\ncreate 0640 root adm", "create 0640 root adm\nnocreate", "create 0640 nobody-knows adm",
        "su www-data www-data\ncreate 0640 root adm", "su bob bob\ncreate", "weekly", "su root root\ncreate",
        "postrotate\ncreate 0640 root adm\nendscript",
    ],
)  # fmt: skip
def test_new_logs_that_the_app_may_write(host, directives):
    """Or that are not made at all: su of somebody who may not write the directory rotates nothing."""
    assert rotated(host, directives).writable


def test_su_gives_the_log_to_that_user_whatever_create_says(host):
    """Only root can give files away; tried with logrotate itself."""
    host.reader.owners = {}
    found = rotated(host, "su bob bob\ncreate 0640 www-data www-data", mode=0o777)
    assert (found.writable, found.user, found.replacement) == (False, "bob", "su www-data www-data")


def test_a_directory_that_logrotate_refuses_is_not_rotated(host):
    """Group-writable by another group than root's, without su."""
    assert rotated(host, "create 0640 root adm", mode=0o775).writable


def test_the_defaults_of_the_main_file_count(host):
    """And entries of files with a taboo extension do not."""
    assert not rotated(host, "weekly", "create 0640 root adm\ninclude /etc/logrotate.d\n").writable
    host.write("/etc/logrotate.d/a.dpkg-old", ROTATE.format("create 0600 bob bob"))
    assert rotated(host, "create").user == "www-data"


# Rules


def job(user: str = "root", uid: int = 0, kind: str = "cron", right: int = 33) -> Job:
    """A job."""
    return Job(
        kind,
        "/etc/cron.d/a:1",
        "",
        "line",
        "php artisan x",
        user,
        uid,
        "/srv/app",
        "www-data",
        right,
        "better",
        "there",
    )


def said(rule: ModuleType, schedule: Schedule, app: App = APP) -> list[Finding | Unknown]:
    """What a rule says of a schedule."""
    return faults(rule.check(app, schedule))


def test_only_root_is_the_wrong_user():
    """A deploy user may be meant so; an app of root's own is root's."""
    assert said(artisan_runs_as_another_user, Schedule((job("www-data", 33), job("bob", 1000)), (), ())) == []
    (finding,) = said(artisan_runs_as_another_user, Schedule((job(), job("www-data", 33)), (), ()))
    assert isinstance(finding, Finding)
    assert len(finding.evidence) == 1
    assert "better" in finding.advice
    assert said(artisan_runs_as_another_user, Schedule((job(right=0),), (), ())) == []


def test_a_script_that_nobody_is_seen_to_call_is_a_notice():
    """It does not break the link."""
    (finding,) = said(artisan_runs_as_another_user, Schedule((job(kind="script"),), (), ()))
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.NOTICE


def test_places_that_could_not_be_read_are_unknown():
    """For jobs and for rotations."""
    unread = Schedule((), (), (("/var/spool/cron/crontabs", "Permission denied"), ("/etc/logrotate.d/x", "I/O error")))
    assert [
        type(each)
        for rule in (artisan_runs_as_another_user, log_rotation_creates_wrong_owner)
        for each in said(rule, unread)
    ] == [Unknown, Unknown]


def test_an_app_of_whom_nobody_knows_the_user():
    """Nobody can be told to be the wrong one."""
    nobody = App("/srv/app", "/srv/app", "", "", -1, -1, (), (), (), True)
    assert [
        type(each)
        for rule in (artisan_runs_as_another_user, log_rotation_creates_wrong_owner)
        for each in said(rule, Schedule((job(),), (), ()), nobody)
    ] == [
        Unknown,
        Unknown,
    ]


# Any text

lines = st.lists(
    st.text(alphabet=st.sampled_from("* 05@#%=ab\\'\"{}/\t[];:.") | st.characters(), max_size=30), max_size=8
)


def crontab(content: str, owner: str = "") -> list[Text]:
    """The commands of a crontab."""
    return list(sources.crontab("/etc/x", content, owner, HOMES.get))


@given(lines, st.sampled_from(["", "root"]))
def test_any_crontab_is_read(parts, owner):
    """Each command lies in its line."""
    content = "\n".join(parts)
    for text in crontab(content, owner):
        assert text.line == content.split("\n")[int(text.source.removeprefix("/etc/x:")) - 1]
        assert text.shell in text.line
        assert text.setting.user


@given(
    st.sampled_from(["* * * * *", "@daily", "0 1-5,*/2 1 jan mon"]),
    st.sampled_from(["root", "www-data"]),
    st.text("ab c/"),
)
def test_a_crontab_line_comes_apart_as_it_was_put_together(when, user, command):
    """Time, user and command."""
    found = crontab(f"{when} {user}\t{command}\n")
    assert [(one.setting.user, one.shell) for one in found] == ([(user, command.strip())] if command.strip() else [])
    assert all(one.better == f"{when} \0\t{command}" for one in found)


@given(lines)
def test_any_supervisor_configuration_is_read_or_refused(parts):
    """As supervisor does it itself."""
    with contextlib.suppress(configparser.Error):
        read = sources.supervisor("\n".join(parts))
        assert list(sources.programs("/etc/x", read, "root", HOMES.get)) == []
        for part in parts:
            section = {"command": part, "directory": "/srv/app"}
            read["program:x"] = section
            assert all(
                one.line == f"command={part.strip()}" for one in sources.programs("/etc/x", read, "r", HOMES.get)
            )


@given(lines)
def test_any_answer_of_systemctl_is_read(parts):
    """And any arguments are words again."""
    text = "\n".join(["Id=a.service", "LoadState=loaded", "WantedBy=x", *parts])
    assert list(sources.services(systemd.blocks(text), HOMES.get)) == []
    for part in parts:
        assert sources.quoted(part) is not None


@given(lines)
@example(["="])
def test_any_logrotate_configuration_is_read(parts):
    """Whatever stands in the braces."""
    text = "\n".join(["/a {", *parts, "}", "/b/*.log {", "create 0640 root adm", "}"])
    entries, _, _ = rotation.read("/etc/x", text, {})
    assert entries[0].patterns == ("/a",)


def test_logrotate_entries_with_quotes_and_several_patterns():
    """On one line or on several, the brace on its own or not."""
    text = (
        '"/var/log/a b.log" /c.log {\nrotate 1 }\n/d.log\n/e.log\n{\n  create 600 a b\n'
        "  postrotate\n  }\n  endscript\n}\n/f { su x y }\n"
    )
    found, _, _ = rotation.read("/etc/x", text, {})
    assert [entry.patterns for entry in found] == [("/var/log/a b.log", "/c.log"), ("/d.log", "/e.log"), ("/f",)]
    assert found[1].directives == {"create": (("600", "a", "b"), "create 600 a b", "/etc/x:6")}
    assert found[2].directives["su"].words == ("x", "y")


def test_the_percent_sign_ends_a_crontab_command():
    r"""What follows is its input; ``\%`` is the command's own."""
    (entry,) = crontab(r"0 0 * * * date +\%F % php artisan", "root")
    assert entry.shell == r"date +\%F "
