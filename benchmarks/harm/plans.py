"""Plans that were forged, are stale or foreign, or that others could have put there: refused in a sentence, at once."""

import time
from collections.abc import Iterator
from typing import Final

from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.live.trial import difference, state

_SECONDS: Final = 30.0
_FAULT: Final = (
    'chown root:root app/Http/Controllers/*.php; sed -i "s/^APP_NAME=.*/APP_NAME=again/" .env; chown "$WWW": .env'
)
# An account whose name alone would lead the app's code to run as it, and what shows that it did.
_PREPARE: Final = """
systemctl stop cron api-gateway-queue
useradd --system another; mkdir -p /srv/evil/public /srv/evil/bootstrap/cache
printf '<?php touch("/tmp/ran");' | tee /srv/evil/artisan >/srv/evil/public/index.php
chown -R another: /srv/evil
"""
_EDIT: Final = """python3 -I - <<'END'
import json
plan = json.load(open("/root/plan.json"))
{}
open("/root/plan.json", "w").write(json.dumps(plan, indent=1) + "\\n")
END"""
# What is done to the plan, and a word of the refusal.
_SPOILT: Final = {
    "names another user": (_EDIT.format('plan["made_with"]["user"] = "another"'), "--user=another"),
    "names another app": (_EDIT.format('plan["made_with"]["path"] = "/srv/evil"'), "another app"),
    "is for another app": (
        _EDIT.format('plan["made_with"]["path"] = plan["plans"][0]["app"] = "/srv/evil"'),
        "not what would be planned now",
    ),
    "allows more": (_EDIT.format('plan["allow"] = ["config", "drops", "manual", "safe"]'), ""),
    "says less": (_EDIT.format('plan["plans"][0]["steps"].pop()'), "text was changed"),
    "says a step twice": (
        _EDIT.format('plan["plans"][0]["digest"] = "0"; plan["plans"][0]["steps"] *= 2'),
        "the details of its steps",
    ),
    "is stale": ("chown root:root storage/logs/laravel.log; chmod 600 storage/logs/laravel.log", "not what would be"),
    "is of another host": ("echo 0123456789abcdef0123456789abcdef >/etc/machine-id", "another host"),
    "is cut off": ("truncate -s -40 /root/plan.json", "no whole plan"),
    "is huge": ("truncate -s 3G /root/plan.json", "larger than any plan"),
    "is everybody's": ("chmod 666 /root/plan.json", "chmod go-w"),
    "is the pool user's": ('chown "$WWW": /root/plan.json', "chown root"),
    "lies where all write": ("mkdir -m 777 /srv/all; cd /root; mv plan.json /srv/all; ln -s /srv/all/* .", "/srv/all"),
    "is a FIFO": ("rm /root/plan.json; mkfifo /root/plan.json", "Not a regular file"),
    "is a device": ("rm /root/plan.json; ln -s /dev/zero /root/plan.json", "Not a regular file"),
    "is a terminal": ("rm /root/plan.json; ln -s /dev/tty /root/plan.json", "Not a regular file"),
    "is the kernel's log": ("rm /root/plan.json; ln -s /proc/kmsg /root/plan.json", ""),
}  # fmt: skip
_SHORT: Final = ("names another user", "is stale", "is a FIFO")


def trials(budget: Budget) -> Iterator[Trial]:
    """Each in turn on one host; what `allows more` than was asked for is the same plan where nothing more is needed."""
    with Host.up(budget.suite) as host:
        host.sh(_PREPARE)
        host.sh(_FAULT)
        host.sh("cp /etc/machine-id /srv/machine-id; cp -p storage/logs/laravel.log /srv/log")
        for name, (spoil, word) in _SPOILT.items():
            if budget.short and name not in _SHORT:
                continue
            host.sh("rm -f /root/plan.json /tmp/ran; liveproof fix --save /root/plan.json >/dev/null || test $? = 1")
            host.sh(spoil)
            before = state(host)
            began = time.monotonic()
            ran = host.liveproof("apply", "/root/plan.json", timeout=_SECONDS + 30)
            seconds, said = time.monotonic() - began, ran.stdout + ran.stderr
            lost = difference(before, state(host))[:2] if word else []
            lost += [text for text, holds in (
                (f"it took {seconds:.0f} s", seconds > _SECONDS), ("a traceback", "Traceback" in said),
                (f"status {ran.returncode}: {said[-300:]}", bool(word) and ran.returncode not in (2, 4)),
                (f"{word!r} is not said: {said[-300:]}", word not in said),
                ("the app's code ran as another user", host.sh("ls /tmp/ran 2>/dev/null || true") != ""),
            ) if holds]  # fmt: skip
            yield Trial(f"a plan that {name}", "; ".join(lost), f"status {ran.returncode}, {seconds:.1f} s")
            host.sh("cp /srv/machine-id /etc/machine-id; cp -p /srv/log storage/logs/laravel.log; rm -rf /srv/all")
            if not ran.returncode:
                host.liveproof("rollback", "--yes")
