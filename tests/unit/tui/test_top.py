"""`liveproof top` by its keys, on the seed's incident: on a small and on a large screen."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from liveproof.model.sample import Sample
from liveproof.store.history import History
from liveproof.tui import kept
from liveproof.tui.app import Top
from liveproof.tui.feed import Feed
from liveproof.tui.page import Page, reflowed
from liveproof.tui.panel import Panel
from liveproof.tui.rows import ago, cut, moment, percent, sparkline, tail
from liveproof.tui.sections import panes
from liveproof.tui.shown import Shown, Trail
from tests.golden import incident, top
from tests.golden.reports import steady
from tests.golden.seed_facts import PATH

SIZES = ((80, 24), (200, 50))
Drive = Callable[[Top, Pilot[None]], Awaitable[None]]


class Canned(Feed):
    """Samples that were written down."""

    def __init__(self, *samples: Sample) -> None:
        super().__init__(())
        self._samples = samples

    async def samples(self) -> AsyncIterator[Sample]:
        for sample in self._samples:
            yield sample
        await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state directory of our own; commands are started as `python -m liveproof`."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(kept, "read", lambda _: top.kept())
    monkeypatch.setattr(sys, "orig_argv", [sys.executable, "-m", "liveproof"])
    monkeypatch.setattr(sys, "argv", ["liveproof"])


def drive(test: Drive, size: tuple[int, int] = SIZES[0], *samples: Sample) -> None:
    async def run() -> None:
        app = Top((), feed=Canned(*(samples or (top.sample(0), top.sample(1), top.sample(2)))), clock=lambda: top.NOW)
        async with app.run_test(size=size) as pilot:
            await pilot.pause(0.05)
            await test(app, pilot)

    with steady():
        asyncio.run(run())


def screen(app: Top) -> list[str]:
    """What a person sees."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def on(app: Top, pilot: Pilot[None], code: str) -> None:
    """Move to the row of a rule."""
    panel = app.query_one("#left", Panel)
    panel.move_to(next(number for number, row in enumerate(panel.rows) if row.code == code))
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
def test_the_screen_shows_the_rows(size: tuple[int, int]) -> None:
    """As the golden text has them, between the two bars; nothing is wider than the screen."""

    async def test(app: Top, pilot: Pilot[None]) -> None:
        seen = screen(app)
        assert seen[0].startswith("liveproof top  gateway-1  BROKEN")
        assert seen[-1].startswith("q quit")
        with steady():
            left, *right = panes(top.shown(), size[0])
        half = size[0] if not right else size[0] // 2
        for number in range(min(size[1] - 2, len(left))):
            assert seen[number + 1][:half].rstrip() == left[number].line.text[:half].rstrip()
        if right:
            assert right[0][0].line.text.rstrip() in seen[1]
        assert len(seen) == size[1]

    drive(test, size)


