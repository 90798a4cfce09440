"""Which faults the seed's commands and script find, fix or make worse, beside liveproof; and the requests lost.

Every row is a fault that the seed names, from the fault bench, on two fresh hosts: one for the seed, one for liveproof.
A command finds a fault when it was satisfied on a healthy host and no longer is. Fixed means that the symptom, which
neither side judges, is gone. Exit status 1 when liveproof misses a fault, makes something worse, loses a request, or
finds or fixes fewer than the seed.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from benchmarks.seed import peer
from benchmarks.seed.losses import SITUATIONS, Losses, control, measured
from benchmarks.seed.trial import Row, Told, tried
from liveproof.rules import load as load_rules
from tests import lab
from tests.lab import Host
from tests.live.trial import TrialFailed, checked, codes

# The rules whose fault the seed's document names.
STARS = (
    "FIL001", "FIL002", "FIL003", "FIL004", "FIL005", "FIL006", "REL001", "REL007",
    "OPC001", "OPC002", "OPC009", "OPC010", "OPC012", "OPC015", "FPM001", "FPM002", "FPM003", "FPM006", "FPM013",
    "NGX001", "NGX004", "LAR001", "LAR002", "LAR003", "LAR005", "LAR006", "LAR007", "LAR011", "LAR015",
    "WIR001", "WIR003", "SYS001", "SYS003",
)  # fmt: skip


def main(suites: list[str]) -> int:
    """Print the tables of each suite."""
    reason = lab.available()
    if reason:
        print(f"no real hosts here: {reason}", file=sys.stderr)
        return 1
    return max([_suite(suite) for suite in suites])


def _suite(suite: str) -> int:
    started = time.monotonic()
    healthy, after = _healthy(suite)
    print(f"\n{suite}: on a healthy host")
    print(f"  the seed's commands complain of: {', '.join(sorted(healthy)) or 'nothing'} (counted in no row below)")
    print(f"  the seed's script leaves broken: {', '.join(after) or 'nothing'}", flush=True)
    print(
        "  (FIL004: the script runs artisan as root after its chown, so that root owns config.php and the route cache)"
    )
    rows, failures = _rows(suite, healthy)
    _table(rows)
    failures += _verdict(rows)
    failures += _losses(suite)
    for failure in failures:
        print(f"FAIL {suite}: {failure}")
    print(f"{suite}: {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failures else 0


def _healthy(suite: str) -> tuple[frozenset[str], list[str]]:
    """What the commands complain of though nothing is wrong, and what the script then breaks."""
    Host.up(suite).down()
    with Host.up(suite) as host:
        found = frozenset(peer.complaints(host))
        if codes(checked(host)):
            raise TrialFailed(f"liveproof finds faults on a healthy host: {codes(checked(host))}")
        peer.mend(host)
        return found, sorted(codes(checked(host)))


def _rows(suite: str, healthy: frozenset[str]) -> tuple[list[Row], list[str]]:
    """Every fault, two at a time, with a line of progress for each."""
    rows: list[Row] = []
    failures: list[str] = []
    with ProcessPoolExecutor(2) as pool:
        running = {pool.submit(_tried, suite, code, healthy): code for code in STARS}
        for count, done in enumerate(as_completed(running), 1):
            code, outcome = running[done], done.result()
            if isinstance(outcome, Row):
                rows.append(outcome)
            else:
                failures.append(f"{code} could not be tried: {outcome}")
            print(f"  {count}/{len(STARS)} {code}{'' if isinstance(outcome, Row) else ' FAILED'}", flush=True)
    return sorted(rows, key=lambda row: STARS.index(row.code)), failures


def _tried(suite: str, code: str, healthy: frozenset[str]) -> Row | str:
    try:
        return tried(next(rule for rule in load_rules() if rule.code == code), suite, healthy)
    except (TrialFailed, AssertionError, RuntimeError, OSError) as error:
        return str(error)


def _table(rows: list[Row]) -> None:
    names = {rule.code: rule.name for rule in load_rules()}
    print(f"\n{'':46} | {'the seed':^66} | liveproof")
    print(f"{'fault':46} | {'found by':32} {'fixed':6} {'made worse':26} | found fixed       made worse")
    for row in rows:
        what = f"{row.code} {names[row.code]}"
        seed = f"{row.seed.found or 'no':32.32} {_fixed(row.seed):6} {', '.join(row.seed.worse) or '-':26.26}"
        ours = f"{row.ours.found or 'NO':5} {_fixed(row.ours):11.60} {', '.join(row.ours.worse) or '-'}"
        print(f"{what:46.46} | {seed} | {ours}")


def _fixed(told: Told) -> str:
    return "yes" if told.fixed else told.remark or "no"


def _verdict(rows: list[Row]) -> list[str]:
    """The sums, and what is not as it must be."""
    sums = {
        name: (sum(bool(getattr(row.seed, name)) for row in rows), sum(bool(getattr(row.ours, name)) for row in rows))
        for name in ("found", "fixed", "worse")
    }
    for name, (seed, ours) in sums.items():
        word = "made worse" if name == "worse" else name
        print(f"{word}: the seed {seed}, liveproof {ours} of {len(rows)}")
    failures = [f"liveproof did not find {row.code}" for row in rows if not row.ours.found]
    failures += [f"liveproof made {row.code} worse: {', '.join(row.ours.worse)}" for row in rows if row.ours.worse]
    failures += [
        f"liveproof {name} fewer faults than the seed" for name in ("found", "fixed") if sums[name][1] < sums[name][0]
    ]
    for row in rows:
        if row.seed.fixed and not row.ours.fixed:
            print(f"{row.code}: the seed's script ends the symptom, liveproof does not ({row.ours.remark})")
    return failures


def _losses(suite: str) -> list[str]:
    """Requests lost under load; one situation at a time, since the load takes what processor there is."""
    print("\nrequests under load (8 clients) while fixing")
    nothing = control(suite)
    print(f"  {'nothing is done':40} {nothing}", flush=True)
    failures = [f"the measuring itself lost requests: {nothing}"] if nothing.lost else []
    for what in SITUATIONS:
        told: Losses = measured(suite, what)
        print(f"  {what:40} the seed: {told.seed}{_still(told.seed_left)}")
        print(f"  {'':40} liveproof: {told.ours}{_still(told.ours_left)}", flush=True)
        failures += [f"liveproof lost requests ({what}): {told.ours}"] if told.ours.lost else []
        failures += [f"liveproof did not fix under load ({what}): {told.ours_left}"] if told.ours_left else []
    return failures


def _still(left: str) -> str:
    return f"; still broken: {left}" if left else "; fixed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["bookworm"]))
