"""A process that raises, resolves and sends is killed a hundred times: nothing is lost, nothing is doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from liveproof.model.alerts import Claim, Route
from liveproof.store.alerts.book import AlertBook
from liveproof.store.alerts.outbox import Outbox
from tests.unit.alerting import problem

ROUTES = (Route("mail", per_hour=3600), Route("page", per_hour=3600))
ROUNDS = 100


def work(directory: Path, seed: int) -> None:
    """Raise and resolve what comes by chance, and send, until killed. A receiver is a file that is appended to."""
    book, outbox = AlertBook(ROUTES, str(directory / "state")), Outbox(ROUTES, str(directory / "state"))
    chance = random.Random(seed)
    while True:
        names = [f"p{n}" for n in range(4) if chance.random() < 0.5]
        now = time.time()
        book.reconcile("ownership", [problem(name) for name in names], now)
        for route in ROUTES:
            with outbox.sending(route.channel) as ours:
                while ours and (claim := outbox.claim(route.channel, now)):
                    _receive(directory / route.channel, claim)
                    outbox.delivered(claim, now)


def _receive(path: Path, claim: Claim) -> None:
    message = [(each.id, each.kind.value, each.alert.id) for each in claim.deliveries]
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, json.dumps(message).encode() + b"\n")
    os.close(descriptor)


def _messages(directory: Path) -> int:
    path = directory / ROUTES[0].channel
    return path.read_text().count("\n") if path.exists() else 0


def kill_often(directory: Path, seed: int) -> None:
    """Fork, let it work for some milliseconds, kill it; longer where the machine is too busy for much to happen."""
    chance = random.Random(seed)
    for number in range(10 * ROUNDS):
        if number >= ROUNDS and _messages(directory) > ROUNDS:
            return
        child = os.fork()
        if child == 0:
            work(directory, seed + number)
        time.sleep(chance.uniform(0.002, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_hundred_kills(tmp_path: Path) -> None:
    """What a receiver that knows the ids got: each alert raised once and resolved once; the book is whole."""
    seed = random.randrange(1 << 30)
    # In a process of its own: pytest's has threads, and forks badly.
    script = f"from pathlib import Path; from {__name__} import kill_often; kill_often(Path({str(tmp_path)!r}), {seed})"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=Path(__file__).parents[4])
    book, outbox = AlertBook(ROUTES, str(tmp_path / "state")), Outbox(ROUTES, str(tmp_path / "state"))
    book.reconcile("ownership", (), time.time())
    assert book.open_alerts() == ()
    alerts = {alert.id for alert in book.since(0, 10**6)}
    assert len(alerts) > ROUNDS / 10, seed
    doubled = 0
    for route in ROUTES:
        with outbox.sending(route.channel) as ours:
            assert ours, "a killed process still holds the channel"
            while claim := outbox.claim(route.channel, time.time()):
                _receive(tmp_path / route.channel, claim)
                outbox.delivered(claim, time.time())
        got: dict[str, dict[str, str]] = defaultdict(dict)
        for line in (tmp_path / route.channel).read_text().splitlines():
            for name, kind, alert in json.loads(line):
                doubled += name in got[alert]
                got[alert][name] = kind
        assert set(got) == alerts, seed
        for kinds in got.values():
            assert list(kinds.values()) in (["raised", "resolved"], ["raised and resolved"]), (seed, kinds)
    assert doubled <= 20 * ROUNDS  # at most what was under way at each kill, with the same id
