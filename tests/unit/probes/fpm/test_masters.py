"""PHP-FPM's masters: what titles, command lines and units tell, and whom a process really runs as."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.credentials import credentials
from liveproof.host.process.proc import Process, children, processes
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.probes.fpm import masters, pools, status_page
from liveproof.probes.fpm.masters import Found
from liveproof.store.cache import Cache

SHOWN = """\
MainPID=35
Result=success
ExecStart={ path=/x ; argv[]=/usr/sbin/php-fpm8.2 --fpm-config /etc/php/8.2/fpm/php-fpm.conf ; ignore_errors=no ; x=y }
ExecStartPost={ path=/x ; argv[]=/php-fpm-socket-helper install /run/php/php-fpm.sock /p/www.conf 82 ; ignore_errors=y }
PrivateTmp=no
Id=php8.2-fpm.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no

MainPID=0
Result=exit-code
PrivateTmp=yes
Id=nginx.service
LoadState=masked
ActiveState=failed
SubState=failed
UnitFileState=masked
NeedDaemonReload=yes
"""


_RELOAD = (
    "ExecReload={{ path=/x ; argv[]=/x -s reload ; ignore_errors=no ; start_time=[{}] ; stop_time=[n/a] ; pid=4 }}"
)


@pytest.mark.parametrize(
    ("times", "began"),
    [
        (("Tue 2026-12-01 13:05:35.114613 UTC",), 1796130335.114613),
        (("Tue 2026-12-01 13:05:35.200000 UTC", "Tue 2026-12-01 13:05:35.100000 UTC", "n/a"), 1796130335.1),
        (("Tue 2026-12-01 13:05:35 UTC",), 0.0),
        (("n/a",), 0.0),
        ((), 0.0),
    ],
)
def test_when_a_reload_began(times: tuple[str, ...], began: float) -> None:
    """By the first of its commands, where systemd tells microseconds; a whole second proves nothing."""
    lines = "\n".join(["Id=nginx.service", *(_RELOAD.format(time) for time in times)])
    (service,) = systemd.parse(lines)
    assert service.reloading == pytest.approx(began)


def test_services_as_systemctl_shows_them() -> None:
    """Blocks in the order of the question; commands are split at blanks."""
    fpm, nginx = systemd.parse(SHOWN)
    assert (fpm.name, fpm.active, fpm.sub, fpm.main_pid, fpm.enabled) == (
        "php8.2-fpm.service",
        "active",
        "running",
        35,
        "enabled",
    )
    assert fpm.start[0][-1] == "/etc/php/8.2/fpm/php-fpm.conf"
    assert list(masters.links([fpm])) == [("/run/php/php-fpm.sock", "/p/www.conf")]
    assert (nginx.load, nginx.result, nginx.start, nginx.private_tmp, nginx.need_daemon_reload) == (
        "masked",
        "exit-code",
        (),
        True,
        True,
    )


def test_what_a_unit_would_start() -> None:
    """A unit whose master does not run tells its program and configuration."""
    fpm, nginx = systemd.parse(SHOWN)
    (found,) = masters.masters(_Nobody(), {"php8.2-fpm.service": fpm, "nginx.service": nginx})
    assert (found.process, found.binary, found.config, found.prefix) == (
        None,
        "/usr/sbin/php-fpm8.2",
        "/etc/php/8.2/fpm/php-fpm.conf",
        "/usr",
    )
    assert found.trusted


class _Nobody(Reader):
    """This machine without any of its processes and without Debian's PHP packages."""

    def processes(self):
        return ()

    def list(self, path):
        return () if path == "/etc/php" else super().list(path)


class _Reloading(_Nobody):
    """The unit's main process has just executed its program anew, and wears no title until it is looked at again."""

    def __init__(self, looks: int, *, empty: int = 1 << 30) -> None:
        super().__init__()
        self.left = looks
        self.empty = empty  # with more looks than this to come it has no command line either

    def processes(self):
        if self.left > self.empty:
            return ()
        title = (
            ("/usr/sbin/php-fpm8.2", "--nodaemonize")
            if self.left
            else ("php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)",)
        )
        return (Process(35, 1, 1.0, 0, "php-fpm8.2", title, "/system.slice/php8.2-fpm.service"),)

    def pause(self, seconds):
        pass

    def forget_processes(self):
        self.left -= 1


def test_a_master_that_is_just_reloading_is_waited_for() -> None:
    """Between execve and its title a master is none by name; one that never gets there is told as its unit only."""
    services = {"php8.2-fpm.service": next(iter(systemd.parse(SHOWN)))}
    (found,) = masters.masters(_Reloading(3), services)
    assert found.process is not None
    assert (found.process.pid, found.config) == (35, "/etc/php/8.2/fpm/php-fpm.conf")
    (found,) = masters.masters(_Reloading(10_000), services)
    assert found.process is None
    (found,) = masters.masters(_Reloading(4, empty=2), services)
    assert found.process is not None
    gone = _Reloading(10_000, empty=0)
    (found,) = masters.masters(gone, services)
    assert (found.process, gone.left) == (None, 10_000 - 3), "one that has ended is not waited for long"


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        (["fpm", "-F", "-y", "/a"], "/a"),
        (["fpm", "-y/a"], "/a"),
        (["fpm", "--fpm-config", "/a"], "/a"),
        (["fpm", "--fpm-config=/a", "-F"], "/a"),
        (["fpm", "-y"], ""),
        (["fpm", "-F"], ""),
    ],
)
def test_options_in_all_their_forms(argv: list[str], value: str) -> None:
    """An option's value may stand behind it, at it, or behind an equals sign."""
    assert masters.option(argv, "-y", "--fpm-config") == value


