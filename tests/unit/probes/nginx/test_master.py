"""How nginx is started, what it was built with, and what its test says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.process.command import Ran
from liveproof.probes.nginx import _judged
from liveproof.probes.nginx.master import Command, parse_build, parse_title, parse_words


@pytest.mark.parametrize(
    ("title", "command"),
    [
        ("nginx: master process /usr/sbin/nginx", Command("/usr/sbin/nginx")),
        (
            "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;",
            Command("/usr/sbin/nginx", directives="daemon on; master_process on;"),
        ),
        (
            "nginx: master process nginx -p /srv -g daemon off; -c conf/x.conf",
            Command("nginx", "conf/x.conf", "/srv", "daemon off;"),
        ),
        ("nginx: master process nginx -c/etc/x.conf -q", Command("nginx", "/etc/x.conf")),
        ("nginx: master process nginx -g", Command("nginx")),
        ("nginx: master process", Command("")),
    ],
)
def test_command_in_the_title(title: str, command: Command) -> None:
    """The title repeats the command without telling where an argument ends."""
    assert parse_title(title) == command


@given(st.lists(st.text()))
def test_any_words_are_survived(words: list[str]) -> None:
    """No list of words makes the reading of a command fail."""
    assert parse_words(words).binary == (words[0] if words else "")


def test_options_are_given_again() -> None:
    """The options of a command start the same nginx once more."""
    command = Command("/usr/sbin/nginx", "/etc/x.conf", "/srv", "daemon on;")
    assert parse_words([command.binary, *command.options]) == command


def test_build() -> None:
    """What nginx was built with, relative paths below its prefix."""
    told = parse_build(
        "nginx version: nginx/1.22.1 (Debian)\nbuilt with OpenSSL 3\n"
        "configure arguments: --with-cc-opt='-g -O2 -Wl,-z' --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf"
        " "
        "--error-log-path=stderr --user=www\n"
    )
    assert (told.version, told.prefix, told.config) == ("1.22.1", "/usr/share/nginx", "/etc/nginx/nginx.conf")
    assert (told.user, told.error_log) == ("www", "stderr")
    assert (
        parse_build("nginx version: openresty/1.25.3.1\nconfigure arguments:").config
        == "/usr/local/nginx/conf/nginx.conf"
    )


DENIED = '[emerg] open() "/run/nginx.pid" failed (13: Permission denied)'
WRONG = '[emerg] unknown directive "x" in /etc/nginx/x:3'


@pytest.mark.parametrize(
    ("said", "root", "valid", "errors"),
    [
        (f"nginx: {WRONG}\nnginx: configuration file /etc/nginx/nginx.conf test failed\n", True, False, (WRONG,)),
        (f"nginx: {WRONG}\n", False, False, (WRONG,)),
        (f"2026/11/23 22:30:10 {WRONG.replace('] ', '] 57#57: ')}\n", True, False, (WRONG,)),
        (f"nginx: {DENIED}\n", True, False, (DENIED,)),
        (f"nginx: {DENIED}\n", False, None, None),
        (f"nginx: {DENIED}\nnginx: {WRONG}\n", False, False, (WRONG,)),
        ('nginx: [warn] conflicting server name "_"\nnginx: [emerg] bad\n', True, False, ("[emerg] bad",)),
        ("nginx: invalid option\n", True, None, None),
    ],
)
def test_what_a_failed_test_says(said: str, root: bool, valid: bool | None, errors: tuple[str, ...] | None) -> None:
    """Errors stand without time and process; without root, a want of permission is no verdict on the configuration."""
    told, lines = _judged(Ran(1, b"", said.encode()), root=root)
    assert told is valid
    assert lines == errors if errors is not None else lines


def test_an_error_that_quotes_anything_stays_one_short_line() -> None:
    """nginx quotes what stands in the file: control characters and length are bounded, the place at the end stays."""
    quoted = b"a\x1b[31m\n" + b"b" * 5000
    _, (line,) = _judged(
        Ran(1, b"", b'nginx: [emerg] unknown directive "' + quoted + b'" in /etc/nginx/x:7\n'), root=True
    )
    assert line.isprintable()
    assert len(line) < 500
    assert line.endswith('" in /etc/nginx/x:7')
