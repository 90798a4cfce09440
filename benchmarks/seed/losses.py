"""Requests lost while a host is fixed under load: by the seed's script, and by liveproof without disruptive steps."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.seed import peer
from benchmarks.seed.load import Load, Loss
from liveproof.rules import load as load_rules
from tests.lab import Host

_OWNERS = 'chown root:root "$APP"/app/Http/Controllers/*.php "$CACHE" "$CACHE"/packages.php "$CACHE"/services.php'
_STALE = 'sed -i "s/^APP_NAME=.*/APP_NAME=renamed/" .env'


@dataclass(frozen=True)
class Losses:
    """What was lost while one situation was mended, and whether it was mended."""

    what: str
    seed: Loss
    seed_fixed: bool
    ours: Loss
    ours_fixed: bool


def control(suite: str) -> Loss:
    """The same load on a healthy host while nothing is done: what the measuring itself loses."""
    with Host.up(suite) as host:
        host.warm()
        with Load(host.ip) as load:
            host.sh("sleep 3")
        return load.loss


def measured(suite: str, what: str) -> Losses:
    """Break two hosts in the same way, and mend one by each side, under load."""
    break_it = SITUATIONS[what]
    with Host.up(suite) as host:
        break_it(host)
        with Load(host.ip) as load:
            ended = peer.mend(host)
        seed, seed_fixed = load.loss, ended and not _still_broken(host)
    with Host.up(suite) as host:
        break_it(host)
        with Load(host.ip) as load:
            ran = host.liveproof("fix", "--yes", "--format", "json")
        outcome = json.loads(ran.stdout)["outcome"][0]["kind"] if ran.stdout.startswith("{") else ran.stderr
        return Losses(what, seed, seed_fixed, load.loss, outcome == "fixed" and not _still_broken(host))


def _old_code(host: Host) -> None:
    rule = next(rule for rule in load_rules() if rule.code == "OPC002")
    assert rule.fault_function
    rule.fault_function(host)


def _owners_and_caches(host: Host) -> None:
    host.sh(f"{_OWNERS}; {_STALE}")


def _all_three(host: Host) -> None:
    _old_code(host)
    _owners_and_caches(host)


SITUATIONS: dict[str, Callable[[Host], None]] = {
    "old code in OPcache": _old_code,
    "root's files and a stale config cache": _owners_and_caches,
    "all three issues of the seed": _all_three,
}


def _still_broken(host: Host) -> bool:
    """Seen without liveproof: an owner that is not the app's, the old name in the cache, or old code that answers."""
    owners = set(host.sh('stat -c %U "$APP"/app/Http/Controllers/*.php "$CACHE" "$CACHE"/*.php').split())
    name = host.sh("sed -n 's/^APP_NAME=//p' .env").strip("\"'")
    cached = host.sh(f"grep -c \"'name' => '{name}'\" \"$CACHE\"/config.php || true")
    code = next((v for v in ("handler-v9", "handler-v1") if v in host.sh('cat "$HANDLER"')), "handler")
    return owners != {host.user} or cached == "0" or code not in host.post().body
