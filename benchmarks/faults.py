"""The fault bench: every rule on every suite, as a table; status 1 when a rule does not hold somewhere.

Each rule gets three fresh real hosts per suite: a lookalike (must stay silent), the fault (its symptom is seen, it is
found as a root or led to its root, then mended or named as work for a person, then rolled back byte for byte). Healthy
hosts of every layout must be proven. One pass over forky: healthy, and the three diagnoses of the seed.

``--fpm debian`` tries the rules on hosts whose PHP-FPM nobody tuned instead, and tells what is only fixed after asking.
At the end stands how many faults were fixed without asking, after asking or named, and how many lookalikes were silent.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from liveproof.rules import load
from tests import faults, lab
from tests.lab import FPMS, Host
from tests.live import test_diagnoses
from tests.live.test_healthy import HOSTS
from tests.live.trial import Trial, TrialFailed, checked, codes, told, try_fault, try_lookalike

LAST = "forky"
FAILED = "failed"
_WORDS = ("fixed without asking", "fixed after asking", "named")


def main(suites: list[str], fpm: str = "tuned", select: tuple[str, ...] = ()) -> int:
    """Try everything on two hosts at a time and print a line as each is done.

    With other values of PHP-FPM than the tuned ones, or where only some rules are asked for, these rules are all.
    """
    reason = lab.available()
    if reason:
        print(f"no real hosts here: {reason}", file=sys.stderr)
        return 1
    rules = [rule for rule in load() if not select or rule.code.startswith(select)]
    if not rules:
        print(f"no rule is {' or '.join(select)}", file=sys.stderr)
        return 2
    tuned, everything = fpm == "tuned", fpm == "tuned" and not select
    whole = [*suites, LAST] if everything else suites
    for suite in whole:
        Host.up(suite, fpm=fpm).down()
    jobs: list[tuple[str, str, str]] = []
    if everything:
        jobs += [("healthy", suite, f"{layout} {user}") for suite in whole for layout, user in HOSTS]
        jobs += [("diagnosis", suite, name) for suite in whole for name in _DIAGNOSES]
    for rule in rules:
        if not tuned and (impossible := faults.why_not_on(rule, fpm)):
            print(f"left out: {rule.code} on {fpm} values: {impossible}", flush=True)
            continue
        jobs += [(kind, suite, rule.code) for suite in suites for kind in ("lookalike", "fault")]
    print(f"{len(jobs)} trials on {', '.join(whole)}, {fpm} values of PHP-FPM", flush=True)
    started, failed = time.monotonic(), 0
    words: Counter[tuple[str, str, str]] = Counter()
    with ProcessPoolExecutor(2) as pool:
        running = {pool.submit(_job, *job, fpm): job for job in jobs}
        for done in as_completed(running):
            kind, suite, name = running[done]
            said, word = done.result()
            ok = word != FAILED
            failed += not ok
            words[suite, kind, word] += 1
            print(f"{'ok  ' if ok else 'FAIL'} {suite:9} {kind:9} {name:18} {said}", flush=True)
    _summary(words, fpm)
    print(f"{len(jobs) - failed} passed, {failed} failed", flush=True)
    print(f"in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed else 0


_DIAGNOSES = {
    "ownership": test_diagnoses.test_ownership,
    "opcache": test_diagnoses.test_opcache_persistence,
    "bootstrap cache": test_diagnoses.test_bootstrap_cache_inconsistency,
}


def _job(kind: str, suite: str, name: str, fpm: str) -> tuple[str, str]:
    """What is said of a trial, and what came of it in a word."""
    try:
        if kind == "healthy":
            return _healthy(suite, *name.split()), "proven"
        if kind == "diagnosis":
            _DIAGNOSES[name](suite)
            return "root and consequences right", "right"
        rule = next(rule for rule in load() if rule.code == name)
        if kind == "lookalike":
            try_lookalike(rule, suite, fpm)
            return "silent", "silent"
        trial = try_fault(rule, suite, fpm)
        return _line(trial), _word(trial)
    except (TrialFailed, AssertionError, RuntimeError, OSError) as error:
        return str(error), FAILED


def _healthy(suite: str, layout: str, user: str) -> str:
    with Host.up(suite, layout=layout, user=user) as host:
        report = checked(host)
        if codes(report, breaking=False) or report["verdict"] != "proven":
            raise TrialFailed(told(report))
    return "proven, nothing found"


def _word(trial: Trial) -> str:
    if trial.fixed == "named":
        return trial.fixed
    return _WORDS[1] if trial.asks else _WORDS[0]


def _summary(words: Counter[tuple[str, str, str]], fpm: str) -> None:
    """A line for each suite: what came of its faults and lookalikes."""
    print(f"{'suite':9} {'values':8} {'faults':>6}  {'  '.join(_WORDS)}  {FAILED}  lookalikes  silent")
    for suite in sorted({suite for suite, _, _ in words}):
        faulty = {word: count for (where, kind, word), count in words.items() if (where, kind) == (suite, "fault")}
        like = sum(count for (where, kind, _), count in words.items() if (where, kind) == (suite, "lookalike"))
        row = "  ".join(f"{faulty.get(word, 0):{len(word)}}" for word in (*_WORDS, FAILED))
        silent = words[suite, "lookalike", "silent"]
        print(f"{suite:9} {fpm:8} {sum(faulty.values()):6}  {row}  {like:10}  {silent:6}", flush=True)


def _line(trial: Trial) -> str:
    role = "root" if trial.root == trial.code else f"led to {trial.root}"
    back = f", rolled back {trial.rolled_back}" if trial.rolled_back else ""
    asked = " after asking" if trial.asks and trial.fixed == "fixed" else ""
    return f"{role}, {trial.fixed}{asked}{back} ({trial.seconds:.1f} s)"


if __name__ == "__main__":
    _parser = argparse.ArgumentParser("python -m benchmarks.faults", description="The fault bench.")
    _parser.add_argument("suites", nargs="*", metavar="SUITE", help="bookworm and trixie unless named")
    _parser.add_argument("--fpm", choices=FPMS, default="tuned", help="whose values PHP-FPM and OPcache have")
    _parser.add_argument("--select", default="", metavar="CODES", help="codes or families, separated by commas")
    _asked = _parser.parse_args()
    _select = tuple(filter(None, _asked.select.split(",")))
    sys.exit(main(_asked.suites or ["bookworm", "trixie"], _asked.fpm, _select))
