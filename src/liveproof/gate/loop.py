"""The gate: looks at the host until the verdict is PROVEN, waiting cannot help, or the time is over.

A proof counts only when nothing changed while it was made: files that are still being carried, a fix at work and a
deploy that was announced and not ended are waited for. Between two looks it waits for events, and looks again after a
few seconds without any.
"""

import time
from collections.abc import Callable, Collection

from liveproof.gate.at_work import at_work
from liveproof.gate.judging import Seen, helpless, seen, told
from liveproof.gate.senses import Senses
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import Examination
from liveproof.model.verdicts import LinkVerdict
from liveproof.watch.triggers.targets import Targets, targets

_SECOND, _AGAIN, _LONGEST = 0.5, 2.0, 5.0  # s until the second look, and from look to look at least and at most
_LOAD = 4.0  # times as long as a look took until the next one without an event
_SETTLED = 1.5  # s without a change after which what was seen twice is believed
_FIXES = 3


@dataclass(frozen=True, slots=True)
class Task:
    """What a gate is to do.

    Attributes:
        look: a whole examination.
        discover: what is to be watched from before the first look on.
        passing: codes of faults that may be over by themselves.
        timeout: seconds.
        held: why nothing is to be judged now (a deploy that was announced, a fix at work); empty where nothing is.
        marks: paths whose change is a reason to ask ``held`` again.
        say: tells of progress: the seconds since the gate began, and a sentence.
        fixable: the paths of the apps in which a fix has something to do.
        fix: fixes an app and says what came of it; None where nothing is to be fixed.
    """

    look: Callable[[], Examination]
    discover: Callable[[], Targets]
    passing: Collection[str]
    timeout: float
    held: Callable[[], str]
    marks: tuple[str, ...]
    say: Callable[[float, str], None]
    fixable: Callable[[Examination], tuple[str, ...]] = lambda _: ()
    fix: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended.

    Attributes:
        examination: the last look.
        seconds: since the gate began.
        why: in a sentence.
        unsettled: why a proof does not count, since something was still at work; else empty.
    """

    examination: Examination
    seconds: float
    why: str
    unsettled: str = ""


class Gate:
    """Waits once. ``last`` is what the last look said, in words; empty before it."""

    def __init__(self, task: Task) -> None:
        self.last = ""
        self._task = task
        self._began = time.monotonic()
        self._deadline = self._began + task.timeout
        self._said = ""
        self._seen: Seen | None = None
        self._times = 0
        self._fixed: set[Seen] = set()
        self._fixes = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def run(self) -> Ended:
        """Wait, and say how it ended."""
        with Senses(self._task.discover(), self._task.marks) as senses:
            if senses.gap:
                self._say(f"events cannot be seen ({senses.gap}): looking by the clock")
            while True:
                ended = self._turn(senses)
                if ended:
                    return ended

    def _turn(self, senses: Senses) -> Ended | None:
        """Look once, judge, and wait for the next look; how it ended, where it did."""
        senses.take()
        began = time.monotonic()
        examination = self._task.look()
        took = time.monotonic() - began
        holds = self._holds(examination, changed=senses.take())
        found = targets(examination)
        if found.trees:
            senses.watch(found)
        self._note(examination)
        over = time.monotonic() >= self._deadline
        if examination.verdict is LinkVerdict.PROVEN and not holds:
            return self._end(examination, "everything is live")
        if over:
            unsettled = holds if examination.verdict is LinkVerdict.PROVEN else ""
            return self._end(examination, f"the {self._task.timeout:g} s are over", unsettled)
        if holds:
            self._say(f"{self.last}; waiting: {holds}")
        else:
            self._say(self.last)
            if self._may_conclude(senses):
                if self._fix(examination):
                    return None
                if helpless(examination, self._task.passing):
                    return self._end(examination, "waiting does not change this")
        self._wait(senses, took)
        return None

    def _holds(self, examination: Examination, *, changed: bool) -> str:
        """Why this look is no last word; empty where it is one."""
        held = self._task.held()
        if held:
            return held
        working = at_work(dict.fromkeys(app.app.real for app in examination.apps))
        if working:
            return f"{working} is at work there"
        return "something changed during the look" if changed else ""

    def _note(self, examination: Examination) -> None:
        self.last = told(examination)
        now = seen(examination)
        self._times = self._times + 1 if now == self._seen else 1
        self._seen = now

    def _may_conclude(self, senses: Senses) -> bool:
        """Whether the same was seen twice, and nothing changed lately."""
        return self._times >= 2 and time.monotonic() - senses.last >= _SETTLED

    def _fix(self, examination: Examination) -> bool:
        """Fix each app that is not proven, once for what was seen; whether that was tried."""
        fix, now = self._task.fix, self._seen
        if fix is None or now is None or now in self._fixed or self._fixes >= _FIXES:
            return False
        paths = self._task.fixable(examination)
        if not paths:
            return False
        self._fixed.add(now)
        self._fixes += 1
        for path in paths:
            self._say(f"fixing {path} with what loses no request")
            self._say(f"{path}: {fix(path)}")
        self._times, self._seen = 0, None
        return True

    def _wait(self, senses: Senses, took: float) -> None:
        now = time.monotonic()
        pause = _SECOND if self._times == 1 else min(_LONGEST, max(_AGAIN, _LOAD * took))
        if self._times >= 2 and now - senses.last < _SETTLED:
            pause = min(pause, _SETTLED - (now - senses.last) + 0.01)
        senses.wait(min(self._deadline, now + pause))

    def _say(self, text: str) -> None:
        """Tell what is new."""
        if text != self._said:
            self._said = text
            self._task.say(self.seconds, text)

    def _end(self, examination: Examination, why: str, unsettled: str = "") -> Ended:
        more = f"; {unsettled}, so this is not a proof" if unsettled else ""
        self._say(f"{self.last}; {why}{more}")
        return Ended(examination, self.seconds, f"{why}{more}", unsettled)
