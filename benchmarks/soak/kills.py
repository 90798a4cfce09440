"""SIGKILL at any moment of the watcher, of all that it started, or of a child alone: no alert is lost or doubled."""

import random
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.lab.watching import UNIT, Watching

_BREAKS, _FIXES, _CODE = "chmod 555 bootstrap/cache", "chmod 755 bootstrap/cache", "FIL003"
_WAYS = (
    ("the watcher", f"systemctl kill -s KILL --kill-who=main {UNIT}"),
    ("the watcher and its children", f"systemctl kill -s KILL {UNIT}"),
    ("its children", f"pkill -KILL -P $(systemctl show -P MainPID {UNIT}) || true"),
)


def trials(budget: Budget) -> Iterator[Trial]:
    """A fault that comes and goes while the watcher is killed at random moments; then all is counted."""
    kills, chance = budget.of(100, 6), random.Random(budget.seed)
    with Host.up(budget.suite) as host:
        host.warm()
        with Watching(host) as watching:
            watching.settled()
            lost: list[str] = []
            killed: Counter[str] = Counter()
            rounds = 0
            while sum(killed.values()) < kills:
                rounds += 1
                for does, kind in ((_BREAKS, "raised"), (_FIXES, "resolved")):
                    host.sh(does)
                    if sum(killed.values()) < kills:
                        name, command = chance.choice(_WAYS)
                        time.sleep(chance.random() * 2)
                        host.sh(command, check=False)
                        killed[name] += 1
                    try:
                        watching.told(_CODE, kind, 90, count=rounds)
                    except AssertionError as error:
                        lost.append(f"round {rounds}, {kind}: {str(error)[:300]}")
                        break
            watching.settled()
            # A command cannot be told twice from one that was told and killed before it could say so: by its id.
            notes = {note.alert["id"] + note.kind: note for note in watching.notes()}
            found = Counter(note.kind for note in notes.values() if note.code == _CODE)
            told = Counter(note.kind for note in watching.notes() if note.code == _CODE)
            if found != {"raised": rounds, "resolved": rounds}:
                lost.append(f"{rounds} rounds gave {dict(found)}")
            saw = f"{dict(killed)}; {rounds} faults; messages {dict(told)}"
            yield Trial("kills", "; ".join(lost[:2]), saw)
            kept = host.liveproof("report", "--list", "--format", "json")
            listed = host.liveproof("alert", "list", "--since", "1d", "--format", "json")
            whole = kept.returncode == 0 and listed.returncode == 0
            yield Trial("history and book are whole", "" if whole else kept.stderr + listed.stderr)
