"""What each plan of safe steps costs the requests of a busy host, by liveproof and by the seed's own script.

On hosts that somebody tuned and on Debian's values: 8 connections ask the app for its status without rest, one asks
without end for a page that takes 5 s and one for a page that takes 15 s, while ``liveproof fix --yes`` and then
``rollback --yes`` are at work, or the seed's script. Lost is a request without a whole 2xx answer within 60 s. The
stall is the longest wait of a short request from the beginning of the work on; the first row of each table, where
nothing is done, has what this load makes requests wait by itself. Gone tells whether the fault's symptom, which neither
side judges, was gone after the fix.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.fix import product, stage
from benchmarks.fix.load import Answer, Load, Restless
from benchmarks.seed import peer
from liveproof.rules import load as load_rules
from tests import faults
from tests.lab import Host

ROUNDS = 1
CONNECTIONS = 8
PLANS = (
    ("FIL001",), ("FIL003",), ("FIL005",), ("LAR001",), ("LAR002",), ("LAR006",), ("OPC001",), ("OPC002",),
    ("OPC002", "FIL001"),
)  # fmt: skip
FPMS = ("tuned", "debian")
_SLOW = (5, 15)
# A signal ends a sleep() early, also of a request that goes on: these nap until their time is over.
_PAGES = {
    "slow.php": "<?php $until = microtime(true) + (float) $_GET['s']; while (microtime(true) < $until) usleep(20000); "
    "echo 'whole';"
}
_BEFORE = 3.0  # s of load before the work, so that slow requests are under way
_BETWEEN = 1.5  # s between fix and rollback, and after the last
_NOTHING = 6.0


@dataclass(frozen=True, slots=True)
class _Work:
    """What one side did: what came of it, whether the symptom was gone, and how long each part took."""

    outcome: str
    gone: str
    seconds: tuple[float, ...]
    reason: str = ""


def main(suite: str, rounds: int, _seed: int) -> None:
    """Measure and print a table for each kind of host.

    Raises:
        RuntimeError: this load loses requests while nothing is done, a fault did not take, or liveproof failed.
    """
    for fpm in FPMS:
        print(f"  {suite}, {fpm} values of PHP-FPM")
        head = f"{'plan':16} {'by':10} {'outcome':15} {'gone':4} {'seconds':>11}"
        print(f"    {head}  requests  lost    stall", flush=True)
        if _row(suite, fpm, (), "nobody", _nothing):
            raise RuntimeError("this load loses requests while nothing is done")
        for codes in PLANS:
            for _ in range(rounds):
                _row(suite, fpm, codes, "liveproof", _ours)
                _row(suite, fpm, codes, "the seed", _seeds)


def _row(suite: str, fpm: str, codes: tuple[str, ...], by: str, work: Callable[[Host, tuple[str, ...]], _Work]) -> int:
    """Break a host, let it be fixed under load, and print the row; how many requests were lost."""
    with Host.up(suite, fpm=fpm) as host:
        stage.furnish(host, _PAGES)
        host.sh("sleep 2")
        for code in codes:
            _fault(code).fault(host)
        if not all(_fault(code).symptom(host) for code in codes):
            raise RuntimeError(f"{' and '.join(codes)} did not take: a symptom is not seen")
        loads: dict[str, Load] = {"short": Restless(host.ip, "/api/status", CONNECTIONS, end="}")}
        loads |= {f"{seconds} s": Restless(host.ip, f"/slow.php?s={seconds}", 1) for seconds in _SLOW}
        with ExitStack() as running:
            for load in loads.values():
                running.enter_context(load)
            time.sleep(_BEFORE)
            began = time.monotonic()
            done = work(host, codes)
            time.sleep(_BETWEEN)
            for load in loads.values():
                load.stop()
    answers = {name: load.answers for name, load in loads.items()}
    seconds = " + ".join(f"{one:.1f}" for one in done.seconds)
    print(f"    {'+'.join(codes) or 'nothing':16} {by:10} {done.outcome:15} {done.gone:4} {seconds:>11} ", end="")
    return _told(answers, began, done.reason)


def _told(answers: dict[str, Sequence[Answer]], began: float, remark: str) -> int:
    """Print the rest of a row, and what there is to say of it below."""
    lost = sum(bool(answer.lost) for each in answers.values() for answer in each)
    stall = max((answer for answer in answers["short"] if answer.ended >= began), key=lambda answer: answer.seconds)
    print(f"{sum(map(len, answers.values())):9,} {lost:5} {1000 * stall.seconds:5.0f} ms")
    for name, each in answers.items():
        if why := stage.reasons(each):
            ends = [answer.ended - began for answer in each if answer.lost]
            when = f"{min(ends):.1f} to {max(ends):.1f} s after the work began"
            print(f"        lost of those that are {name}: {why}; {when}")
    if stall.seconds > 1:
        print(f"        the one with the longest stall was sent {stall.began - began:.1f} s after the work began")
    if remark:
        print(f"        {remark}")
    sys.stdout.flush()
    return lost


def _nothing(_host: Host, _codes: tuple[str, ...]) -> _Work:
    time.sleep(_NOTHING)
    return _Work("-", "-", (_NOTHING,))


def _ours(host: Host, codes: tuple[str, ...]) -> _Work:
    told = product.fix(host)
    gone = _gone(host, codes)
    if not told.stands:
        return _Work(told.word, gone, (told.seconds,), told.reason)
    time.sleep(_BETWEEN)
    whole, seconds = product.roll_back(host)
    reason = told.reason if whole else f"{told.reason}; the rollback says that not all is as it was".lstrip("; ")
    return _Work(told.word, gone, (told.seconds, seconds), reason)


def _seeds(host: Host, codes: tuple[str, ...]) -> _Work:
    began = time.monotonic()
    ended = peer.mend(host)
    return _Work("ended" if ended else "broke off", _gone(host, codes), (time.monotonic() - began,))


def _gone(host: Host, codes: tuple[str, ...]) -> str:
    left = [code for code in codes if _fault(code).symptom(host)]
    return "no" if left else "yes"


def _fault(code: str) -> faults.Faults:
    return faults.of(next(rule for rule in load_rules() if rule.code == code))
