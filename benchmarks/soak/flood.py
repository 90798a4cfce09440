"""Floods: file events, log lines and rotations; no fault among them is missed or told twice, and memory stays flat."""

import random
from collections import Counter
from collections.abc import Iterator

from benchmarks.soak.resources import Used, child_mb, used
from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.lab.watching import Watching

_WATCHER_MB, _WITH_CHILD_MB = 120, 150
_IDLE_SHARE = 0.01
_LINE = "[2026-12-01 10:00:00] production.INFO: an order of 12 items came in from customer 4711 and was taken {}"
_ERROR = "[$(date -u '+%F %T')] production.ERROR: the printer {} is on fire"
_FILES = """
import os, random, sys
top, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
os.makedirs(top, exist_ok=True)
done = 0
while done < count:
    name = f"{top}/{chance.randrange(500)}"
    try:
        with open(name, "w") as file:
            file.write("x")
        os.chmod(name, 0o644)
        os.unlink(name)
    except OSError:
        pass
    done += 4
"""
_LINES = """
import sys, time
path, per_second, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
line = sys.argv[4]
for second in range(seconds):
    began = time.time()
    with open(path, "a") as file:
        for number in range(per_second):
            print(line.format(number), file=file)
    time.sleep(max(0, 1 - (time.time() - began)))
"""


def trials(budget: Budget) -> Iterator[Trial]:
    """Idle first, then one flood after the other."""
    with Host.up(budget.suite) as host:
        host.warm()
        host.file("/opt/files.py").write_text(_FILES)
        host.file("/opt/lines.py").write_text(_LINES)
        with Watching(host) as watching:
            watching.settled()
            yield _idle(host, 20 if budget.short else 300, judged=not budget.short)
            before = used(host)
            yield _events(host, watching, budget)
            yield from _logs(host, watching, budget)
            yield from _rotations(host, watching, budget)
            yield _memory(before, used(host), child_mb(host))


def _idle(host: Host, seconds: int, *, judged: bool) -> Trial:
    before = used(host)
    host.sh(f"sleep {seconds}", timeout=seconds + 30)
    share = (used(host).cpu_seconds - before.cpu_seconds) / seconds
    return Trial("idle", "more than 1 % of a core" if judged and share > _IDLE_SHARE else "", f"{share:.2%} of a core")


def _events(host: Host, watching: Watching, budget: Budget) -> Trial:
    """A flood in the app's own tree: a wrong owner in the middle of it is told, once the burst is over."""
    count = budget.of(1_000_000, 20_000)
    tree = f"{host.app}/app/flood"
    before, seen = used(host), watching.metric("liveproof_watch_events_total")
    host.sh(f"python3 /opt/files.py {tree} {count // 2} {budget.seed}", timeout=900)
    host.sh("chmod 555 bootstrap/cache")
    host.sh(f"python3 /opt/files.py {tree} {count // 2} {budget.seed + 1}; rm -r {tree}", timeout=900)
    lost = ""
    try:
        watching.told("FIL003", "raised", 120)
        host.sh("chmod 755 bootstrap/cache")
        watching.told("FIL003", "resolved", 120)
    except AssertionError as error:
        lost = str(error)[:400]
    watching.settled()
    after = used(host)
    told = watching.metric("liveproof_watch_events_total") - seen
    lost_events = watching.metric("liveproof_watch_event_overflows_total")
    cpu = after.cpu_seconds - before.cpu_seconds
    saw = f"{count} operations, {told:.0f} events, {lost_events:.0f} overflows said, {cpu:.1f} s of a core"
    return Trial("file events", lost, saw)


def _logs(host: Host, watching: Watching, budget: Budget) -> Iterator[Trial]:
    """100,000 lines a minute with errors among them: each different one is told once."""
    seconds = 10 if budget.short else 600
    log = f"{host.app}/storage/logs/laravel.log"
    chance, errors = random.Random(budget.seed), 3 if budget.short else 20
    command = ["python3", "/opt/lines.py", log, "1667", str(seconds), _LINE]
    before = used(host)
    host.sh(f'systemd-run -q --unit=lines --uid="$WWW" {" ".join(repr(word) for word in command)}')
    for number in range(errors):
        host.sh(
            f'sleep {chance.random() * seconds / errors:.2f}; echo "{_ERROR.format(_word(number))}" >>{log}', timeout=90
        )
    host.sh("while systemctl is-active -q lines; do sleep 0.5; done", timeout=seconds + 60)
    yield _told(watching, errors, f"{1667 * seconds} log lines", used(host).cpu_seconds - before.cpu_seconds)


def _rotations(host: Host, watching: Watching, budget: Budget) -> Iterator[Trial]:
    """By rename, by copytruncate, and gone for a while: an error after each is told."""
    rounds = budget.of(100, 6)
    log = f"{host.app}/storage/logs/laravel.log"
    ways = (f'mv {log} {log}.1; touch {log}; chown "$WWW" {log}', f"cp {log} {log}.1; truncate -s 0 {log}",
            f'mv {log} {log}.1; sleep 0.3; touch {log}; chown "$WWW" {log}')  # fmt: skip
    before = used(host)
    for number in range(rounds):
        host.sh(f'{ways[number % len(ways)]}; echo "{_ERROR.format(_word(100 + number))}" >>{log}; sleep 0.2')
    yield _told(watching, rounds, f"{rounds} rotations", used(host).cpu_seconds - before.cpu_seconds)


def _told(watching: Watching, errors: int, name: str, cpu: float) -> Trial:
    """Whether at least the newest errors stand among the alerts and none was told twice."""
    watching.settled()
    raised = Counter(note.alert["what"] for note in watching.notes() if note.kind == "raised" and note.code == "LAR015")
    doubled = [what for what, count in raised.items() if count > 1]
    lost = f"told twice: {doubled[:2]}" if doubled else "" if raised else "nothing was reported"
    return Trial(name, lost, f"{errors} errors, {len(raised)} different ones told, {cpu:.1f} s of a core")


def _memory(before: Used, after: Used, child: float) -> Trial:
    together = after.watcher_mb + child
    over = after.watcher_mb > _WATCHER_MB or together > _WITH_CHILD_MB
    own = f"{before.watcher_mb:.0f} to {after.watcher_mb:.0f} MB"
    saw = f"watcher {own}, with a child {together:.0f} MB"
    return Trial("memory", "more than 120 MB, or 150 MB with a child" if over else "", saw)


def _word(number: int) -> str:
    """A name without digits: numbers are no part of what makes an error another one."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
