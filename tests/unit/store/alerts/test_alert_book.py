"""The book and its outbox: raised once, repeated, resolved, silenced, joined; nothing lost, nothing doubled."""

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from liveproof.model.alerts import DeliveryKind, Problem, Route
from liveproof.model.verdicts import Severity
from liveproof.store.alerts import book as books
from liveproof.store.alerts.book import AlertBook
from liveproof.store.alerts.outbox import Outbox
from liveproof.store.sqlite import StoreFailed
from tests.unit.alerting import MAIL, NOON, problem, state, told

CACHE, LOGS = problem(), problem("storage/logs", "FIL005")
DOWN = 30.0


class Host:
    """A book and an outbox with the same channels."""

    def __init__(self, tmp_path: Path, *routes: Route) -> None:
        self.book = AlertBook(routes or (MAIL,), state(tmp_path))
        self.outbox = Outbox(routes or (MAIL,), state(tmp_path))

    def see(self, *problems: Problem, now: float = NOON, source: str = "ownership") -> None:
        self.book.reconcile(source, problems, now)

    def told(self, now: float, channel: str = "mail") -> list[tuple[tuple[str, str], ...]]:
        return told(self.outbox, channel, now)

    def fail(self, now: float, channel: str = "mail") -> None:
        claim = self.outbox.claim(channel, now)
        assert claim
        self.outbox.failed(claim, "connection refused", now + DOWN)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_raised_once_and_resolved_once(host: Host) -> None:
    """What stays is told once, what is gone once."""
    host.see(CACHE)
    assert host.told(NOON) == [((CACHE.what, "raised"),)]
    host.see(CACHE, now=NOON + 60)
    assert host.told(NOON + 60) == []
    host.see(now=NOON + 120)
    assert host.told(NOON + 120) == [((CACHE.what, "resolved"),)]
    assert host.told(NOON + 99999) == []
    (alert,) = host.book.since(NOON)
    assert (alert.since, alert.last_seen, alert.resolved_at) == (NOON, NOON + 60, NOON + 120)
    assert host.book.open_alerts() == ()


def test_it_may_come_again(host: Host) -> None:
    """The same problem after it was resolved is a new alert."""
    for at in (0, 100):
        host.see(CACHE, now=NOON + at)
        host.see(now=NOON + at + 50)
        assert len(host.told(NOON + at + 50)) == 1
    assert len(host.book.since(NOON)) == 2


def test_two_monitors_see_one_problem(host: Host) -> None:
    """One alert, resolved when neither sees it any more."""
    host.see(CACHE)
    host.see(CACHE, source="events")
    host.see(now=NOON + 1)
    assert len(host.book.open_alerts()) == 1
    host.see(now=NOON + 2, source="events")
    assert host.book.open_alerts() == ()


def test_another_monitor_resolves_nothing(host: Host) -> None:
    """Who never saw it says nothing of it by not seeing it."""
    host.see(CACHE)
    host.see(LOGS, source="writability")
    host.see(source="opcache")
    assert len(host.book.open_alerts()) == 2


def test_what_could_not_be_seen_stays(host: Host) -> None:
    """A rule that was UNKNOWN this time resolves nothing."""
    host.see(CACHE, LOGS)
    changes = host.book.reconcile("ownership", (), NOON + 1, unseen=lambda each: each.code == "FIL003")
    assert [alert.problem.code for alert in changes.resolved] == ["FIL005"]
    assert [alert.problem.code for alert in host.book.open_alerts()] == ["FIL003"]


def test_the_text_is_that_of_the_last_look(host: Host) -> None:
    """A key stays the same while its words change."""
    host.see(problem(what="3 files"))
    host.see(problem(what="4 files"))
    assert host.told(NOON) == [(("4 files", "raised"),)]


