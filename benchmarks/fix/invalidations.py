"""Answers that mix two versions, fail or are old when two classes that need each other are invalidated.

Every round writes both files, with ``opcache.validate_timestamps=0``, and lets PHP forget them: by liveproof's own
step, which holds every worker meanwhile and refuses where it has no idle moment within 5 s; and beside it in the simple
way: a page of the pool calls ``opcache_invalidate`` with force for both, at an idle moment (two looks 50 ms apart) if
there is one within 1 s, else at any. A page loads A, works 10 ms, loads B, works 10 ms more and lets A call the method
that only B of the same version has.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.fix import interval, stage
from benchmarks.fix.inside.invalidator import deploy
from benchmarks.fix.load import Answer, Load, Random, Restless
from tests.lab import Host

ROUNDS = 200
CONNECTIONS = 8
PATIENCE = 1.0  # s to wait for an idle moment
_PAUSE = 0.3
# s that a connection rests on average: then all eight rest at about every fifth look.
_REST = 0.1
_HALF = int(stage.LENGTH * 1e6 / 2)
_MIXED = "mixed"
_PAGES = {
    "pair.php": f"""<?php
require __DIR__ . '/A.php'; usleep({_HALF});
require __DIR__ . '/B.php'; usleep({_HALF});
try {{ echo (new A)->both(); }} catch (\\Error $error) {{ echo '{_MIXED}: ', $error->getMessage(); }}
echo ' whole';""",
    "invalidate.php": """<?php
echo json_encode([opcache_invalidate(__DIR__ . '/A.php', true), opcache_invalidate(__DIR__ . '/B.php', true)]);""",
}
_WAYS = {"page": "the simple way", "liveproof": "liveproof's step"}
# Which part of the rounds each load gets: where no connection ever rests, liveproof waits 5 s and then refuses.
_LOADS = {"quiet": {"page": 1.0, "liveproof": 1.0}, "resting": {"page": 1.0, "liveproof": 1.0},
          "restless": {"page": 0.25, "liveproof": 0.1}}  # fmt: skip


def main(suite: str, rounds: int, seed: int) -> None:
    """Measure and print, quiet and under load.

    Raises:
        RuntimeError: PHP refused the simple way.
    """
    for what, parts in _LOADS.items():
        print(f"  {_described(what)}, {1000 * stage.LENGTH:.0f} ms each, at most 5 workers")
        for way, part in parts.items():
            print(f"    {_WAYS[way]}")
            _measured(suite, max(1, int(rounds * part)), what, way, seed)


def _described(what: str) -> str:
    if what == "quiet":
        return f"{stage.RATE:.1f} requests a second at random"
    rests = f"rest {1000 * _REST:.0f} ms on average between two requests" if what == "resting" else "never rest"
    return f"{CONNECTIONS} connections that {rests}"


def _load(what: str, host: Host, seed: int) -> Load:
    if what == "quiet":
        return Random(host.ip, "/pair.php", stage.RATE, seed)
    return Restless(host.ip, "/pair.php", CONNECTIONS, rest=_REST if what == "resting" else 0.0)


def _measured(suite: str, rounds: int, what: str, way: str, seed: int) -> None:
    with Host.up(suite, fpm="debian") as host:
        host.ini("opcache.validate_timestamps=0")
        stage.furnish(host, _PAGES)
        public = host.file(f"{host.app}/public")
        deploy(public, 0)
        host.sh('chown "$WWW:" public/A.php public/B.php')
        for _ in range(20):
            host.get("/pair.php")
        socket, master = host.sh('echo "$SOCK"; systemctl show -p MainPID --value "$FPM"').split()
        with _load(what, host, seed) as load:
            said = stage.run(
                host, "invalidator", f"{host.app}/public", socket, master, rounds, way, PATIENCE, _PAUSE,
                timeout=60 + rounds * 7,
            )  # fmt: skip
        _print([json.loads(line) for line in said.splitlines()], load.answers, way)


def _print(rounds: list[dict[str, Any]], answers: Sequence[Answer], way: str) -> None:
    done = [one for one in rounds if one["done"]]
    if way == "page":
        if len(done) != len(rounds):
            raise RuntimeError(next(one["why"] for one in rounds if one["why"]))
        idle = sum(one["idle"] for one in rounds)
        print(f"      {idle} of {len(rounds)} at an idle moment; for the others none came within {PATIENCE:g} s")
    else:
        print(f"      done: {interval.told(len(done), len(rounds))}; the others were refused, and nothing was dropped")
        for why, count in Counter(_clause(one["why"]) for one in rounds if one["why"]).most_common(3):
            print(f"        {count} x {why}")
    for idle in (True, False):
        among = [one for one in rounds if one["idle"] is idle]
        if among:
            during = [answer for answer in answers if _round(rounds, answer)["idle"] is idle]
            mixed = [answer for answer in during if _MIXED in answer.body and not answer.lost]
            hit = {_round(rounds, answer)["version"] for answer in mixed}
            where = "" if way == "liveproof" else ", at an idle moment" if idle else ", without one"
            print(f"      mixed answers{where}: {interval.told(len(mixed), len(during))}")
            print(f"      invalidations with any{where}: {interval.told(len(hit), len(among))}")
    lost = [answer for answer in answers if answer.lost]
    print(f"      lost: {interval.told(len(lost), len(answers))} {stage.reasons(lost)}".rstrip())
    ends, versions = [one["ended"] for one in done], [0, *(one["version"] for one in done)]
    stale = [
        answer
        for answer in answers
        if not answer.lost
        and _MIXED not in answer.body
        and _version(answer) < versions[bisect_right(ends, answer.began)]
    ]
    print(f"      old although sent after the invalidation: {interval.told(len(stale), len(answers))}")
    old = [one for one in done if one["after"] != f"a{one['version']} b{one['version']} whole"]
    print(f"      rounds whose own next request was not the new version: {len(old)}{' ' + str(old[:1]) if old else ''}")
    took = [one["ended"] - one["began"] for one in done]
    wait = " with its wait for an idle moment" if way == "liveproof" else ""
    slowest = f"; slowest invalidation{wait} {1000 * max(took):.0f} ms" if took else ""
    print(f"      {stage.stalls(answers)}{slowest}", flush=True)


def _clause(why: str) -> str:
    """The reason in the brackets of liveproof's sentence, without numbers of processes."""
    said = why.partition("(")[2].partition(")")[0] or why
    return " ".join("N" if word.isdigit() else word for word in said.split())


def _round(rounds: list[dict[str, Any]], answer: Answer) -> dict[str, Any]:
    """The last round whose invalidation had begun when the answer came; the first one before that."""
    return rounds[max(0, bisect_right([one["began"] for one in rounds], answer.ended) - 1)]


def _version(answer: Answer) -> int:
    return int(answer.body.split()[0].removeprefix("a"))