@pytest.mark.parametrize("width", [40, 80, 100, 159, 160, 200])
def test_no_row_is_wider_than_its_pane(width: int) -> None:
    """Only what must be longer is cut by the screen."""
    for rows in panes(top.shown(), width):
        for row in rows:
            assert width < 80 or len(row.line.text) <= (width if width < 160 else width // 2), row.line.text


def test_resizing_makes_two_panes_of_one() -> None:
    async def test(app: Top, pilot: Pilot[None]) -> None:
        assert not app.query_one("#right").display
        await pilot.resize_terminal(200, 50)
        await pilot.pause()
        assert app.query_one("#right").display
        await pilot.press(*["tab"] * 4)  # over the four headings of the left pane
        assert app.panel.id == "right"
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.panel.id == "left"
        await pilot.press("shift+tab")
        assert app.panel.row is app.panel.rows[0]

    drive(test)


def test_e_explains_a_finding() -> None:
    """The rule's page, as `liveproof explain` gives it."""

    async def test(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("e")
        assert "this row has no rule" in screen(app)[-1]
        await on(app, pilot, "FIL003")
        await pilot.press("e")
        page = await shown(app, pilot)
        assert page.startswith("FIL003 bootstrap_cache_not_writable")
        await pilot.press("down", "pagedown", "q")
        assert not isinstance(app.screen, Page)

    drive(test)


async def shown(app: Top, pilot: Pilot[None]) -> str:
    assert isinstance(app.screen, Page)
    for _ in range(600):
        if app.screen.text != "looking at the host ...":
            break
        await pilot.pause(0.05)
    await pilot.pause()
    return app.screen.text


def test_f_opens_the_plan_and_cannot_apply() -> None:
    """A child is asked with --dry-run; what it says is shown."""

    async def test(app: Top, pilot: Pilot[None]) -> None:
        await on(app, pilot, "FIL001")
        await pilot.press("f")
        text = await shown(app, pilot)
        assert f"there is no {PATH}" in text
        assert "nothing is changed" in screen(app)[0]
        await pilot.press("escape")

    drive(test)


def test_slash_filters_and_escape_shows_all() -> None:
    async def test(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"horizon")
        rows = [row.line.text for row in app.query_one("#left", Panel).rows if not row.heading]
        assert len(rows) == 1
        assert "artisan horizon" in rows[0]
        assert "only rows with 'horizon'" in screen(app)[0]
        await pilot.press("enter", "q")  # q is a key again
        assert not app.is_running

    async def again(app: Top, pilot: Pilot[None]) -> None:
        before = len(app.query_one("#left", Panel).rows)
        await pilot.press("slash", "q", "escape")
        assert app.is_running
        assert len(app.query_one("#left", Panel).rows) == before

    drive(test)
    drive(again)


def test_s_sorts_workers() -> None:
    def pids(app: Top) -> list[str]:
        rows = app.query_one("#left", Panel).rows
        return [row.key.removeprefix("worker ") for row in rows if row.key.startswith("worker ")]

    async def test(app: Top, pilot: Pilot[None]) -> None:
        assert pids(app)[:2] == ["812", "813"]
        await pilot.press("s", "s")
        assert "sorted by pool" in screen(app)[-1]
        await pilot.press("s", "s")
        assert pids(app) == ["812", "813", "811", "814"]  # by memory

    drive(test)


def test_p_pauses() -> None:
    async def test(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("p")
        assert "PAUSED" in screen(app)[0]
        app.take(top.sample(50))
        assert app.shown.sample == top.sample(2)
        await pilot.press("p")
        app.take(top.sample(50))
        assert app.shown.sample == top.sample(50)

    drive(test)


def test_r_checks_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is kept by the child."""
    monkeypatch.setenv("PATH", "/nonexistent")

    async def test(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("r")
        assert "a check is running" in screen(app)[-1]
        for _ in range(600):
            await pilot.pause(0.05)
            if "running" not in screen(app)[-1]:
                break
        assert "checked in" in screen(app)[-1]
        assert History().runs()

    drive(test)


def test_help_and_quit() -> None:
    async def test(app: Top, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert "It changes nothing" in screen(app)[1]
        await pilot.press("escape", "q")
        assert not app.is_running

    drive(test)


def test_what_is_missing_is_said() -> None:
    """No app, no root, no sample."""
    nothing = Sample(top.NOW, 0.0, "h", False, "the probes", (), "no app was found: name its directory")

    async def test(app: Top, pilot: Pilot[None]) -> None:
        app.shown.kept = kept.Kept()
        app.draw()
        await pilot.pause()
        text = "\n".join(screen(app))
        assert "no app is known on this host" in text
        assert "liveproof top /var/www/YOUR-APP" in text
        assert "NOT ROOT" in text
        app.feed.why, app.feed.at = "it ended: no memory", app.feed.at - 60
        app.draw()
        await pilot.pause()
        assert "NO SAMPLE: it ended: no memory" in screen(app)[0]

    drive(test, SIZES[0], nothing)


def test_an_unchanged_screen_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that says the same sends no byte: no row is drawn again."""

    async def test(app: Top, pilot: Pilot[None]) -> None:
        drawn: list[int] = []
        panel = app.query_one("#left", Panel)
        real = panel.refresh_line

        def draw(number: int) -> None:
            drawn.append(number)
            real(number)

        monkeypatch.setattr(panel, "refresh_line", draw)
        app.take(top.sample(2))
        assert drawn == []
        app.take(top.sample(3))
        assert 0 < len(drawn) < 5

    drive(test)


def test_hostile_words_stay_on_their_line() -> None:
    """Escapes of a terminal, newlines and markup are shown, not obeyed."""
    found = Sample(1.0, 0.0, "h\x1b[2J", True, "x", ("/a\n[red]b\x1b]0;t\x07",), pools=())

    async def test(app: Top, pilot: Pilot[None]) -> None:
        app.shown.kept = kept.Kept()
        app.take(found)
        await pilot.pause()
        text = screen(app)
        assert "\\x1b[2J" in text[0]
        assert any("/a\\n[red]b\\x1b]0;t" in line for line in text)

    drive(test)


def test_what_is_kept_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest whole run of each app; a store that cannot be read is said."""
    monkeypatch.undo()
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "other"))
    assert kept.read() == kept.Kept()
    record = incident.broken()
    History().save(record)
    monkeypatch.setattr("os.path.lexists", lambda _: True)
    (chain,) = kept.read().chains
    assert (chain.app.app.path, chain.at) == (PATH, record.examination.started)
    assert kept.read("/elsewhere").chains == ()
    (tmp_path / "other/history.db").write_bytes(b"damaged" * 1000)
    assert kept.read().why


def test_opcache_over_time() -> None:
    """The ratio is that of the look-ups in between; a reset begins again; the same answer counts once."""
    trail = Trail()
    for number in (0, 1, 1, 2):
        trail.add(top.sample(number).opcache[0])
    assert list(trail.hits) == [0.95, 0.9, 0.9]
    assert len(trail.fill) == 3
    found = Shown()
    found.take(top.sample())
    assert list(found.trails) == [("8.3/www",)]


def test_words() -> None:
    assert [ago(s) for s in (0, 59, 60, 7200, 200_000)] == ["less than 1 min", "less than 1 min", "1 min", "2 h", "2 d"]
    assert (cut("abcdef", 4), tail("abcdef", 4), cut("abc", 3)) == ("abc…", "…def", "abc")
    assert (percent(1.0), percent(0.9999), percent(0.5)) == ("100.0 %", "99.9 %", "50.0 %")
    assert sparkline((0.0, 0.5, 1.0, 7.0, -1.0), 4) == "▅██▁"
    with steady():
        assert moment(top.NOW, top.NOW) == "10:40:00"
        assert moment(top.NOW - 90_000, top.NOW) == "2025-10-23 09:40"
    long = "a" * 95
    assert reflowed([long, "goes on", "", "short", "stays", f"  {long}", "code"]).split("\n") == [
        f"{long} goes on", "", "short", "stays", f"  {long}", "code"
    ]  # fmt: skip