def test_repeated_by_schedule(host: Host) -> None:
    """After four hours, and four hours after that; not when it is resolved."""
    host.see(CACHE)
    host.told(NOON)
    hour = 3600.0
    assert [host.book.repeat_due(NOON + at * hour) for at in (3.9, 4, 4.1)] == [0, 1, 0]
    assert host.told(NOON + 4 * hour) == [((CACHE.what, "repeated"),)]
    assert host.book.repeat_due(NOON + 8 * hour) == 1
    host.see(now=NOON + 8 * hour)
    assert host.told(NOON + 8 * hour) == [((CACHE.what, "resolved"),)]
    assert host.book.repeat_due(NOON + 99 * hour) == 0


def test_never_repeated(tmp_path: Path) -> None:
    """Where the configuration says so."""
    host = Host(tmp_path, Route("mail", repeat_every=None))
    host.see(CACHE)
    host.told(NOON)
    assert host.book.repeat_due(NOON + 1e7) == 0


def test_each_channel_gets_what_it_wants(tmp_path: Path) -> None:
    """By severity, by family."""
    host = Host(
        tmp_path, Route("all", Severity.NOTICE), Route("worst", Severity.CRITICAL), Route("opc", codes=("OPC",))
    )
    opcache = problem("www", "OPC003", Severity.CRITICAL)
    host.see(problem(severity=Severity.NOTICE), opcache)
    assert host.told(NOON, "all") == [((opcache.what, "raised"),), ((CACHE.what, "raised"),)]
    assert host.told(NOON, "worst") == host.told(NOON, "opc") == [((opcache.what, "raised"),)]
    assert [state.waiting for state in host.outbox.channels()] == [0, 0, 0]


def test_a_new_channel_hears_of_what_is_open(tmp_path: Path) -> None:
    """It was configured after the alert was raised."""
    Host(tmp_path).see(CACHE)
    host = Host(tmp_path, MAIL, Route("new"))
    assert host.outbox.due(NOON) == ("mail", "new")
    assert host.told(NOON, "new") == [((CACHE.what, "raised"),)]


def test_a_channel_that_is_down_waits_and_collapses(host: Host) -> None:
    """Raised and resolved while it was down: one message that says both."""
    host.see(CACHE)
    host.fail(NOON)
    assert host.outbox.due(NOON + DOWN - 1) == ()
    assert host.outbox.claim("mail", NOON + DOWN - 1) is None
    (channel,) = host.outbox.channels()
    assert (channel.waiting, channel.failures, channel.why) == (1, 1, "connection refused")
    host.see(now=NOON + 10)
    assert host.told(NOON + DOWN) == [((CACHE.what, "raised and resolved"),)]
    assert host.outbox.channels()[0].failures == 0


def test_resolved_while_the_raise_is_being_sent(host: Host) -> None:
    """The raise arrives, then the resolve follows."""
    host.see(CACHE)
    claim = host.outbox.claim("mail", NOON)
    assert claim
    host.see(now=NOON + 1)
    host.outbox.delivered(claim, NOON + 2)
    assert host.told(NOON + 2) == [((CACHE.what, "resolved"),)]


def test_what_a_killed_process_had_claimed_is_sent_again_as_it_was(host: Host) -> None:
    """The same message, the same id."""
    host.see(CACHE)
    first = host.outbox.claim("mail", NOON)
    host.see(CACHE, LOGS, now=NOON + 1)
    again = host.outbox.claim("mail", NOON + 1)
    assert first
    assert again
    assert (again.token, [each.id for each in again.deliveries]) == (
        first.token,
        [each.id for each in first.deliveries],
    )
    host.outbox.delivered(again, NOON + 1)
    host.outbox.delivered(first, NOON + 1)  # said twice
    assert host.told(NOON + 1) == [((LOGS.what, "raised"),)]


def test_one_refused_message_does_not_hold_back_the_others(host: Host) -> None:
    """What failed before is tried after what did not."""
    host.see(CACHE)
    host.fail(NOON)
    host.see(CACHE, LOGS, now=NOON + DOWN)
    claim = host.outbox.claim("mail", NOON + DOWN)
    assert claim
    assert claim.deliveries[0].alert.problem.what == LOGS.what


