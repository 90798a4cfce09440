"""Which faults the seed's commands and script find, fix or make worse, beside liveproof; and the requests lost.

Every row is a fault of the fault bench on two fresh hosts: one for the seed, one for liveproof. "found" by the seed:
a command that was satisfied on the healthy host no longer is. "fixed": the fault's symptom is gone. "worse": what
liveproof finds broken afterwards that it did not find before.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.seed.load import Load, Loss
from liveproof.rules import load as load_rules
from tests import lab
from tests.lab import Host
from tests.live.trial import checked, codes

HERE = Path(__file__).parent
COMMANDS = (HERE / "commands.sh").read_text()
SCRIPT = (HERE / "fix.sh").read_text()
UNDER_LOAD = "OPC002"


@dataclass
class Row:
    """One fault on one suite, by both."""

    code: str
    seed_found: str
    seed_fixed: bool
    seed_worse: str
    ours_found: bool
    ours_fixed: str
    ours_worse: str


def main(suites: list[str]) -> int:
    """Print a table per suite; status 1 when liveproof missed a fault, made something worse or lost a request."""
    reason = lab.available()
    if reason:
        print(f"no real hosts here: {reason}", file=sys.stderr)
        return 1
    return max([_suite(suite) for suite in suites])


def _suite(suite: str) -> int:
    Host.up(suite).down()
    with Host.up(suite) as host:
        healthy = _bad(host)
        print(
            f"\n{suite}: on a healthy host the seed's commands complain of: {', '.join(sorted(healthy)) or 'nothing'}"
        )
    print(f"{'fault':7} {'rule':38} | seed: found by, fixed, made worse{'':25} | liveproof: found, fixed, worse")
    failed = 0
    with ProcessPoolExecutor(2) as pool:
        names = {rule.code: rule.name for rule in load_rules()}
        for row in pool.map(_row, [(suite, code, tuple(healthy)) for code in names]):
            seed = f"{row.seed_found or 'no':28.28} {'yes' if row.seed_fixed else 'no':4} {row.seed_worse or '-':24.24}"
            ours = f"{'yes' if row.ours_found else 'NO':4} {row.ours_fixed:7} {row.ours_worse or '-'}"
            print(f"{row.code:7} {names[row.code]:38} | {seed} | {ours}", flush=True)
            failed += not row.ours_found or bool(row.ours_worse)
    theirs, mine = _under_load(suite, by_seed=True), _under_load(suite, by_seed=False)
    print(f"requests while fixing {UNDER_LOAD}: seed lost {theirs.lost} of {theirs.lost + theirs.served}, ", end="")
    print(f"liveproof lost {mine.lost} of {mine.lost + mine.served}")
    return 1 if failed or mine.lost else 0


def _row(job: tuple[str, str, tuple[str, ...]]) -> Row:
    suite, code, healthy = job
    rule = next(rule for rule in load_rules() if rule.code == code)
    assert rule.fault_function
    assert rule.symptom_function
    with Host.up(suite) as host:
        rule.fault_function(host)
        found = _bad(host) - set(healthy)
        before = codes(checked(host))
        host.sh(SCRIPT, check=False, timeout=180)
        fixed = not rule.symptom_function(host)
        worse = codes(checked(host)) - before
    with Host.up(suite) as host:
        rule.fault_function(host)
        seen = codes(checked(host), breaking=False)
        host.liveproof("fix", "--yes", "--allow", "disruptive")
        ours = not rule.symptom_function(host)
        ours_worse = codes(checked(host)) - seen
    named = "yes" if ours else "no" if rule.fix_function else "named"
    return Row(
        code,
        ", ".join(sorted(found)),
        fixed,
        ", ".join(sorted(worse)),
        code in seen,
        named,
        ", ".join(sorted(ours_worse)),
    )


def _bad(host: Host) -> set[str]:
    said = host.sh(COMMANDS, check=False).splitlines()
    return {line.removeprefix("bad ") for line in said if line.startswith("bad ")}


def _under_load(suite: str, *, by_seed: bool) -> Loss:
    rule = next(rule for rule in load_rules() if rule.code == UNDER_LOAD)
    assert rule.fault_function
    with Host.up(suite) as host:
        rule.fault_function(host)
        with Load(host.ip) as load:
            if by_seed:
                host.sh(SCRIPT, check=False, timeout=180)
            else:
                host.liveproof("fix", "--yes")
        return load.loss


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["bookworm"]))
