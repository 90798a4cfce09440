"""Answers that mix two versions, fail or are old when two classes that need each other are invalidated.

Every round writes both files, waits for an idle moment (two looks 50 ms apart) and calls ``opcache_invalidate`` with
force for both in one request of the pool, with ``opcache.validate_timestamps=0``. A page loads A, works 10 ms, loads B,
works 10 ms more and lets A call the method that only B of the same version has.
"""

import json
from bisect import bisect_right
from typing import Any

from benchmarks.fix import interval, stage
from benchmarks.fix.inside.invalidator import deploy
from benchmarks.fix.load import Answer, Load, Random, Restless
from tests.lab import Host

ROUNDS = 200
CONNECTIONS = 8
PATIENCE = 1.0  # s to wait for an idle moment
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


def main(suite: str, rounds: int, seed: int) -> None:
    """Measure and print, quiet and under load.

    Raises:
        RuntimeError: a round's own request did not get the new version, or PHP refused.
    """
    for what in ("quiet", "load"):
        with Host.up(suite, fpm="debian") as host:
            host.ini("opcache.validate_timestamps=0")
            stage.furnish(host, _PAGES)
            public = host.file(f"{host.app}/public")
            deploy(public, 0)
            host.sh('chown "$WWW:" public/A.php public/B.php')
            for _ in range(20):
                host.get("/pair.php")
            quiet = what == "quiet"
            load: Load = (
                Random(host.ip, "/pair.php", stage.RATE, seed) if quiet else Restless(host.ip, "/pair.php", CONNECTIONS)
            )
            print(
                f"  {stage.RATE:.1f} requests a second at random, {1000 * stage.LENGTH:.0f} ms each"
                if quiet
                else f"  {CONNECTIONS} connections that never rest, {1000 * stage.LENGTH:.0f} ms each, 5 workers"
            )
            with load:
                said = stage.run(
                    host, "invalidator", f"{host.app}/public", host.sh('echo "$SOCK"'), rounds, PATIENCE, 0.3,
                    timeout=60 + rounds * 5,
                )  # fmt: skip
            _print([json.loads(line) for line in said.splitlines()], load.answers)


def _print(rounds: list[dict[str, Any]], answers: Any) -> None:
    refused = [one for one in rounds if one["said"] != "[true,true]"]
    if refused:
        raise RuntimeError(f"opcache_invalidate did not say yes: {refused[0]}")
    for idle in (True, False):
        asked = [one for one in rounds if one["idle"] is idle]
        name = "at an idle moment" if idle else f"without one: none came within {PATIENCE:g} s"
        print(f"    {len(asked)} of {len(rounds)} invalidations {name}")
        if asked:
            during = [answer for answer in answers if _round(rounds, answer)["idle"] is idle]
            mixed = [answer for answer in during if _MIXED in answer.body and not answer.lost]
            hit = {_round(rounds, answer)["version"] for answer in mixed}
            print(f"      mixed answers: {interval.told(len(mixed), len(during))}")
            print(f"      invalidations with any: {interval.told(len(hit), len(asked))}")
    lost = [answer for answer in answers if answer.lost]
    print(f"    failed: {interval.told(len(lost), len(answers))} {stage.reasons(lost)}".rstrip())
    ends = [one["ended"] for one in rounds]
    stale = [
        answer
        for answer in answers
        if not answer.lost and _MIXED not in answer.body and _version(answer) < bisect_right(ends, answer.began)
    ]
    print(f"    old although sent after the invalidation: {interval.told(len(stale), len(answers))}")
    old = [one for one in rounds if one["after"] != f"a{one['version']} b{one['version']} whole"]
    print(f"    rounds whose own next request was not the new version: {len(old)}{' ' + str(old[:1]) if old else ''}")
    took = [one["ended"] - one["began"] for one in rounds]
    print(f"    {stage.stalls(answers)}; slowest invalidation {1000 * max(took):.0f} ms", flush=True)


def _round(rounds: list[dict[str, Any]], answer: Answer) -> dict[str, Any]:
    """The last round whose invalidation had begun when the answer came; the first one before that."""
    return rounds[max(0, bisect_right([one["began"] for one in rounds], answer.ended) - 1)]


def _version(answer: Answer) -> int:
    return int(answer.body.split()[0].removeprefix("a"))