def test_only_one_process_sends(host: Host) -> None:
    """The second one is told so."""
    with host.outbox.sending("mail") as first, host.outbox.sending("mail") as second, host.outbox.sending("b") as other:
        assert (first, second, other) == (True, False, True)


def test_silenced_from_the_start(host: Host) -> None:
    """Kept and shown, not sent; sent when the silence ends and it is still there."""
    host.book.silence("FIL", NOON + 100, "work on the disk", "root", NOON)
    host.see(CACHE)
    assert host.told(NOON + 99) == []
    assert len(host.book.open_alerts()) == 1
    assert [silence.why for silence in host.book.silences(NOON)] == ["work on the disk"]
    assert host.told(NOON + 100) == [((CACHE.what, "raised"),)]
    assert host.book.silences(NOON + 100) == ()


def test_silenced_and_gone(host: Host) -> None:
    """What came and went in a silence is not sent; it is in the history."""
    host.book.silence("FIL003", NOON + 100, "", "root", NOON)
    host.see(CACHE)
    host.see(now=NOON + 50)
    host.book.repeat_due(NOON + 100)
    assert host.told(NOON + 100) == []
    assert len(host.book.since(NOON)) == 1


def test_a_resolve_is_sent_also_in_a_silence(host: Host) -> None:
    """Who was told that it broke is told that it is over; repeats wait."""
    host.see(CACHE)
    host.told(NOON)
    host.book.silence("FIL003", NOON + 1e6, "", "root", NOON)
    assert host.book.repeat_due(NOON + 1e5) == 0
    host.see(now=NOON + 1e5)
    assert host.told(NOON + 1e5) == [((CACHE.what, "resolved"),)]


def test_a_silence_ends_early(host: Host) -> None:
    """`--end`: what it held back is sent."""
    host.book.silence("FIL003", NOON + 1e6, "", "root", NOON)
    host.see(CACHE)
    assert host.book.end_silence("FIL003", NOON + 1)
    assert not host.book.end_silence("FIL003", NOON + 1)
    assert host.told(NOON + 1) == [((CACHE.what, "raised"),)]


def test_what_is_over_the_limit_is_joined(tmp_path: Path) -> None:
    """Three an hour: two alone, the third with all the others, the worst first; then nothing until the hour is over."""
    host = Host(tmp_path, Route("mail", per_hour=3))
    host.see(*(problem(f"p{n}", severity=Severity.CRITICAL if n == 9 else Severity.HIGH) for n in range(10)))
    messages = host.told(NOON)
    assert [len(message) for message in messages] == [1, 1, 8]
    assert messages[0] == (("www-data cannot write p9", "raised"),)
    host.see(now=NOON + 60)
    assert host.told(NOON + 3599) == []
    assert [len(message) for message in host.told(NOON + 3600)] == [1, 1, 8]


def test_alertmanager_gets_all_at_once_and_again(tmp_path: Path) -> None:
    """No limit; open ones every five minutes, also silenced ones that it knows."""
    host = Host(tmp_path, Route("am", repeat_every=300, per_hour=1, state=True))
    host.see(CACHE, LOGS)
    assert [len(message) for message in host.told(NOON, "am")] == [2]
    host.book.silence("FIL", NOON + 1e6, "", "root", NOON)
    host.see(CACHE, LOGS, problem("new"))
    assert host.book.repeat_due(NOON + 300) == 2
    assert [len(message) for message in host.told(NOON + 300, "am")] == [2]
    host.see(now=NOON + 301)
    assert [len(message) for message in host.told(NOON + 301, "am")] == [2]


def test_a_clock_that_is_set_back(host: Host) -> None:
    """An hour back: what was to be tried in an hour is tried now, and nothing ends before it began."""
    host.see(CACHE, LOGS)
    claim = host.outbox.claim("mail", NOON)
    assert claim
    host.outbox.failed(claim, "down", NOON + 3600)
    assert len(host.told(NOON - 3601)) == 2
    host.see(now=NOON - 3600)
    assert all(alert.resolved_at == NOON for alert in host.book.since(0))


