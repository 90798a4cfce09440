"""The watcher: it waits for what is due by the clock and for what happens, and has each looked at by a child.

One look at a time. It holds still while a deploy runs, and proves the whole chain once when that is over.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from liveproof.host.services.notify import Notifier
from liveproof.model.alerts import Problem
from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds, words
from liveproof.model.rule import MonitorName, Rule
from liveproof.model.schedules import Moment, parse
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Severity
from liveproof.store import deploys, watch_state
from liveproof.store.alerts.book import AlertBook, Changes
from liveproof.store.alerts.outbox import Outbox
from liveproof.store.sqlite import StoreFailed
from liveproof.watch.alerting.children import Sending
from liveproof.watch.alerting.delivery import routes
from liveproof.watch.healing import Healing
from liveproof.watch.looking import Look, Looker
from liveproof.watch.metrics.gauges import Gauges
from liveproof.watch.metrics.metrics import Metrics
from liveproof.watch.triggers import culprits
from liveproof.watch.triggers.agenda import Agenda, Job
from liveproof.watch.triggers.monitors import SERVICES, monitors
from liveproof.watch.triggers.senses import Sensed, Senses
from liveproof.watch.triggers.settling import Settled, Settling
from liveproof.watch.triggers.targets import Targets, targets

ERROR, WARNING, NOTICE, INFO = 3, 4, 5, 6  # syslog(3)
_JUMP = 30.0  # s by which the two clocks may part between two turns
_DEPLOY = "DEPLOY"
_STOP_SECONDS = 10.0
_NO_APP_SECONDS = 60.0
_REPEAT_SECONDS = 30.0
_CHANGES = frozenset({"code", "rights", "link"})


@dataclass(frozen=True, slots=True)
class Task:
    """What a watcher is to do.

    Attributes:
        rules: all rules.
        settings: the effective configuration.
        path: the app; empty for every app that nginx serves.
        options: how it is checked: words for `liveproof check`.
        configured: the words that name the configuration, for `liveproof alert deliver`.
        log: says something to people: a level of syslog(3) and a sentence.
        heal: fixes a problem and says what came of it; None where nothing is to be fixed.
    """

    rules: Sequence[Rule]
    settings: Settings
    path: str
    options: tuple[str, ...]
    configured: tuple[str, ...]
    log: Callable[[int, str], None]
    heal: Callable[[Problem], Awaitable[str]] | None = None


def moment() -> Moment:
    """Now, by both clocks; the steady one goes on while the machine sleeps (clock_gettime(2))."""
    return Moment(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))


class Watcher:
    """Watches until it is stopped; made and used in a running loop."""

    def __init__(self, task: Task) -> None:
        self._metrics = Metrics(task.rules)
        self._gauges = Gauges(self._metrics, task.settings.metrics, task.log)
        self._senses = Senses(self._sensed, (deploys.mark_path(),))
        self._notifier = Notifier()
        self._wake = asyncio.Event()
        self._stopping = False
        self._stirred = False
        self._at_work: asyncio.Task[None] | None = None
        self._repeated = 0.0
        self._clocks = moment()
        self._targets = Targets()
        self._said: list[str] = []
        now = self._clocks
        last = {name: Moment(at, now.steady - max(0.0, now.wall - at)) for name, at in watch_state.load().items()}
        self._set_up(task, last)

    async def run(self) -> None:
        """Watch until ``stop``."""
        pinging = asyncio.create_task(self._ping())
        try:
            self._gauges.start()
            self._agenda.whole("start", moment().steady)
            self._settling.mark(deploys.running())
            self._notifier.ready("looking at the whole chain for the first time")
            while not self._stopping:
                await self._turn()
        finally:
            self._notifier.stopping()
            pinging.cancel()
            self._senses.close()
            self._gauges.stop()
            await self._sending.finish(_STOP_SECONDS)

    async def once(self) -> None:
        """Do what is due by the clock, send what is due, and end: for cron. While a deploy runs nothing is judged."""
        now = moment()
        self._watch_deploys(now)
        job = None if self._settling.holds else self._agenda.next(now)
        if job:
            await self._cut_short(self._look(job))
        self._send()
        await self._sending.finish(_STOP_SECONDS * 12)

    def stop(self) -> None:
        """End now; a look, or a fix, that is at work is ended and leaves nothing half done."""
        self._stopping = True
        self._wake.set()
        if self._at_work:
            self._at_work.cancel()

    async def _cut_short(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that ``stop`` ends."""
        self._at_work = asyncio.create_task(work)
        try:
            await self._at_work
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._at_work = None

    def reload(self, task: Task) -> None:
        """Go on with another configuration."""
        self._notifier.reloading()
        self._gauges.configure(task.settings.metrics)
        self._set_up(task, self._agenda.last)
        self._settling.mark(deploys.running())
        self._agenda.whole("reload", moment().steady)
        self._notifier.ready("the configuration was read again")
        self._wake.set()

    def _set_up(self, task: Task, last: Mapping[str, Moment]) -> None:
        self._task = task
        watch = task.settings.watch
        known = monitors(task.rules)
        schedules = {monitor.name: parse(getattr(watch.monitors, monitor.name)) for monitor in known}
        self._agenda = Agenda(known, schedules, last)
        self._settling = Settling(seconds(watch.quiet))
        self._healing = Healing(watch.heal, watch.heal_per_hour)
        wanted = routes(task.settings.alerts)
        self._book = AlertBook(wanted)
        self._looker = Looker(task.rules, self._book, task.path, task.options, self._detail)
        self._sending = Sending(Outbox(wanted), task.configured, self._sent)
        self._metrics.own.expect(
            [channel.name for channel in task.settings.alerts.channel], ("store", "textfile", "events", "heal")
        )

    async def _turn(self) -> None:
        """Do what is due, or wait for it."""
        now = moment()
        self._watch_clock(now)
        self._watch_deploys(now)
        job = None if self._settling.holds else self._agenda.next(now)
        if job:
            await self._cut_short(self._look(job))
        self._send()
        if job or self._stopping:
            return
        wait = self._settling.wait(now.steady) if self._settling.holds else self._agenda.wait(now)
        self._notifier.status(self._status())
        planned = time.monotonic() + wait
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            self._metrics.own.late(time.monotonic() - planned)
        self._wake.clear()

    async def _look(self, job: Job) -> None:
        self._metrics.own.check_started(job.trigger)
        self._stirred = False
        look = await self._looker.look(job.codes, self._has_stirred, by_event=bool(job.events))
        if self._stopping and look.checked.document is None:
            return
        self._took(look)
        self._tell(look.changes)
        now = moment()
        changed = bool(look.changes.raised or look.changes.resolved)
        answered = look.checked.document is not None
        self._agenda.done(job, now, answered=answered, changed=changed, broken=self._services_broken(look.found))
        watch_state.save({name: at.wall for name, at in self._agenda.last.items()})
        if look.record and not job.codes:
            self._watch(targets(look.record.examination))
        await self._heal(look.found)

    def _has_stirred(self) -> bool:
        """Whether something happened since the last call, but for lines in logs: the look itself leaves some."""
        stirred, self._stirred = self._stirred, False
        return stirred

    def _services_broken(self, found: Sequence[Problem]) -> tuple[MonitorName, ...]:
        """The monitor of services, where one is broken: that it is well again need not be an event."""
        named = {rule.code for rule in self._task.rules if rule.monitor == SERVICES}
        return (SERVICES,) if any(problem.code in named for problem in found) else ()

    def _took(self, look: Look) -> None:
        """Count a look, and say what went wrong with it."""
        own, checked = self._metrics.own, look.checked
        if checked.document is None:
            own.check_failed(timed_out=checked.timed_out)
            self._say(WARNING, f"a check gave no result: {checked.why}")
        else:
            own.check_ended(checked.seconds)
        if look.record:
            self._metrics.update(look.record, whole_host=not self._task.path)
            self._gauges.write()
        if look.store_failed:
            own.error("store")
            self._say(ERROR, f"alerts cannot be kept, so none is sent: {look.store_failed}")

    async def _heal(self, found: Sequence[Problem]) -> None:
        if not self._task.heal:
            return
        for problem in self._healing.chosen(found, moment().steady):
            self._say(NOTICE, f"fixing {problem.code} of {problem.app}: {problem.what}")
            try:
                said = await self._task.heal(problem)
            except OSError as error:
                self._metrics.own.error("heal")
                said = f"it could not be started: {error.strerror or error}"
            self._say(NOTICE, f"{problem.code} of {problem.app}: {said}")
            self._agenda.whole("heal", moment().steady)

    def _watch(self, found: Targets) -> None:
        """Watch what the last look at the whole chain found."""
        if not found.trees:  # nginx may not run right now; what was watched stays so
            self._agenda.whole("no app", moment().steady + _NO_APP_SECONDS)
        if not found.trees and self._targets.trees:
            return
        first = found.trees != self._targets.trees
        self._targets = found
        self._senses.watch(found)
        if first:
            apps = ", ".join(path for path, _ in found.trees) or "no app yet"
            self._say(INFO, f"watching {apps}. {self._senses.description}")
        for gap in self._senses.gaps:
            self._say(WARNING, gap, once=True)

    def _sensed(self, sensed: Sensed) -> None:
        """Something happened; called by the senses, in the loop."""
        for kind, count in Counter(event.kind.value for event in sensed.events).items():
            self._metrics.own.events(kind, count)
        if "lost" in sensed.reasons:
            self._metrics.own.overflowed()
        now = moment().steady
        if sensed.reasons & _CHANGES:
            self._settling.changed(sensed.changes, now, moved="link" in sensed.reasons)
        self._stirred |= bool(sensed.reasons - {"log", "mark"})
        self._agenda.sensed(sensed.reasons, now)
        self._wake.set()

    def _watch_deploys(self, now: Moment) -> None:
        ended = self._settling.mark(deploys.running()) or self._settling.tick(now.steady, now.wall)
        if not ended:
            return
        try:
            self._settled(ended, now)
        except StoreFailed as error:
            self._metrics.own.error("store")
            self._say(ERROR, f"alerts cannot be kept, so none is sent: {error}")
        self._agenda.whole("deploy", now.steady)

    def _settled(self, settled: Settled, now: Moment) -> None:
        deploy = self._settling.announced
        if settled.announced and not settled.in_time and deploy:
            what = f"the deploy that {deploy.by} began has not ended, {words(now.wall - deploy.began)} after it began"
            why = "until `liveproof deploy end`, or the next `deploy begin`, it counts as running"
            self._tell(
                self._looker.tell(
                    Problem(_DEPLOY, _DEPLOY, self._task.path, Severity.MEDIUM, what, why, "liveproof deploy end")
                )
            )
        elif settled.announced:
            self._tell(self._looker.untell(_DEPLOY))

    def _watch_clock(self, now: Moment) -> None:
        """Say that the clock was set; intervals do not care, and cron expressions go by the new time."""
        jump = (now.wall - self._clocks.wall) - (now.steady - self._clocks.steady)
        self._clocks = now
        if abs(jump) >= _JUMP:
            way = "forward" if jump > 0 else "back"
            self._say(WARNING, f"the clock was set {way} by {words(abs(jump))}; monitors go on by the new time")

    def _send(self) -> None:
        now = moment()
        try:
            if now.steady - self._repeated >= _REPEAT_SECONDS:
                self._repeated = now.steady
                self._book.repeat_due(now.wall)
                self._metrics.own.alerts_open(
                    Counter(alert.problem.severity.value for alert in self._book.open_alerts())
                )
            self._sending.start_due()
        except StoreFailed as error:
            self._metrics.own.error("store")
            self._say(ERROR, f"alerts cannot be sent: {error}", once=True)

    def _sent(self, channel: str, why: str) -> None:
        self._metrics.own.delivery(channel, taken=not why)
        if why:
            self._say(WARNING, f"the channel {channel} took no message: {why}")
        self._wake.set()  # there may be more to send

    def _tell(self, changes: Changes) -> None:
        for alert in changes.raised:
            self._metrics.own.alert_raised(alert.problem.severity.value)
            problem = alert.problem
            what = f"{problem.severity.value.upper()} {problem.code} {problem.app}: {problem.what}"
            self._say(WARNING, f"{what} Next: {problem.command}" if problem.command else what)
        for alert in changes.resolved:
            self._metrics.own.alert_resolved()
            self._say(NOTICE, f"resolved: {alert.problem.code} {alert.problem.app}: {alert.problem.what}")

    def _detail(self, problem: Problem, document: dict[str, Any]) -> str:
        return culprits.line(problem, document, self._senses.culprits)

    def _status(self) -> str:
        if self._settling.holds:
            return "a deploy runs; its end is waited for"
        return f"{len(self._targets.trees)} apps are watched. {self._senses.description}"

    def _say(self, level: int, text: str, *, once: bool = False) -> None:
        if once and text in self._said:
            return
        if once:
            self._said = [*self._said[-99:], text]
        self._task.log(level, text)

    async def _ping(self) -> None:
        """Tell systemd that the loop turns; where it hangs, nothing is told any more."""
        every = self._notifier.watchdog_seconds / 2
        while every:
            self._notifier.alive()
            await asyncio.sleep(every)
