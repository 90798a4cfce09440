"""When a PHP-FPM master loaded its configuration, and which ini files it reads."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.process.proc import Process, process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service
from liveproof.model.findings import Unknown
from liveproof.probes.fpm.load_moment import ini_margin, load
from liveproof.probes.fpm.php_ini import Places, parse
from liveproof.store.loaded_files import Load


def _me() -> Process:
    found = process(os.getpid())
    assert found
    return found


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[float]:
    """A lock as OPcache makes it, held open by this very process; when it was made."""
    path = tmp_path / ".ZendSem.x"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    path.unlink()
    yield os.fstat(descriptor).st_mtime_ns / 1e9
    os.close(descriptor)


def test_the_lock_tells(lock: float) -> None:
    """The lock's own time is the load, and it is the witness: another load makes another one."""
    found = load(Reader(), _me(), ())
    assert isinstance(found, Load)
    assert (found.since, found.witnesses) == (lock, ((0, lock),))


def test_without_a_lock() -> None:
    """Only what is older than the master is proven; a worker that lives on tells that there was no reload since."""
    me = _me()
    found = load(Reader(), me, (me,))
    assert isinstance(found, Load)
    assert found.witnesses == ((me.pid, me.start),)
    assert me.start - 0.6 < found.since < me.start + 1


def test_the_clock_was_set(tmp_path: Path) -> None:
    """A lock that is older than the process that holds it has the time of another clock."""
    path = tmp_path / ".ZendSem.x"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    os.utime(path, (1.0, 1.0))
    path.unlink()
    try:
        assert isinstance(load(Reader(), _me(), ()), Unknown)
    finally:
        os.close(descriptor)


class _Clock(Reader):
    """Systemd's clock began at 1000."""

    def moment(self, monotonic: float) -> float:
        return 1000 + monotonic if monotonic else 0.0


SERVICE = Service(
    "php8.2-fpm.service", "loaded", "active", "running", "success", 9, need_daemon_reload=False, enabled="enabled",
    private_tmp=False, start=(), post=(), began=10.0, entered=12.0, changed=12.0,
)  # fmt: skip
MASTER = Process(9, 1, 1010.0, 0, "php-fpm8.2", ("php-fpm: master process (/x)",), "")


@pytest.mark.parametrize(
    ("made", "service", "margin"),
    [
        (1010.5, SERVICE, 0.1),  # not long before the lock, however long the start took
        (1010.03, SERVICE, 0.03),  # after the unit's start
        (1099.0, replace(SERVICE, changed=98.95), 0.05),  # after a reload was asked for
        (1099.0, replace(SERVICE, changed=99.5), 0.1),  # of another reload, which did not take place yet
        (1010.03, replace(SERVICE, main_pid=8), 0.1),
        (1010.03, None, 0.1),
    ],
)
def test_php_ini_is_read_before_the_lock_is_made(made: float, service: Service | None, margin: float) -> None:
    """How long before is bounded by what systemd tells of the start or the reload, else by what it takes."""
    lock = Load(9, 1010.0, made, "the lock", ((0, made),))
    assert ini_margin(_Clock(), MASTER, service, lock) == pytest.approx(margin)


def test_php_ini_without_a_lock() -> None:
    """There is no moment that it could precede."""
    assert ini_margin(_Clock(), MASTER, SERVICE, Load(9, 1010.0, 1009.5, "its start", ((10, 1011.0),))) == 0


TEXT = """phpinfo()
PHP Version => 8.2.29

Configuration File (php.ini) Path => /etc/php/8.2/fpm
Loaded Configuration File => /etc/php/8.2/fpm/php.ini
Scan this dir for additional .ini files => /etc/php/8.2/fpm/conf.d
Additional .ini files parsed => /etc/php/8.2/fpm/conf.d/10-opcache.ini,
"""


def test_where_php_looks() -> None:
    """Debian's places, and a build without php.ini that scans two directories."""
    assert parse(TEXT) == Places("/etc/php/8.2/fpm", "/etc/php/8.2/fpm/php.ini", ("/etc/php/8.2/fpm/conf.d",))
    bare = TEXT.replace("/etc/php/8.2/fpm/php.ini", "(none)").replace("fpm/conf.d\n", "fpm/conf.d:/x\n")
    assert parse(bare) == Places("/etc/php/8.2/fpm", "", ("/etc/php/8.2/fpm/conf.d", "/x"))


def test_as_a_page() -> None:
    """php-fpm tells the same as HTML."""
    rows = (line.partition(" => ") for line in TEXT.splitlines())
    page = "\n".join(f'<tr><td class="e">{name} </td><td class="v">{value} </td></tr>' for name, _, value in rows)
    assert parse(page) == parse(TEXT)


@given(st.text())
def test_any_answer_is_survived(text: str) -> None:
    """Whatever a program prints, only absolute paths are taken."""
    assert all(part.startswith("/") or not part for part in (parse(text).file, parse(text).directory))
