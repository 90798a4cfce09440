"""SIGKILL at any moment of `fix` and `apply`, over seven steps of which three are on one file: never between."""

import json
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.trial import Budget, Trial
from liveproof.repair import rollback
from liveproof.store import runs
from tests.lab import Host
from tests.live.trial import difference, state
from tests.unit.repair.test_chains import CHAINS, KINDS, chain, planted
from tests.unit.repair.test_journal import applied
from tests.unit.repair.test_journal_killed import dies_before
from tests.unit.trees import snapshot

_STEPS: Final = 7
_RECORDS: Final = 2 * _STEPS + 1  # what the journal holds before its end
_PLAN: Final = "/root/plan.json"
_INSIDE: Final = Path(__file__).parent / "inside" / "killed.py"
# config.php gets its owner, is removed and made again; packages.php and services.php get theirs and are made again,
# both at once: a class that is gone keeps the site down until then, so that no request has Laravel write them itself.
_BROKEN: Final = r"""
systemctl stop cron api-gateway-queue
curl -sS -o /dev/null http://localhost/
echo "<?php return array ('acme/gone' => array ('providers' => array ('Acme\\Gone\\Provider')));" >"$CACHE/packages.php"
sed -i "0,/0 => '/s/0 => '/0 => 'Acme\\\\Gone\\\\Provider', 999 => '/" "$CACHE/services.php"
chown root:root app/Http/Controllers/*.php "$CACHE"/config.php "$CACHE"/services.php "$CACHE"/packages.php
sed -i 's/^APP_NAME=.*/APP_NAME=killed/' .env; chmod 555 storage/framework/views
printf "Route::get('/killed', fn () => 'killed');\n" >>routes/api.php
systemctl reload "$FPM"; sleep 1; curl -sS -o /dev/null http://localhost/
"""
_COMMANDS: Final = {"apply": ("liveproof", "apply", _PLAN), "fix": ("liveproof", "fix", "--yes")}


def trials(budget: Budget) -> Iterator[Trial]:
    """Runs in one process, killed before any change of the file system; then whole commands at random moments."""
    chance = random.Random(budget.seed)
    kinds: list[tuple[str, ...]] = [chosen for chosen in CHAINS if len(chosen) == _STEPS]
    kinds += [tuple(chance.choice(KINDS) for _ in range(_STEPS)) for _ in range(budget.of(5, 1))]
    for chosen in kinds[: 2 if budget.short else None]:
        yield _in_process(chosen, chance, budget.of(24, 8))
    with Host.up(budget.suite) as host:
        host.sh(_BROKEN, timeout=60)
        host.push(_INSIDE, "/opt/killed.py")
        before = state(host)
        host.liveproof("fix", "--save", _PLAN)
        after: dict[str, Any] = {}
        if not budget.short:
            whole = host.liveproof("apply", _PLAN)
            after = _timeless(state(host))
            saw = next((line.strip() for line in whole.stdout.split("\n") if f" {_STEPS}/{_STEPS} done" in line), "")
            lost = "" if saw else whole.stdout[-600:] + whole.stderr
            yield Trial("a plan that nobody kills", lost or _rolled_back(host, before), saw)
        for command, kills in (("apply", budget.of(62, 1)), ("fix", budget.of(12, 1))):
            for number in range(kills):
                yield _killed(host, command, before, after, chance, by_fix=number % 10 == 9)


def _killed(
    host: Host, command: str, before: dict[str, Any], after: dict[str, Any], chance: random.Random, *, by_fix: bool
) -> Trial:
    """One command that is killed, then a rollback, or the next fix and its rollback."""
    records = chance.randrange(_RECORDS + 1)
    seconds = chance.choice((0.0, chance.random() / 50, chance.random() / 5, chance.random() * (1 if records else 2)))
    if command == "apply":  # what was in memory before the last round may be another reason for the reload
        host.liveproof("fix", "--save", _PLAN)
    ran = host.exec(["python3", "/opt/killed.py", str(records), str(seconds), *_COMMANDS[command]], timeout=120)
    status, last = ran.stdout.split("\n")[:2]
    way = "fix" if by_fix else "rollback"
    lost = [] if status == "-9" else [f"it was not killed: {ran.stdout}{ran.stderr}"]
    if by_fix:
        fixed = host.liveproof("fix", "--yes")
        lost += [f"{way} ended with {fixed.returncode}: {fixed.stdout}{fixed.stderr}"] if fixed.returncode else []
        lost += difference(after, _timeless(state(host)))
    undone = _rolled_back(host, before)
    lost += [undone] if undone else []
    return Trial(f"{command} killed {_place(json.loads(last))}, then {way}", "; ".join(lost[:3]), f"status {status}")


def _rolled_back(host: Host, before: dict[str, Any]) -> str:
    """What is not as before once everything is rolled back; 1 says that the site, broken before, is so again."""
    back = host.liveproof("rollback", "--yes")
    said = back.stdout + back.stderr
    lost = difference(before, state(host))[:3]
    if back.returncode not in (0, 1) or "Traceback" in said or "IN PART" in said:
        lost.append(f"rollback ended with {back.returncode}: {said[-500:]}")
    return "; ".join(lost)


def _last() -> dict[str, Any]:
    """The last whole record of the newest run, unless that is taken back: then none was begun since."""
    cut_off = [run for run in runs.list_runs()[:1] if run.state != runs.BACK]
    lines = [Path(run.directory, "journal.jsonl").read_text().split("\n") for run in cut_off]
    return json.loads(lines[0][-2]) if lines and len(lines[0]) > 1 else {}


def _place(record: dict[str, Any]) -> str:
    """Where a run was killed, by the last whole record of its journal."""
    places = {
        "run": "before step 1", "begin": f"in step {record.get('step', 0) + 1}",
        "done": f"after step {record.get('step', 0) + 1}", "end": "after its end",
    }  # fmt: skip
    return places.get(record.get("is", ""), "before its journal")


def _timeless(found: dict[str, Any]) -> dict[str, Any]:
    """A state without the times of what was made, and without what a closure in the route cache is called each time."""
    return {
        path: replace(entry, mtime_ns=0, sha256=None if path.endswith("/routes-v7.php") else entry.sha256)
        for path, entry in found.items()
    }


def _in_process(kinds: tuple[str, ...], chance: random.Random, kills: int) -> Trial:
    """A chain on one file, killed before as many of its changes as asked for, evenly spread, and rolled back."""
    place = tempfile.mkdtemp(prefix="liveproof-harm-")
    os.chmod(place, 0o755)
    os.environ["LIVEPROOF_STATE"] = f"{place}/state"
    places: Counter[str] = Counter()
    lost: list[str] = []
    try:
        tree = planted(place)
        acts, before = chain(tree, kinds), snapshot(tree)
        for number in range(kills):
            change = int((number + chance.random()) * 10 * len(acts) / kills)
            if dies_before(change, lambda: applied(tree, *acts)):
                places[_place(_last())] += 1
            refused = [one for done in rollback.rollback() for one in done.refused]
            if refused or snapshot(tree) != before:
                lost.append(f"killed before change {change}: {refused[:2]}")
    finally:
        del os.environ["LIVEPROOF_STATE"]
        shutil.rmtree(place)
    told = ", ".join(f"{count} {where}" for where, count in sorted(places.items()))
    return Trial(f"{len(acts)} steps: {' '.join(kinds)}", "; ".join(lost[:3]), f"killed {told}")
