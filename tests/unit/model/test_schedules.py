"""schedules.py: durations and cron expressions."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from liveproof.model.schedules import Cron, Every, Moment, Never, parse


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")


def _wall(*when: int) -> Moment:
    year, month, day, hour, minute, second = (*when, 0)[:6]
    return Moment(datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo("Europe/Berlin")).timestamp(), 0.0)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [("15m", Every(900)), ("off", Never()), ("0 3 * * *", Cron("0 3 * * *")), ("*/5 * * * 1-5", Cron("*/5 * * * 1-5"))],
)
def test_what_the_file_may_say(text: str, schedule: object) -> None:
    """A duration, a cron expression, or off."""
    assert parse(text) == schedule


@pytest.mark.parametrize(
    "text", ["", "15", "never", "0 3 * *", "61 * * * *", "0 0 30 2 *", "* * * * * * *", "x y z a b"]
)
def test_what_it_may_not_say(text: str) -> None:
    """Each is refused with what is expected."""
    with pytest.raises(ValueError, match="should be a duration"):
        parse(text)


def test_a_cron_time_comes_once() -> None:
    """Three in the morning, after it was done the day before."""
    daily = Cron("0 3 * * *")
    last = _wall(2026, 6, 1, 3, 0, 1)
    assert not daily.due(last, _wall(2026, 6, 2, 2, 59))
    assert daily.wait(last, _wall(2026, 6, 2, 2, 59)) == 60
    assert daily.due(last, _wall(2026, 6, 2, 3, 0))


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_summer_time_does_not_move_it(month: int, day: int) -> None:
    """Four in the morning is four in the morning also on the day on which the clocks change."""
    daily = Cron("0 4 * * *")
    last = _wall(2026, month, day - 1, 4, 0)
    assert daily.wait(last, _wall(2026, month, day, 3, 59)) == 60


def test_a_clock_that_was_set_back_waits_for_its_next_time() -> None:
    """Not until the time at which it was done before the clock was set."""
    hourly = Cron("0 * * * *")
    last = _wall(2026, 6, 1, 18, 0)
    assert hourly.wait(last, _wall(2026, 6, 1, 12, 30)) == 1800


def test_never() -> None:
    """Off is off."""
    assert Never().wait(Moment(0, 0), Moment(1e9, 1e9)) == math.inf
