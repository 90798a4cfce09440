"""When the gate opens, when it goes on waiting, and when it gives up."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liveproof.gate.judging import helpless, seen, told
from liveproof.gate.loop import Gate, Task
from liveproof.model.examination import Examination
from liveproof.watch.triggers.targets import Targets
from tests.golden import incident

PROVEN, BROKEN = incident.examination(incident.app()), incident.broken().examination


class _Said(list[str]):
    def __call__(self, at: float, text: str) -> None:
        assert at >= 0
        self.append(text)


def _looks(*examinations: Examination) -> Callable[[], Examination]:
    """Each in turn, the last one again and again."""

    def each() -> Iterator[Examination]:
        yield from examinations
        while True:
            yield examinations[-1]

    return each().__next__


def _gate(look: Callable[[], Examination], said: _Said, **given: object) -> Gate:
    known: dict[str, object] = {
        "look": look, "discover": Targets, "passing": (), "timeout": 5.0, "held": lambda: "", "marks": (), "say": said,
    }  # fmt: skip
    return Gate(Task(**{**known, **given}))  # type: ignore[arg-type]


def test_a_proof_opens_at_once() -> None:
    """One look is enough."""
    said = _Said()
    ended = _gate(_looks(PROVEN), said).run()
    assert (ended.examination, ended.unsettled, said) == (PROVEN, "", ["PROVEN; everything is live"])
    assert ended.seconds < 2


def test_what_becomes_right_is_waited_for() -> None:
    """Broken, then proven; a line for each."""
    said = _Said()
    ended = _gate(_looks(BROKEN, PROVEN), said).run()
    assert ended.examination is PROVEN
    assert [line.split(":")[0].split(";")[0] for line in said] == ["BROKEN", "PROVEN"]


def test_what_stays_wrong_is_not_waited_for() -> None:
    """Seen twice and quiet; what may be over by itself is waited for until the timeout."""
    said = _Said()
    ended = _gate(_looks(BROKEN), said, timeout=30.0).run()
    assert (ended.why, ended.seconds < 5) == ("waiting does not change this", True)
    codes = [cause.root.code for app in BROKEN.apps for cause in app.diagnoses]
    ended = _gate(_looks(BROKEN), said, passing=codes, timeout=2.0).run()
    assert (ended.why, 2 <= ended.seconds < 4) == ("the 2 s are over", True)


def test_a_proof_does_not_count_while_something_holds() -> None:
    """It is said, and the proof at the timeout is none."""
    said = _Said()
    ended = _gate(_looks(PROVEN), said, held=lambda: "a deploy runs", timeout=1.0).run()
    assert (ended.unsettled, said[0]) == ("a deploy runs", "PROVEN; waiting: a deploy runs")


def test_a_fix_is_tried_once_for_the_same() -> None:
    """And only where there is one."""
    said, fixed = _Said(), []

    def fix(path: str) -> str:
        fixed.append(path)
        return "nothing helped"

    ended = _gate(_looks(BROKEN), said, fixable=lambda _: ("/a",), fix=fix, timeout=30.0).run()
    assert (fixed, ended.why) == (["/a"], "waiting does not change this")
    _gate(_looks(BROKEN), said, fix=fix, timeout=30.0).run()
    assert fixed == ["/a"]


@pytest.mark.skipif(os.geteuid() != 0, reason="events of a whole file system need root")
def test_a_mark_wakes_it(tmp_path: Path) -> None:
    """What holds is asked again as soon as its mark is gone, and not only by the clock."""
    mark = tmp_path / "deploy.json"
    mark.write_text("{}")
    said = _Said()
    began = time.monotonic()
    threading.Timer(1.2, mark.unlink).start()
    held = lambda: "a deploy runs" if mark.exists() else ""  # noqa: E731
    ended = _gate(_looks(PROVEN), said, held=held, marks=(str(mark),), timeout=20.0).run()
    assert (ended.unsettled, time.monotonic() - began < 2.5) == ("", True)


def test_words_of_a_look() -> None:
    """The verdict, its links and causes; an app is named only among others."""
    assert told(PROVEN) == "PROVEN"
    assert told(BROKEN).startswith("BROKEN: disk, caches, memory (")
    assert "SYS001" in told(BROKEN)
    assert told(incident.nothing().examination).startswith("UNPROVEN: no app was examined (nginx is not running")
    assert "PROVEN /var/www/shop; BROKEN /var/www/api-gateway: disk (FIL003)" in told(incident.several().examination)


def test_what_waiting_changes() -> None:
    """A cause that stays is one too many, whatever else may pass."""
    assert helpless(BROKEN, ())
    assert helpless(BROKEN, ("OPC002",))
    assert not helpless(PROVEN, ())
    assert seen(BROKEN) == seen(incident.broken().examination)
    assert seen(BROKEN) != seen(PROVEN)
