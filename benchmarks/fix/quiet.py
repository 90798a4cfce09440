"""How often old code on a quiet stock host is fixed without asking, and what that costs the requests of others.

One host with Debian's values (``process_control_timeout`` 0) and ``opcache.validate_timestamps=0``, and requests that
come at random. Each round deploys another version of the handler in place, sees that visitors still get the old one,
and runs ``liveproof fix --yes``, which may do nothing that drops a request. Fixed is what ended with status 0, as
``fixed`` or ``settled`` (where whether old code runs could not be seen before), and after which a visitor gets the new
version.
"""

import time
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from statistics import median

from benchmarks.fix import interval, stage
from benchmarks.fix.load import Random
from benchmarks.fix.product import Fix, fix
from benchmarks.fix.reloads import PAGES
from tests.lab import Host

ROUNDS = 100
_CONTROL = 20.0
_SECONDS = 1.0  # between a deploy and the fix: whoever deploys needs at least that long to type it


@dataclass(frozen=True, slots=True)
class _Round:
    began: float
    ended: float
    fix: Fix
    live: bool

    @property
    def word(self) -> str:
        """Its outcome; a fix that changed nothing for visitors is none."""
        return f"said {self.fix.word}, but old code answers" if self.fix.holds and not self.live else self.fix.word

    @property
    def fixed(self) -> bool:
        """Whether liveproof said so, and visitors see it."""
        return self.fix.holds and self.live


def main(suite: str, rounds: int, seed: int) -> None:
    """Measure and print.

    Raises:
        RuntimeError: requests are lost while nothing is done, a deploy made no old code, or liveproof failed.
    """
    with Host.up(suite, fpm="debian") as host:
        host.ini("opcache.validate_timestamps=0")
        stage.furnish(host, PAGES)
        host.sh("sleep 2")
        host.warm()
        host.liveproof("check")  # whoever deploys with liveproof has looked before
        with Random(host.ip, "/short.php", stage.RATE, seed) as load:
            time.sleep(_CONTROL)
        if lost := stage.reasons(load.answers):
            raise RuntimeError(f"requests are lost while nothing is done: {lost}")
        print(f"  requests of {1000 * stage.LENGTH:.0f} ms, {stage.RATE:.1f} a second at random (Poisson)")
        print(f"  {_CONTROL:.0f} s without a fix: 0 of {len(load.answers):,} lost, {stage.stalls(load.answers)}")
        with Random(host.ip, "/short.php", stage.RATE, seed + 1) as load:
            done = [_fixed(host, version) for version in range(2, rounds + 2)]  # 1 is what the lab deploys
        lost_ones = [answer for answer in load.answers if answer.lost]
        during = [answer for answer in load.answers if _during(done, answer.began, answer.ended)]
        print(f"  fixed without asking: {interval.told(sum(one.fixed for one in done), rounds)}")
        for word, count in Counter(one.word for one in done).most_common():
            print(f"    {count} x {word}{_why(done, word)}")
        steps = Counter(" + ".join(one.fix.steps) or "no step" for one in done)
        print(f"    steps: {'; '.join(f'{count} x {what}' for what, count in steps.most_common())}")
        took = [one.fix.seconds for one in done]
        print(f"    seconds: median {median(took):.1f}, longest {max(took):.1f}")
        print(
            f"    requests lost: {interval.told(len(lost_ones), len(load.answers))} {stage.reasons(lost_ones)}".rstrip()
        )
        print(f"    during a fix: {len(during):,} requests, {stage.stalls(during)}")
        print(f"    at any time: {stage.stalls(load.answers)}", flush=True)


def _fixed(host: Host, version: int) -> _Round:
    """Deploy this version, see that the old one answers, and fix."""
    host.sh(f'sed -i "s/handler-v[0-9]*/handler-v{version}/" "$HANDLER"; sleep {_SECONDS}')
    if _answers(host, version):
        raise RuntimeError(f"version {version} is live without a fix, so that fixing shows nothing")
    began = time.monotonic()
    told = fix(host)
    return _Round(began, time.monotonic(), told, _answers(host, version))


def _answers(host: Host, version: int) -> bool:
    answer = host.post()
    if answer.status != 200:
        raise RuntimeError(f"the handler answers {answer.status}: {answer.body[:200]}")
    return f'"handler-v{version}"' in answer.body


def _during(done: list[_Round], began: float, ended: float) -> bool:
    """Whether a request ran while a fix did."""
    last = bisect_right([one.began for one in done], ended) - 1
    return last >= 0 and began <= done[last].ended


def _why(done: list[_Round], word: str) -> str:
    reasons = Counter(one.fix.reason for one in done if one.word == word and one.fix.reason)
    return "".join(f"\n        {count} x {reason}" for reason, count in reasons.most_common(3))