def test_secrets_and_odd_texts(host: Host) -> None:
    """Secrets are hidden in the book already; bytes of any kind are kept or escaped; long texts are cut."""
    host.see(problem("\udcff\n", what="password=hunter2\x1b[31m " + "x" * 10**5, details=("DB_PASSWORD=hunter2",) * 99))
    (alert,) = host.book.open_alerts()
    assert "hunter2" not in repr(alert)
    assert "\x1b" not in alert.problem.what
    assert len(alert.problem.what) <= 1000
    assert alert.problem.details[-1] == "and 49 more"
    host.book.silence("FIL", NOON + 1, "why \udcff\n", "root", NOON)
    assert "\n" not in host.book.silences(NOON)[0].why


def test_old_ones_go(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """By count, those that still have to be sent excepted; by age, all."""
    monkeypatch.setattr(books, "KEPT_ALERTS", 2)
    for n in range(5):
        host.see(CACHE, now=NOON + n)
        host.told(NOON + n) if n < 4 else None
        host.see(now=NOON + n + 0.5)
        host.told(NOON + n + 0.5) if n < 3 else None
    host.see(LOGS, now=NOON + 6)
    assert [alert.since - NOON for alert in host.book.since(0)] == [6, 4, 3, 2, 1]
    host.see(LOGS, CACHE, now=NOON + books.KEPT_SECONDS + 10)
    assert {alert.since - NOON for alert in host.book.since(0)} == {6, books.KEPT_SECONDS + 10}


def test_nothing_is_made_by_looking(host: Host, tmp_path: Path) -> None:
    """Lists of an empty book make no file."""
    assert not host.book.open_alerts() + host.book.since(0)
    assert not host.book.silences(NOON)
    assert [state.channel for state in host.outbox.channels()] == ["mail"]
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("content", [b"garbage" * 1000, None])
def test_a_damaged_or_newer_book_is_told(host: Host, tmp_path: Path, content: bytes | None) -> None:
    """And left as it is."""
    (tmp_path / "state").mkdir(mode=0o700)
    path = tmp_path / "state/alerts.db"
    if content:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version=99")
        database.close()
    before = path.read_bytes()
    for use in (
        lambda: host.see(CACHE),
        host.book.open_alerts,
        lambda: host.outbox.claim("mail", NOON),
        host.outbox.channels,
    ):
        with pytest.raises(StoreFailed, match=r"damaged|newer"):
            use()
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(tmp_path: Path) -> None:
    """Nothing is half done, and nothing is sent again and again because it cannot be marked as sent."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs (a container without CAP_SYS_ADMIN)")
    try:
        host = Host(disk)
        host.see(CACHE)
        claim = host.outbox.claim("mail", NOON)
        assert claim
        with pytest.raises(OSError, match="No space"):
            (disk / "fill").write_bytes(os.urandom(1024 * 1024))
        with pytest.raises(StoreFailed):
            host.outbox.delivered(claim, NOON)
        for _ in range(3):
            with pytest.raises(StoreFailed):
                host.outbox.claim("mail", NOON)
        with pytest.raises(StoreFailed):
            host.see(CACHE, LOGS)
        (disk / "fill").unlink()
        assert host.told(NOON) == [((CACHE.what, "raised"),)]
        host.see(CACHE, LOGS)
        assert host.told(NOON) == [((LOGS.what, "raised"),)]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_an_alert_of_another_shape_is_told(host: Host, tmp_path: Path) -> None:
    """No traceback."""
    host.see(CACHE)
    with sqlite3.connect(tmp_path / "state/alerts.db") as database:
        database.execute("UPDATE alert SET problem = '{}'")
    database.close()
    with pytest.raises(StoreFailed, match="another version"):
        host.book.open_alerts()


def test_kinds_that_end() -> None:
    """Nothing is said after these."""
    assert [kind for kind in DeliveryKind if kind.ends] == [DeliveryKind.RESOLVED, DeliveryKind.RAISED_AND_RESOLVED]
