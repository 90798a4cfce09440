"""Any sequence of faults, fixes, silences, failing channels and kills: each alert is told as it was, and once."""

import tempfile
from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from liveproof.model.alerts import Claim, DeliveryKind, Route
from liveproof.store.alerts.book import AlertBook
from liveproof.store.alerts.outbox import Outbox
from tests.unit.alerting import NOON, problem

ABOUT = ("a", "b", "c")
SOURCES = ("ownership", "events")
CODES = {"a": "FIL001", "b": "FIL002", "c": "OPC001"}
ROUTES = (Route("mail", repeat_every=600, per_hour=4), Route("opc", codes=("OPC",), repeat_every=None))
LONG = 1e6


class Alerts(RuleBasedStateMachine):
    """A book beside what a receiver has got."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.book = AlertBook(ROUTES, self._directory.name)
        self.outbox = Outbox(ROUTES, self._directory.name)
        self.now = NOON
        self.seen: dict[str, set[str]] = {source: set() for source in SOURCES}
        self.got: dict[tuple[str, str], list[DeliveryKind]] = defaultdict(list)
        self.left: set[tuple[str, str]] = set()  # claimed by what was killed, perhaps before a silence
        self.ids: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        """Everything that waits is sent in the end, and then everything that was told as open is told as resolved."""
        for code in ("FIL", "FIL001", "OPC"):
            self.book.end_silence(code, self.now)
        self._send_all()
        open_now = {alert.id for alert in self.book.open_alerts()}
        self.check(ended=False)
        for alert in open_now:
            assert self.got[("mail", alert)], "an open alert that nobody was told of"
        for source in SOURCES:
            self.book.reconcile(source, (), self.now)
        self._send_all()
        self.check(ended=True)
        assert all(state.waiting == 0 for state in self.outbox.channels())
        self._directory.cleanup()

    def _send_all(self) -> None:
        for _ in range(40):  # the limit per hour lets a few through each time
            self.now += 3601
            for route in ROUTES:
                while claim := self.outbox.claim(route.channel, self.now):
                    self._receive(claim)
                    self.outbox.delivered(claim, self.now)
            if not any(state.waiting for state in self.outbox.channels()):
                return

    def _receive(self, claim: Claim) -> None:
        for each in claim.deliveries:
            if (claim.channel, each.id) not in self.ids:  # as a receiver does that knows the id
                self.ids.add((claim.channel, each.id))
                self.got[(claim.channel, each.alert.id)].append(each.kind)

    @rule(source=st.sampled_from(SOURCES), here=st.sets(st.sampled_from(ABOUT)))
    def look(self, source: str, here: set[str]) -> None:
        self.seen[source] = here
        self.book.reconcile(source, [problem(each, CODES[each]) for each in sorted(here)], self.now)

    @rule(seconds=st.sampled_from([1, 60, 700, 4000, -4000]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def repeat(self) -> None:
        self.book.repeat_due(self.now)

    @rule(code=st.sampled_from(["FIL", "FIL001", "OPC"]), seconds=st.sampled_from([10.0, LONG]))
    def silence(self, code: str, seconds: float) -> None:
        self.book.silence(code, self.now + seconds, "", "root", self.now)

    @rule(code=st.sampled_from(["FIL", "FIL001", "OPC"]))
    def end_silence(self, code: str) -> None:
        self.book.end_silence(code, self.now)

    @rule(
        channel=st.sampled_from(["mail", "opc"]),
        end=st.sampled_from(["delivered", "failed", "killed before", "killed after", "failed after it arrived"]),
    )
    def send(self, channel: str, end: str) -> None:
        silenced = {silence.code for silence in self.book.silences(self.now)}
        left = self.outbox.due(self.now)
        claim = self.outbox.claim(channel, self.now)
        assert (channel in left) == bool(claim)
        if not claim:
            return
        for each in claim.deliveries:
            code, again = each.alert.problem.code, (channel, each.id) in self.left
            if not again and each.kind in (DeliveryKind.RAISED, DeliveryKind.REPEATED):
                assert not {code, code[:3]} & silenced
        if end not in ("failed", "killed before"):
            self._receive(claim)
        if end == "delivered":
            self.outbox.delivered(claim, self.now)
        elif end.startswith("failed"):
            self.outbox.failed(claim, "no", self.now + 30)
        ids = {(channel, each.id) for each in claim.deliveries}
        self.left = self.left | ids if end.startswith("killed") else self.left - ids

    @invariant()
    def open_is_what_is_seen(self) -> None:
        """The book holds exactly what the last look of any monitor saw."""
        there = {alert.problem.key for alert in self.book.open_alerts()}
        assert there == {problem(each, CODES[each]).key for seen in self.seen.values() for each in seen}

    @invariant()
    def told_in_order(self) -> None:
        self.check(ended=False)

    def check(self, *, ended: bool) -> None:
        """Raised once and first, resolved once and last."""
        for (channel, _), kinds in self.got.items():
            first, last = kinds[0], kinds[-1]
            assert first in (DeliveryKind.RAISED, DeliveryKind.RAISED_AND_RESOLVED), kinds
            assert kinds.count(DeliveryKind.RAISED) <= 1, kinds
            assert sum(kind.ends for kind in kinds) <= 1, kinds
            assert last.ends or not any(kind.ends for kind in kinds), kinds
            assert last.ends or not ended, (channel, kinds)


TestAlerts = Alerts.TestCase
TestAlerts.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
