"""Requests lost by graceful reloads at idle moments where ``process_control_timeout`` is 0.

Idle is a pool whose workers hold no connection, and at which none waits, at two looks 50 ms apart. The reload is USR2
to the master, which is all that the unit's ExecReload does; so no limit of systemd's is met. Beside it, a fifth as
often: the same by ``systemctl reload``, which takes longer from the look to the signal, and USR2 at any moment.
"""

import json
import time
from bisect import bisect_right

from benchmarks.fix import interval, stage
from benchmarks.fix.load import Random
from tests.lab import Host

ROUNDS = 1000
_CONTROL = 20.0
_EACH = 3.0  # s that a reload may take with its wait, on average
PAGES = {"short.php": f"<?php usleep({int(stage.LENGTH * 1e6)}); echo 'whole';"}


def main(suite: str, rounds: int, seed: int) -> None:
    """Measure and print.

    Raises:
        RuntimeError: requests are lost while nothing is reloaded, or PHP-FPM does not come back.
    """
    with Host.up(suite, fpm="debian") as host:
        stage.furnish(host, PAGES)
        host.warm()
        with Random(host.ip, "/short.php", stage.RATE, seed) as load:
            time.sleep(_CONTROL)
        if lost := stage.reasons(load.answers):
            raise RuntimeError(f"requests are lost while nothing is done: {lost}")
        print(f"  requests of {1000 * stage.LENGTH:.0f} ms, {stage.RATE:.1f} a second at random (Poisson)")
        print(f"  {_CONTROL:.0f} s without a reload: 0 of {len(load.answers):,} lost, {stage.stalls(load.answers)}")
        fewer = max(1, rounds // 5)
        _measured(host, rounds, seed + 1, "idle")
        _measured(host, fewer, seed + 2, "idle", host.sh('echo "$FPM"'))
        _measured(host, fewer, seed + 3, "any")


def _measured(host: Host, rounds: int, seed: int, when: str, unit: str = "") -> None:
    master = host.sh('systemctl show -p MainPID --value "$FPM"')
    with Random(host.ip, "/short.php", stage.RATE, seed) as load:
        said = stage.run(
            host, "reloader", master, host.sh('echo "$SOCK"'), rounds, when, unit, timeout=60 + rounds * _EACH
        )
    told = json.loads(said)
    sent = told["sent"]
    asked = [answer for answer in load.answers if sent and answer.ended >= sent[0]]
    lost = [answer for answer in asked if answer.lost]
    if len(lost) != sum(1 for answer in load.answers if answer.lost):
        raise RuntimeError("requests were lost before the first reload")
    moment = "at an idle moment" if when == "idle" else "at any moment"
    how = f"systemctl reload {unit}" if unit else "USR2 to the master"
    print(f"  {len(sent):,} reloads {moment} ({how})")
    print(f"    idle before: at {told['idle']:.0%} of 200 looks")
    if told["unsent"]:
        print(f"    {told['unsent']} not sent: no idle moment within 60 s")
    print(f"    requests lost: {interval.told(len(lost), len(asked))} {stage.reasons(lost)}".rstrip())
    print(
        f"    reloads that lost any: {interval.told(len({bisect_right(sent, one.ended) for one in lost}), len(sent))}"
    )
    print(f"    {stage.stalls(asked)}; slowest reload {1000 * told['slowest']:.0f} ms", flush=True)