@pytest.mark.parametrize(
    ("title", "config"),
    [
        ("php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)", "/etc/php/8.2/fpm/php-fpm.conf"),
        ("php-fpm: master process (/srv/a (b)/fpm.conf)", "/srv/a (b)/fpm.conf"),
        ("php-fpm: master process (/etc/php/8.2/fpm/php-f", ""),
        ("php-fpm: master process", ""),
    ],
)
def test_configuration_in_a_title(title: str, config: str) -> None:
    """A title that was cut off names no configuration."""
    assert masters.config_in(title) == config


@pytest.mark.parametrize(
    ("binary", "version", "fpm", "prefix"),
    [
        ("/usr/sbin/php-fpm8.2", "8.2", True, "/usr"),
        ("/usr/sbin/php-fpm7.4", "7.4", True, "/usr"),
        ("/usr/local/sbin/php-fpm", "", True, "/usr/local"),
        ("/opt/remi/php82/root/usr/sbin/php-fpm", "", True, "/opt/remi/php82/root/usr"),
        ("/usr/bin/php8.2", "8.2", False, "/usr"),
        ("/usr/bin/passwd", "", False, "/usr"),
    ],
)
def test_what_a_program_s_name_tells(binary: str, version: str, fpm: bool, prefix: str) -> None:
    """Version, kind and prefix by the usual names."""
    assert masters.version_in(binary) == version
    assert masters.is_fpm(binary) is fpm
    assert masters.prefix_of(binary) == prefix


def test_version_of_a_program_without_one_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked, once, and only when it is root's."""
    monkeypatch.setattr("liveproof.host.files.file_state.TICK_NS", 0)
    program = tmp_path / "php-fpm"
    program.write_text(f"#!/bin/sh\necho >> {tmp_path}/asked\necho 'PHP 8.3.23 (fpm-fcgi) (built: now)'\n")
    program.chmod(0o755)
    cache = Cache(str(tmp_path))
    trusted = Found(None, str(program), "", "", None, trusted=True)
    assert [masters.version(Reader(), cache, trusted) for _ in range(2)] == ["8.3", "8.3"]
    assert (tmp_path / "asked").read_text() == "\n"
    assert masters.version(Reader(), cache, Found(None, str(program), "", "", None, trusted=False)) == ""


def test_whom_a_process_runs_as() -> None:
    """The kernel's word on our own process, and none on one that is gone."""
    who = credentials(Reader(), os.getpid())
    assert who is not None
    assert (who.uid, who.gid) == (os.geteuid(), os.getegid())
    assert set(who.groups) == {os.getegid(), *os.getgroups()}
    assert who.is_root == (os.getresuid() == (0, 0, 0))
    assert credentials(Reader(), 2**22 + 1) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_process_that_is_root_in_part_only() -> None:
    """A set-user-id program runs with root's rights, and is still the user's who started it."""
    change = "import os,sys; os.setresuid(65534, 0, 0); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", change], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        assert one.stdout
        one.stdout.readline()
        assert next(process for process in processes() if process.pid == one.pid).uid == 0
        assert [child.uid for child in children(os.getpid()) if child.pid == one.pid] == [0]
        who = credentials(Reader(), one.pid)
        assert who is not None
        assert not who.is_root


def test_users_and_groups() -> None:
    """By name and by number, from the files of this host; nobody knows a name that is not there."""
    accounts = Accounts(Reader())
    root = accounts.user("root")
    assert root is not None
    assert (root, root.uid, accounts.user_name(0), accounts.group_name(0)) == (accounts.user("0"), 0, "root", "root")
    assert accounts.groups_of("root", 0)[0] == 0
    assert accounts.user("no such user") is None
    assert (accounts.user_name(4000000001), accounts.group("17")) == ("4000000001", 17)


def test_last_errors_of_a_log(tmp_path: Path) -> None:
    """Only errors, the last few, without control characters; a log that is no file is none."""
    log = tmp_path / "fpm.log"
    log.write_bytes(
        b"NOTICE: a\n" + b"".join(b"[x] ERROR: \x1b[31m%d\xff\n" % number for number in range(9)) + b"NOTICE: b\n"
    )
    told = pools.last_errors(Reader(), str(log))
    assert [line[-2] for line in told] == ["6", "7", "8"]
    assert all(line.isprintable() for line in told)
    assert pools.last_errors(Reader(), str(tmp_path)) == ()
    assert pools.last_errors(Reader(), "syslog") == ()


STATUS = (
    b'{"pool":"www","process manager":"dynamic","start time":1795471901,"start since":9,"accepted conn":3,'
    b'"listen queue":1,"max listen queue":2,"listen queue len":511,"idle processes":1,"active processes":1,'
    b'"total processes":2,"max active processes":1,"max children reached":4,"slow requests":0,'
    b'"processes":[{"pid":39,"state":"Running",'
    b'"request duration":978000,"request method":"GET","request uri":"/x?\xff"}, 7]}'
)


def test_status_page() -> None:
    """Numbers and the state of each worker; a URI that is not UTF-8 is no obstacle."""
    status = status_page.parse(STATUS)
    assert (status.accepted, status.listen_queue, status.max_children_reached, status.start) == (3, 1, 4, 1795471901.0)
    ((worker),) = status.workers
    assert (worker.pid, worker.state, worker.seconds) == (39, "Running", 0.978)
    assert worker.request.startswith("GET /x?")


@pytest.mark.parametrize("body", [b"", b"File not found.\n", b"[]", b"{}", b"[" * 100000, b'{"pool":', b"<html>"])
def test_what_is_no_status_page(body: bytes) -> None:
    """An answer of a script, or half an answer, is told and not taken for numbers."""
    with pytest.raises(CannotSee):
        status_page.parse(body)
