"""Requests lost while a host is fixed under load: by the seed's script, and by liveproof without disruptive steps."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.seed import peer
from benchmarks.seed.load import Load, Loss
from liveproof.rules import load as load_rules
from tests import faults
from tests.lab import Host

_OWNERS = 'chown root:root "$APP"/app/Http/Controllers/*.php "$CACHE" "$CACHE"/packages.php "$CACHE"/services.php'
_STALE = 'sed -i "s/^APP_NAME=.*/APP_NAME=renamed/" .env'


@dataclass(frozen=True)
class Losses:
    """What was lost while one situation was mended, and what of it is still broken afterwards (empty: nothing)."""

    what: str
    seed: Loss
    seed_left: str
    ours: Loss
    ours_left: str


def control(suite: str) -> Loss:
    """The same load on a healthy host while nothing is done: what the measuring itself loses."""
    with Host.up(suite) as host:
        host.warm()
        with Load(host.ip) as load:
            host.sh("sleep 3")
        return load.loss


def measured(suite: str, what: str) -> Losses:
    """Break two hosts in the same way, and mend one by each side, under load."""
    break_it, left = SITUATIONS[what]
    with Host.up(suite) as host:
        break_it(host)
        _must_be_broken(left(host))
        with Load(host.ip) as load:
            ended = peer.mend(host)
        seed, seed_left = load.loss, left(host) or ("" if ended else "the script did not come to its end")
    with Host.up(suite) as host:
        break_it(host)
        _must_be_broken(left(host))
        with Load(host.ip) as load:
            ran = host.liveproof("fix", "--yes", "--format", "json")
        outcome = json.loads(ran.stdout)["outcome"][0] if ran.stdout.startswith("{") else {"kind": ran.stderr}
        told = "" if outcome["kind"] == "fixed" else f"fix: {outcome['kind']} {outcome.get('reason', '')}"
        ours_left = ", ".join(filter(None, (left(host), told)))
        return Losses(what, seed, seed_left, load.loss, ours_left)


def _must_be_broken(left: str) -> None:
    if not left:
        raise RuntimeError("the host is not broken, so fixing it shows nothing")


def _old_code(host: Host) -> None:
    rule = next(rule for rule in load_rules() if rule.code == "OPC002")
    faults.of(rule).fault(host)


def _owners_and_caches(host: Host) -> None:
    host.sh(f"{_OWNERS}; {_STALE}")


def _all_three(host: Host) -> None:
    _old_code(host)
    _owners_and_caches(host)


# What follows is seen without liveproof.
def _is_old(host: Host) -> str:
    return "" if "handler-v9" in host.post().body else "old code answers"


def _is_roots_or_stale(host: Host) -> str:
    owned = host.sh('stat -c "%U %n" "$APP"/app/Http/Controllers/*.php "$CACHE" "$CACHE"/*.php').splitlines()
    others = [line.rpartition("/")[2] for line in owned if line.split()[0] != host.user]
    stale = "renamed" not in host.sh('cat "$CACHE"/config.php')
    return ", ".join(
        [*(["root owns " + " ".join(others)] if others else []), *(["config.php is stale"] if stale else [])]
    )


def _is_either(host: Host) -> str:
    return ", ".join(filter(None, (_is_old(host), _is_roots_or_stale(host))))


SITUATIONS: dict[str, tuple[Callable[[Host], None], Callable[[Host], str]]] = {
    "old code in OPcache": (_old_code, _is_old),
    "root's files and a stale config cache": (_owners_and_caches, _is_roots_or_stale),
    "all three issues of the seed": (_all_three, _is_either),
}
