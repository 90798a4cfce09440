"""agenda.py: what is due, and what events ask for."""

from itertools import pairwise

import pytest

from liveproof.model.rule import MonitorName
from liveproof.model.schedules import Every, Moment, Never
from liveproof.watch.triggers.agenda import Agenda, Job
from liveproof.watch.triggers.monitors import Monitor

MONITORS = (
    Monitor("ownership", "", ("FIL001",)),
    Monitor("writability", "", ("FIL003",)),
    Monitor("fpm", "", ("FPM001", "NGX009")),
    Monitor("logs", "", ("LAR015",)),
    Monitor("chain", "", ()),
)


def _at(steady: float) -> Moment:
    return Moment(1e9 + steady, steady)


def _agenda(**schedules: float) -> Agenda:
    """Everything was done at 0; monitors without a schedule are never due."""
    known = {
        monitor.name: Every(schedules[monitor.name]) if monitor.name in schedules else Never() for monitor in MONITORS
    }
    return Agenda(MONITORS, known, {monitor.name: _at(0) for monitor in MONITORS})


def _answer(agenda: Agenda, now: float, *, changed: bool = False, answered: bool = True) -> Job | None:
    """What is done then, and that it is done."""
    job = agenda.next(_at(now))
    if job:
        agenda.done(job, _at(now), answered=answered, changed=changed)
    return job


def test_what_was_never_done_is_due_at_once() -> None:
    """A first start does everything in one look, as the whole chain."""
    agenda = Agenda(MONITORS, {monitor.name: Every(60) for monitor in MONITORS}, {})
    job = _answer(agenda, 0)
    assert job
    assert (job.trigger, job.monitors, job.codes) == ("ownership", ("chain",), ())
    assert agenda.next(_at(1)) is None


def test_monitors_that_are_due_together_are_one_look() -> None:
    """Only their own codes are asked."""
    agenda = _agenda(ownership=60, fpm=60, logs=900)
    assert agenda.next(_at(59)) is None
    assert agenda.wait(_at(59)) == pytest.approx(1)
    job = _answer(agenda, 61)
    assert job
    assert job.codes == ("FIL001", "FPM001", "NGX009")
    assert _answer(agenda, 62) is None


def test_the_whole_chain_does_the_work_of_all() -> None:
    """After it no other monitor is due."""
    agenda = _agenda(chain=60, fpm=60, logs=60)
    job = _answer(agenda, 61)
    assert job
    assert job.codes == ()
    assert _answer(agenda, 62) is None


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        ("rights", ("FIL001", "FIL003")),
        ("service", ("FPM001", "NGX009")),
        ("configuration", ("FPM001", "NGX009")),
        ("log", ("LAR015",)),
        ("code", ()),
        ("link", ()),
        ("lost", ()),
    ],
)
def test_an_event_asks_its_monitors(reason: str, codes: tuple[str, ...]) -> None:
    """A tenth of a second later, with what else happened until then."""
    agenda = _agenda()
    agenda.sensed([reason], 5.0)
    assert agenda.next(_at(5.05)) is None
    assert agenda.wait(_at(5.05)) == pytest.approx(0.05)
    job = _answer(agenda, 5.2)
    assert job
    assert (job.trigger, job.codes) == (reason, codes)


def test_what_happens_during_a_look_is_looked_at_after_it() -> None:
    """It may have come too late for that look."""
    agenda = _agenda()
    agenda.sensed(["service"], 0.0)
    job = agenda.next(_at(1))
    assert job
    agenda.sensed(["service"], 1.1)
    agenda.done(job, _at(1.5), answered=True, changed=True)
    again = agenda.next(_at(1.6))
    assert again
    assert again.codes == ("FPM001", "NGX009")


def test_a_service_that_ended_is_found_again() -> None:
    """The whole chain follows, since other processes are to be watched now."""
    agenda = _agenda()
    agenda.sensed(["service"], 0.0)
    assert _answer(agenda, 1, changed=True)
    assert _answer(agenda, 3) is None
    job = _answer(agenda, 4.1)
    assert job
    assert (job.trigger, job.codes) == ("service", ())


def test_a_look_without_a_result_is_repeated() -> None:
    """What was asked for is not forgotten; a host on which nothing works is asked less and less."""
    agenda = _agenda(fpm=60)
    agenda.sensed(["log"], 0.0)
    assert _answer(agenda, 1, answered=False)
    assert _answer(agenda, 2.9) is None
    job = _answer(agenda, 3.1)
    assert job
    assert job.codes == ("LAR015",)
    tried = [now for now in range(61, 600) if _answer(agenda, float(now), answered=False)]
    assert 10 <= len(tried) <= 16
    assert tried[1] - tried[0] < 5
    assert agenda.wait(_at(float(tried[-1]))) == pytest.approx(60)


def test_events_in_vain_are_looked_at_less_and_less() -> None:
    """A flood of known errors costs little, and keeps no other monitor waiting."""
    agenda, looks, now = _agenda(), 0, 0.0
    while now < 600:
        agenda.sensed(["log"], now)
        looks += _answer(agenda, now) is not None
        now += 0.2
    assert 10 <= looks <= 20
    agenda.sensed(["service"], now)
    job = _answer(agenda, now + 0.2, changed=True)
    assert job
    assert job.codes == ("FPM001", "NGX009")


def test_events_that_lead_to_something_are_all_looked_at() -> None:
    """As long as each look finds something new, none waits."""
    agenda = _agenda()
    for second in range(100):
        agenda.sensed(["rights"], float(second))
        assert _answer(agenda, second + 0.2, changed=True)


def test_a_clock_that_is_set_moves_no_interval() -> None:
    """They are counted by the steady clock."""
    agenda = _agenda(fpm=60)
    assert agenda.next(Moment(1e9 + 3600, 30)) is None
    assert agenda.next(Moment(1e9 - 3600, 61)) is not None


def test_a_service_that_is_broken_is_looked_at_again() -> None:
    """That it is well need not be an event: after 5 s, 10 s, then once a minute; and no more once it is well."""
    agenda, looks = _agenda(), []
    agenda.sensed(["service"], 0.0)
    for second in range(1, 400):
        job = agenda.next(_at(float(second)))
        if job:
            broken: tuple[MonitorName, ...] = ("fpm",) if second < 300 else ()
            agenda.done(job, _at(float(second)), answered=True, changed=False, broken=broken)
            looks.append(second)
    assert looks[:5] == [1, 4, 14, 34, 74]  # the second is the whole chain
    assert looks[-1] < 360
    assert all(after - before <= 60 for before, after in pairwise(looks))
