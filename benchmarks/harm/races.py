"""Races of the pool's user against fix, apply and rollback: nothing outside of the tree changes, ever."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.harm.digest import changes, outside
from benchmarks.trial import Budget, Trial
from tests.lab import Host

_INSIDE: Final = Path(__file__).parent / "inside"
_TOPS: Final = ("/etc", "/root", "/usr/local", "/home", "/var/spool")
# Not the number of links: racers make and unmake those.
_VICTIMS: Final = "cd /var/www/victims; stat -c '%n %f %u %g' *; sha256sum *"
_TREES: Final = "app bootstrap storage resources .env"
# On a tmpfs, so that directories can be renamed as on a disk (an overlay refuses it), and with room for a copy.
_PREPARE: Final = """
systemctl stop cron api-gateway-queue
mkdir /mnt/whole; cp -a /var/www/. /mnt/whole/; mount -t tmpfs none /var/www; cp -a /mnt/whole/. /var/www/
mkdir /var/www/victims; cd /var/www/victims
echo secret > secret; chmod 600 secret; cp /usr/bin/id setuid; chmod 4755 setuid; echo all > all; chmod 666 all
systemctl restart "$FPM" nginx
"""
# Removed and copied, never changed in place: what a racer has left could lead elsewhere.
_REPAIR: Final = f"""
for _ in 1 2 3; do rm -rf {_TREES} 2>/dev/null && break; sleep 0.2; done
for each in {_TREES}; do cp -a "/mnt/whole${{APP#/var/www}}/$each" .; done
mkdir -p storage/app/x; chown "$WWW": storage/app/x; ln /var/www/victims/secret storage/app/x/hard
ln /var/www/victims/setuid storage/app/x/setuid; systemctl reload "$FPM"
"""
_BROKEN: Final = {
    "owners": 'chown root:root app/Http/Controllers/*.php "$CACHE"/packages.php "$CACHE"/services.php',
    "modes": "chown root:root app/Http/Controllers/*.php; chmod 600 app/Http/Controllers/*.php",
    "storage": "chown -R root:root storage/framework/views storage/framework/cache; chmod 755 storage/framework/views",
    "log": "chown root:root storage/logs storage/logs/laravel.log; chmod 750 storage/logs",
    "a stale cache": 'sed -i "s/^APP_NAME=.*/APP_NAME=n$RANDOM/" .env; chown "$WWW": .env',
    "a stale cache and owners": 'sed -i "s/^APP_NAME=.*/APP_NAME=n$RANDOM/" .env; chown "$WWW": .env; '
    'chown root:root "$CACHE" "$CACHE"/packages.php; chmod 755 "$CACHE"',
}
_PLANS: Final = 3  # how often one is made before it is a loss that it no longer fits
_LEFT: Final = (
    "find /var/www /etc -name '.liveproof-*' -printf '%y %p\\n'; "
    "pgrep -fa 'artisan (config|route|view|package)' || true"
)
# The race begins with the run's journal, of which only the last ones are kept: before that, a plan that does not fit
# any more is refused at once.
_COMMANDS: Final = """
exec 9> >(exec runuser -u "$WWW" -- python3 -I /opt/racers.py "$APP" {seed}); racers=$!
begun() {{ ls /var/lib/liveproof/runs 2>/dev/null | tail -1; }}
known=$(begun)
liveproof {command} --format json >/tmp/fix 2>&1 9>&- & fix=$!
while kill -0 $fix 2>/dev/null && [ "$(begun)" = "$known" ]; do sleep 0.002; done
now=$(begun)
[ {late} = 1 ] || echo >&9
[ {brief} = 0 ] || {{ sleep 1; exec 9>&-; }}
status=0; wait $fix || status=$?
[ {late} = 0 ] || echo >&9
back=0; [ {back} = 0 ] || liveproof rollback --yes >/tmp/back 2>&1 9>&- || back=$?
exec 9>&-; wait $racers
echo $status $back $([ "$now" = "$known" ]; echo $?)
"""


def trials(budget: Budget) -> Iterator[Trial]:
    """Exact swaps in one process with the real code, then whole commands while several processes race."""
    rounds, applies = budget.of(300, 60), budget.of(84, 2)
    with Host.up(budget.suite) as host:
        host.sh(_PREPARE)
        for name in ("boundaries.py", "racers.py"):
            host.push(_INSIDE / name, f"/opt/{name}")
        whole = outside(host)
        yield from _exact(host, rounds * 10, 25 if budget.short else 600, budget.seed)
        began, chance = time.monotonic(), random.Random(budget.seed)
        for number in range(rounds // 10 + applies):
            if budget.short and time.monotonic() - began > 35:
                break
            yield _commands(host, number, chance, applies=number < applies)
        yield Trial("everything outside, after all of it", changes(whole, outside(host)))


def _outside(host: Host) -> frozenset[str]:
    return outside(host, *_TOPS) | frozenset(host.sh(_VICTIMS).splitlines())


def _exact(host: Host, rounds: int, seconds: int, seed: int) -> Iterator[Trial]:
    uid = host.sh('id -u "$WWW"').strip()
    ran = host.exec(
        ["python3", "/opt/boundaries.py", str(rounds), str(seconds), str(seed), uid],
        timeout=seconds + 60,
        env={"PYTHONPATH": "/opt/liveproof/app:/opt/liveproof/lib"},
    )
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    raced = [row for row in rows if row["swap"]]
    for act in dict.fromkeys(row["act"] for row in rows):
        tried = [row for row in raced if row["act"] == act]
        lost = [row["lost"] for row in rows if row["act"] == act and row["lost"]]
        came = Counter(row["said"] for row in tried)
        told = ", ".join(f"{count} {said}" for said, count in came.most_common())
        yield Trial(f"{act}, one swap", "; ".join(lost[:3]), f"{len(tried)} rounds: {told}")
    failed = ran.returncode or len({row["swap"] for row in raced}) < 15
    yield Trial("enough swaps", ran.stderr[-500:] or "too few" if failed else "", f"{len(raced)} rounds")


def _commands(host: Host, number: int, chance: random.Random, *, applies: bool) -> Trial:
    """One command that is raced, and its rollback: after each second fix that alone, after each tenth apply as well.

    Most of what is applied is raced while its steps are carried out, and then proven in peace, which is quicker.
    """
    name = chance.choice(list(_BROKEN))
    late, back = (0, int(number % 10 == 9)) if applies else (number % 2, 1)
    brief = int(applies and number % 10 < 8)
    host.sh(_REPAIR, timeout=60)
    host.sh(_BROKEN[name])
    plan_file = f"/run/{name.replace(' ', '-')}.json"
    command = f"apply {plan_file}" if applies else "fix --yes"
    before = _outside(host)
    for _ in range(_PLANS):
        if applies:
            # Made for each: the app goes on writing, and a plan for what was there before is rightly refused.
            host.sh(f"liveproof fix --save {plan_file} || test $? = 1")
        commands = _COMMANDS.format(command=command, seed=chance.randrange(1 << 20), late=late, back=back, brief=brief)
        *statuses, began = host.sh(commands, timeout=240).split()
        said = host.sh("cat /tmp/fix /tmp/back 2>/dev/null || true")
        if "is not what would be planned now" not in said:
            break
    left = host.sh(_LEFT)
    if "tries again" in said:
        # It says what it left alone: a racer puts its own files, links and FIFOs under liveproof's names as well.
        left = "\n".join(line for line in left.splitlines() if not line.startswith(("f /", "l /", "p /")))
    lost = changes(before, _outside(host))
    if left.strip():
        lost = lost or f"left: {left[:300]}, {said[-300:]}"
    if not set(statuses) <= {"0", "1", "3", "4"} or "Traceback" in said or "please report" in said:
        lost = lost or f"status {' '.join(statuses)}: {said[-500:]}"
    if began == "0" and not late:
        lost = lost or f"nothing was raced: {said[-500:]}"
    raced = "rollback" if late else f"{command.split(maxsplit=1)[0]}{' and rollback' * back}"
    return Trial(f"{raced} of {name}", lost, f"status {' and '.join(statuses)}")
