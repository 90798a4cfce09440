"""probes/logs: lines, kinds and the ends of logs."""

import datetime as dt
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.probes.logs import clock, kinds, lines
from liveproof.probes.logs.grouping import Grouper
from liveproof.probes.logs.lines import Entry, Parse
from liveproof.probes.logs.sources import Source
from liveproof.probes.logs.tail import BOUND, read_tail

_PARSE: Parse = lines.laravel(clock.utc)
_ALL: tuple[Parse, ...] = (_PARSE, lines.nginx, lines.php)
_AT = 1795435200.0  # 2026-11-23 12:00 UTC


@given(st.integers(-2_177_452_800, 13_537_065_600))
def test_utc_agrees_with_the_calendar(seconds: int) -> None:
    """Leap years and centuries included, from 1901 to 2398."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    found = clock.utc((moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    assert found == seconds


@given(st.binary(max_size=200))
def test_any_line_is_parsed_or_left_out(content: bytes) -> None:
    """Nothing is raised for whatever stands in a log."""
    for parse in _ALL:
        for start in (b"", b"[2026-11-23 12:00:00", b"2026/11/23 12:00:00 [error] 1#1: ", b"[23-Nov-2026 12:00:00] "):
            parse(start + content)
    list(lines.first_lines(content))


@given(st.text(max_size=300))
def test_any_text_is_classified(text: str) -> None:
    """Kinds, fingerprints and paths of anything, in one printable piece."""
    assert kinds.kind(text, "exception") in ("exception", "permission", "cache_write")
    kinds.fingerprint(text)
    assert all(path.startswith("/") for path in kinds.paths(text))


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (b'[2026-11-23 12:00:00] production.ERROR: it broke {"a":1}', Entry(_AT, "error", 'it broke {"a":1}')),
        (b"[2026-11-23T13:00:00.123456+01:00] local.CRITICAL: x", Entry(_AT, "critical", "x")),
        (b"[2026-13-23 12:00:00] production.ERROR: no such month", None),
        (b"#0 /var/www/x.php(12): foo()", None),
        (b"[stacktrace]", None),
    ],
)
def test_laravels_lines(line: bytes, entry: Entry | None) -> None:
    """Monolog's line format with and without an offset; frames of a trace are no entries."""
    assert _PARSE(line) == entry


