"""php-fpm.conf as php-fpm reads it, its addresses, and careful changes to a pool's file."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liveproof.analysis.web import addresses
from liveproof.fixes.php_fpm_edit import with_settings
from liveproof.host.reader import Reader
from liveproof.probes.fpm import configuration
from liveproof.probes.fpm.configuration import FpmConf

POOL = """\
; a comment
[www]
user = www-data
listen = /run/php/$pool.sock ; where
listen.mode = "0660"
pm = dynamic
pm.max_children = 5
request_terminate_timeout = 2m
php_admin_value[memory_limit] = 64M
php_flag[display_errors] = off
php_value[memory_limit] = 32M
env[TOKEN] = secret
"""


def load(files: dict[str, str], directory: Path) -> FpmConf:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    reader = Reader()

    def read(path: str) -> str | None:
        return None if Path(path).is_dir() else reader.read(path).decode(errors="surrogateescape")

    return configuration.load(str(directory / "fpm.conf"), read, reader.glob, str(directory))


def test_pools_of_included_files(tmp_path: Path) -> None:
    """A relative include starts at the prefix; the pool's settings, times, flags and names are understood."""
    conf = load(
        {"fpm.conf": "[global]\nprocess_control_timeout = 10s\ninclude=pool.d/*.conf\n", "pool.d/www.conf": POOL},
        tmp_path,
    )
    (pool,) = conf.pools
    assert conf.main.seconds("process_control_timeout") == 10
    assert (pool.name, pool.file) == ("www", f"{tmp_path}/pool.d/www.conf")
    assert pool.get("listen") == "/run/php/www.sock"
    assert pool.get("listen.mode") == "0660"
    assert pool.number("pm.max_children") == 5
    assert pool.seconds("request_terminate_timeout") == 120
    assert pool.values() == (("display_errors", "0"), ("memory_limit", "32M"), ("memory_limit", "64M"))
    assert dict(pool.values())["memory_limit"] == "64M"
    assert conf.problems == ()


def test_a_section_goes_on_where_its_name_comes_again(tmp_path: Path) -> None:
    """The same pool in another file is one pool; the last value is in force, and known with its file."""
    files = {"fpm.conf": "include=*.pool", "a.pool": "[www]\nlisten=/a\npm=static", "b.pool": "[WWW]\nlisten=/b"}
    (pool,) = load(files, tmp_path).pools
    assert (pool.get("listen"), pool.get("pm")) == ("/b", "static")
    assert pool.set_in["listen"] == f"{tmp_path}/b.pool"


def test_what_follows_an_include_belongs_to_the_section_it_left_open(tmp_path: Path) -> None:
    """The old trap: a global setting below the include lands in the last pool."""
    conf = load({"fpm.conf": "[global]\ninclude=a.pool\nerror_log = /x", "a.pool": "[www]\n"}, tmp_path)
    assert conf.main.get("error_log") == ""
    assert conf.pools[0].get("error_log") == "/x"


def test_garbage_is_told_and_passed_over(tmp_path: Path) -> None:
    """Binary, endless includes and broken sections are problems; the other pools are still there."""
    files = {"fpm.conf": "include=*.pool", "a.pool": "[broken\n\0\xff\ninclude=a.pool\n", "b.pool": POOL}
    conf = load(files, tmp_path)
    assert "www" in [pool.name for pool in conf.pools]
    assert any("no end" in problem for problem in conf.problems)
    assert any("include one another" in problem for problem in conf.problems)


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    """No text makes the reading fail, and no include of it is followed further than php-fpm would."""
    conf = configuration.load("/x", lambda _: text, lambda _: ("/x",) * 2, "/")
    assert len(conf.files) < 2100


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("/run/php.sock", "unix:/run/php.sock"),
        ("php.sock", "unix:/srv/pools/php.sock"),
        ("9000", "127.0.0.1:9000"),
        ("*:9000", "127.0.0.1:9000"),
        ("0.0.0.0:9000", "127.0.0.1:9000"),
        ("[::]:9000", "127.0.0.1:9000"),
        ("10.0.0.5:9000", "10.0.0.5:9000"),
        ("[::1]:9000", "[::1]:9000"),
    ],
)
def test_listen_as_an_address(listen: str, address: str) -> None:
    """A pool's listen in the words of fastcgi_pass; relative paths stand below the pool's and the master's prefix."""
    assert configuration.address(listen, "pools", "/srv") == address


@pytest.mark.parametrize(
    ("listen", "asked", "met"),
    [
        ("9000", "127.0.0.1:9000", True),
        ("9000", "localhost:9000", True),
        ("9000", "[::1]:9000", True),
        ("9000", "10.0.0.5:9000", False),
        ("127.0.0.1:9000", "127.0.0.1:9000", True),
        ("127.0.0.1:9000", "localhost:9000", True),
        ("127.0.0.1:9000", "[::1]:9000", False),
        ("127.0.0.1:9000", "127.0.0.1:9001", False),
        ("10.0.0.5:9000", "10.0.0.5:9000", True),
        ("0.0.0.0:9000", "10.0.0.6:9000", True),
    ],
)
def test_whether_a_listen_takes_a_connection(listen: str, asked: str, met: bool) -> None:
    """A port alone means every address of this host, and of no other."""
    assert addresses.meets(listen, asked, ("10.0.0.6",)) is met


WANTED = {"listen.owner": "www-data", "listen.mode": "0660"}


def test_settings_are_changed_where_they_stand() -> None:
    """The last one of a name is changed, a missing one comes behind listen; nothing else moves."""
    text = "[www]\nlisten = /a\nlisten.owner = x ; why\n;listen.mode = 0600\n[other]\nlisten = /b\nlisten.owner = y\n"
    told = text.replace("listen.owner = x ; why", "listen.mode = 0660\nlisten.owner = www-data", 1)
    assert with_settings(text, "WWW", WANTED) == told


def test_settings_keep_the_file_s_line_ends() -> None:
    """Lines of a file from Windows keep their ends."""
    told = with_settings("[www]\r\nlisten = /a\r\nlisten.owner=x\r\n", "www", WANTED)
    assert told == "[www]\r\nlisten = /a\r\nlisten.mode = 0660\r\nlisten.owner=www-data\r\n"


@pytest.mark.parametrize("text", ["", "[other]\nlisten = /a\n", "[www]\nuser = x\n"])
def test_a_file_without_the_pool_s_listen_is_left_alone(text: str) -> None:
    """Where listen is set elsewhere, its owner is too."""
    assert with_settings(text, "www", WANTED) is None


@given(st.text(alphabet="[]w= \n;#\r.listenowr/\"'"))
@example("[www]\nlisten=/a\n[x]\n[ 'WWW' ]\nlisten.owner='x';\n")
@example("[www]\nlisten=/a\n;[x]\n #listen.mode=1\n[www]\n")
def test_what_was_set_is_read_back(text: str) -> None:
    """Whatever the file, php-fpm's own way of reading finds the new values in it."""
    told = with_settings(text, "www", WANTED)
    if told is not None:
        conf = configuration.load("/x", lambda path: told if path == "/x" else None, lambda _: (), "/")
        (pool,) = (pool for pool in conf.pools if pool.name.lower() == "www")
        assert {name: pool.get(name) for name in WANTED} == WANTED
