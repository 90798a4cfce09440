"""From the fault to the alert: each of the five monitors by the clock, and each kind of event; told once, resolved."""

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.lab.watching import UNIT, Watching

_MOST = 1.0  # s from the fault to the alert, as a median
_CONTROLLER = "app/Http/Controllers/Controller.php"
# Kind of event, what breaks, what ends it, and the code that is told.
EVENTS = (
    ("a wrong owner", f"chown root {_CONTROLLER}", f'chown "$WWW" {_CONTROLLER}', "FIL001"),
    ("a directory nobody can write", "chmod 555 bootstrap/cache", "chmod 755 bootstrap/cache", "FIL003"),
    ("a removed socket", "rm -f /run/php/*-fpm.sock", 'systemctl restart "$FPM"', "FPM002"),
    ("PHP-FPM ends", 'systemctl stop "$FPM"', 'systemctl start "$FPM"', "FPM001"),
    ("nginx ends", "systemctl stop nginx", "systemctl start nginx", "NGX009"),
)


def trials(budget: Budget) -> Iterator[Trial]:
    """Rounds of every event in random order, then what the clock finds where no event tells of it."""
    rounds, chance = budget.of(20, 2), random.Random(budget.seed)
    with Host.up(budget.suite) as host:
        host.warm()
        with Watching(host) as watching:
            watching.settled()
            took: dict[str, list[float]] = {name: [] for name, *_ in EVENTS}
            ended: list[float] = []
            lost: list[str] = []
            tried: Counter[str] = Counter()
            for _ in range(rounds):
                for name, breaks, fixes, code in chance.sample(EVENTS, len(EVENTS)):
                    tried[code] += 1
                    try:
                        began = _do(host, breaks)
                        took[name].append(watching.told(code, "raised", 60, count=tried[code]).at - began)
                        began = _do(host, fixes)
                        ended.append(watching.told(code, "resolved", 60, count=tried[code]).at - began)
                    except AssertionError as error:
                        lost.append(f"{name}: {str(error)[:300]}")
                    watching.settled()
            for name, times in took.items():
                yield Trial(name, "", f"{len(times)} times: {_told(times)}")
            everything = [time for times in took.values() for time in times]
            slow = statistics.median(everything) > _MOST if everything and not budget.short else not everything
            yield Trial("every event", "; ".join(lost[:2]) or ("slower than 1 s" if slow else ""), _told(everything))
            yield Trial("every end", "", _told(ended))
            yield _by_the_clock(host, watching)
            raised = Counter(note.code for note in watching.notes() if note.kind == "raised" and note.code in tried)
            doubled = {code: count - tried[code] for code, count in raised.items() if count != tried[code]}
            yield Trial("none is doubled", str(doubled) if doubled else "", f"{sum(raised.values())} alerts")


def _by_the_clock(host: Host, watching: Watching) -> Trial:
    """The hit ratio makes no event: a bound that no cache holds is alerted of at the next look."""
    table = (
        "[watch.monitors]\nopcache = '2s'\n[thresholds]\nhit_ratio = 1.0\nhit_ratio_lookups = 1\nhit_ratio_age = 0.0"
    )
    scripts = (
        'for n in $(seq 20); do echo "<?php" >public/n$n.php; curl -sS -o /dev/null http://localhost/n$n.php; done'
    )
    host.sh(scripts, user=host.user)
    host.sh(f'printf "%b\\n" "{table}" >>/etc/liveproof/liveproof.toml; systemctl reload {UNIT}')
    began = time.time()
    try:
        note = watching.told("OPC009", "raised", 60)
    except AssertionError as error:
        return Trial("the hit ratio, by the clock", str(error)[-1500:])
    return Trial("the hit ratio, by the clock", "", f"{note.at - began:.1f} s after the reload, every 2 s")


def _do(host: Host, what: str) -> float:
    """Do it, and say when, by the host's clock, which is this machine's."""
    began = time.time()
    host.sh(what)
    return began


def _told(times: list[float]) -> str:
    if not times:
        return "never"
    return f"median {statistics.median(times):.2f} s, longest {max(times):.2f} s"