def test_nginxs_and_phps_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both write this machine's time; PHP's own log may name a zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    told = lines.nginx(b"2026/11/23 12:00:00 [crit] 12#12: *7 connect() to unix:/x failed (13: Permission denied)")
    assert told == Entry(_AT, "crit", "connect() to unix:/x failed (13: Permission denied)")
    assert lines.php(b"[23-Nov-2026 12:00:00] WARNING: [pool www] x") == Entry(_AT, "warning", "[pool www] x")
    assert lines.php(b"[23-Nov-2026 12:00:00 UTC] PHP Fatal error:  x in /a.php") == Entry(
        _AT, "fatal error", "x in /a.php"
    )
    assert lines.php(b"[23-Nov-2026 12:00:00 Nowhere/Else] PHP Fatal error:  x") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("file_put_contents(/a/storage/logs/x): Failed to open stream: Permission denied", "permission"),
        ("The /a/bootstrap/cache directory must be present and writable.", "cache_write"),
        ("file_put_contents(/a/storage/framework/sessions/x): Failed to open stream: Permission denied", "cache_write"),
        ("tempnam(): file created in the system's temporary directory", "cache_write"),
        (
            "file_put_contents(/a/storage/framework/views/x.php): Failed to open stream: No such file or directory",
            "cache_write",
        ),
        ('The stream or file "/a/laravel.log" could not be opened in append mode: x', "permission"),
        ("Undefined variable $x", "exception"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    """Denials and caches that cannot be written are told apart from everything else."""
    assert kinds.kind(text, "exception") == kind


def test_an_exceptions_fingerprint_is_its_class_and_place() -> None:
    """The message differs with each request."""
    text = 'no user 12 {"userId":7,"exception":"[object] (App\\\\X\\\\NotFound(code: 0): no user 12 at /a/X.php:12)'
    assert kinds.fingerprint(text) == "App\\X\\NotFound at /a/X.php:12"
    assert kinds.message(text) == "no user 12"


def test_a_messages_fingerprint_has_no_numbers_and_names() -> None:
    """Like messages fall together."""
    one, other = "user 'anna' (id 7) gone after 0x1f", "user 'bert' (id 981) gone after 0xffe1"
    assert kinds.fingerprint(one) == kinds.fingerprint(other)


def test_a_random_name_gives_its_directory() -> None:
    """A session's name is a secret, and its directory is what was denied."""
    text = f"file_put_contents(/a/storage/framework/sessions/{'aB3' * 14}): Permission denied in /usr/x.php:3"
    assert kinds.paths(text) == ("/a/storage/framework/sessions",)


def entry(at: float, text: str = "x") -> bytes:
    """A line of Laravel's log."""
    return time.strftime(f"[%Y-%m-%d %H:%M:%S] production.ERROR: {text}\n", time.gmtime(at)).encode()


def log(tmp_path: Path, content: bytes) -> str:
    """A log file."""
    (tmp_path / "x.log").write_bytes(content)
    return str(tmp_path / "x.log")


def test_only_what_came_since_is_read(tmp_path: Path) -> None:
    """Entries before the deploy are not told, those of its very second are."""
    tail = read_tail(Reader(), log(tmp_path, entry(_AT - 5) + entry(_AT) + entry(_AT + 5)), _PARSE, _AT + 0.5, None)
    assert tail is not None
    assert [seen.time for seen in tail.entries] == [_AT, _AT + 5]


def test_the_next_run_reads_only_what_is_new(tmp_path: Path) -> None:
    """From the mark on, and a line half written is left for later."""
    path = log(tmp_path, entry(_AT) + entry(_AT + 1)[:-1])
    first = read_tail(Reader(), path, _PARSE, _AT, None)
    assert first is not None
    assert len(first.entries) == 1
    with open(path, "ab") as file:
        file.write(b"\n" + entry(_AT + 2))
    second = read_tail(Reader(), path, _PARSE, _AT, first.mark)
    assert second is not None
    assert second.resumed
    assert [seen.time for seen in second.entries] == [_AT + 1, _AT + 2]


def test_a_log_begun_anew_is_read_anew(tmp_path: Path) -> None:
    """copytruncate keeps the inode; what stands before the mark tells."""
    path = log(tmp_path, entry(_AT) * 3)
    first = read_tail(Reader(), path, _PARSE, _AT, None)
    assert first is not None
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(entry(_AT + 9) * 5)
    second = read_tail(Reader(), path, _PARSE, _AT, first.mark)
    assert second is not None
    assert not second.resumed
    assert [seen.time for seen in second.entries] == [_AT + 9] * 5


def test_a_huge_log_is_read_from_its_end(tmp_path: Path) -> None:
    """Two gigabytes of holes take no time, and what is not read is told."""
    path = log(tmp_path, b"")
    os.truncate(path, 2 << 30)
    with open(path, "ab") as file:
        file.write(b"\n" + entry(_AT + 3))
    clock_started = time.perf_counter()
    tail = read_tail(Reader(), path, _PARSE, _AT, None)
    assert tail is not None
    assert tail.truncated
    assert [seen.time for seen in tail.entries] == [_AT + 3]
    assert time.perf_counter() - clock_started < 2


def test_a_huge_old_log_is_no_truncation(tmp_path: Path) -> None:
    """The bound does not matter when everything since the deploy lies within it."""
    path = log(tmp_path, (entry(_AT - 9, "x" * 1000) * 20000) + entry(_AT + 3))
    assert os.path.getsize(path) > 2 * BOUND
    tail = read_tail(Reader(), path, _PARSE, _AT, None)
    assert tail is not None
    assert not tail.truncated
    assert len(tail.entries) == 1


def test_one_line_longer_than_the_bound_is_told(tmp_path: Path) -> None:
    """There is no line to be found in what is read."""
    tail = read_tail(Reader(), log(tmp_path, b"[" * (BOUND + 9)), _PARSE, _AT, None)
    assert tail is not None
    assert tail.truncated
    assert tail.entries == ()


def test_a_fifo_is_refused_and_a_missing_log_is_none(tmp_path: Path) -> None:
    """Nothing is waited for."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(CannotSee):
        read_tail(Reader(), str(tmp_path / "fifo"), _PARSE, 0, None)
    assert read_tail(Reader(), str(tmp_path / "none"), _PARSE, 0, None) is None


def test_like_entries_are_counted_and_remembered() -> None:
    """Count, first and last go on over runs, and no secret is kept."""
    source = Source("/l", _PARSE, lambda seen: (seen.level, seen.text, "exception"))
    one = Grouper(source)
    one.add(Entry(5, "error", "login of 17 with password=hunter2 failed"))
    two = Grouper(source, one.by_name)
    two.add(Entry(3, "error", "login of 18 with password=hunter2 failed"))
    (group,) = two.groups()
    assert (group.count, group.first, group.last) == (2, 3, 5)
    assert "hunter2" not in repr(two.by_name)


def test_a_log_of_ever_new_errors_is_counted() -> None:
    """A bounded number is told apart, of each kind, over runs as well."""
    source = Source("/l", _PARSE, lambda seen: (seen.level, seen.text, seen.level))
    one, words = Grouper(source), [f"{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}" for at in range(600)]
    for word in words[:300]:
        one.add(Entry(1, "exception", f"{word} failed"))
    two = Grouper(source, one.by_name, one.more)
    for word in words[300:]:
        two.add(Entry(2, "exception", f"{word} failed"))
    two.add(Entry(3, "fpm", "child exited"))
    groups = list(two.groups())
    assert [sum(group.kind == kind for group in groups) for kind in ("exception", "fpm")] == [200, 1]
    assert sum(group.count for group in groups) + two.more.total() == 601
