"""The fault bench: every rule on every suite, as a table; status 1 when a rule does not hold somewhere.

Each rule gets three fresh real hosts per suite: a lookalike (must stay silent), the fault (its symptom is seen, it is
found as a root or led to its root, then mended or named as work for a person, then rolled back byte for byte). Healthy
hosts of every layout must be proven. One pass over forky: healthy, and the three diagnoses of the seed.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from liveproof.rules import load
from tests import lab
from tests.lab import Host
from tests.live import test_diagnoses
from tests.live.test_healthy import HOSTS
from tests.live.trial import Trial, TrialFailed, checked, codes, told, try_fault, try_lookalike

LAST = "forky"


def main(suites: list[str]) -> int:
    """Try everything on two hosts at a time and print a line as each is done."""
    reason = lab.available()
    if reason:
        print(f"no real hosts here: {reason}", file=sys.stderr)
        return 1
    for suite in [*suites, LAST]:
        Host.up(suite).down()
    jobs = [("healthy", suite, f"{layout} {user}") for suite in [*suites, LAST] for layout, user in HOSTS]
    jobs += [("diagnosis", suite, name) for suite in [*suites, LAST] for name in _DIAGNOSES]
    jobs += [(kind, suite, rule.code) for suite in suites for rule in load() for kind in ("lookalike", "fault")]
    print(f"{len(jobs)} trials on {', '.join([*suites, LAST])}", flush=True)
    started, failed = time.monotonic(), 0
    with ProcessPoolExecutor(2) as pool:
        running = {pool.submit(_job, *job): job for job in jobs}
        for done in as_completed(running):
            kind, suite, name = running[done]
            said, ok = done.result()
            failed += not ok
            print(f"{'ok  ' if ok else 'FAIL'} {suite:9} {kind:9} {name:18} {said}", flush=True)
    print(f"{len(jobs) - failed} passed, {failed} failed", flush=True)
    print(f"in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed else 0


_DIAGNOSES = {
    "ownership": test_diagnoses.test_ownership,
    "opcache": test_diagnoses.test_opcache_persistence,
    "bootstrap cache": test_diagnoses.test_bootstrap_cache_inconsistency,
}


def _job(kind: str, suite: str, name: str) -> tuple[str, bool]:
    try:
        if kind == "healthy":
            return _healthy(suite, *name.split()), True
        if kind == "diagnosis":
            _DIAGNOSES[name](suite)
            return "root and consequences right", True
        rule = next(rule for rule in load() if rule.code == name)
        if kind == "lookalike":
            try_lookalike(rule, suite)
            return "silent", True
        return _line(try_fault(rule, suite)), True
    except (TrialFailed, AssertionError, RuntimeError, OSError) as error:
        return str(error), False


def _healthy(suite: str, layout: str, user: str) -> str:
    with Host.up(suite, layout=layout, user=user) as host:
        report = checked(host)
        if codes(report, breaking=False) or report["verdict"] != "proven":
            raise TrialFailed(told(report))
    return "proven, nothing found"


def _line(trial: Trial) -> str:
    role = "root" if trial.root == trial.code else f"led to {trial.root}"
    back = f", rolled back {trial.rolled_back}" if trial.rolled_back else ""
    return f"{role}, {trial.fixed}{back} ({trial.seconds:.1f} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["bookworm", "trixie"]))
