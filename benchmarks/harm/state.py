"""A state directory that is damaged, full, foreign or a trap: told in a sentence, nothing changed, nothing hangs."""

import hashlib
import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.live.trial import difference, state

_STATE: Final = "/var/lib/liveproof"
_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 5.0
_FAULT: Final = (
    'chown root:root app/Http/Controllers/*.php; sed -i "s/^APP_NAME=.*/APP_NAME=again/" .env; chown "$WWW": .env'
)
_CLEAN: Final = f"while umount {_STATE}/runs 2>/dev/null || umount {_STATE} 2>/dev/null; do :; done; rm -rf {_STATE}"
_PRIVATE: Final = f"mkdir -m 700 {_STATE} {_STATE}/runs {_STATE}/cache"
_RUN: Final = f"{_PRIVATE}; mkdir -m 700 {_STATE}/runs/20260101-000000-aaaa; cd {_STATE}/runs/20260101-000000-aaaa"
_FIRST: Final = (
    '{"is":"run","format":1,"app":"/var/www/api-gateway","digest":"","started":1,'
    '"temporary":".liveproof-a-","steps":[]}'
)
_BEGIN: Final = '{"is":"begin","step":%s,"what":"x","at":1,"before":%s,"goals":[],"trees":%s}'
_MEMORY: Final = f"mkdir {_STATE}; mount -t tmpfs -o mode=700,%s none {_STATE}"
_BIND: Final = "mount --bind {0} {0}; mount -o remount,bind,ro {0}"
_NEWER: Final = f"import sqlite3; sqlite3.connect('{_STATE}/history.db').execute('PRAGMA user_version=99')"
# What was changed a moment ago is not remembered.
_FILLED: Final = f"{_PRIVATE}; sleep 3; liveproof check >/dev/null || test $? = 1; ls {_STATE}/cache/nginx.json"
_OTHER_SHAPES: Final = f"""
import glob, json
for path in glob.glob("{_STATE}/cache/*.json"):
    record = json.load(open(path))
    record["value"] = {{"scripts": [7], "files": "x"}}
    json.dump(record, open(path, "w"))
"""


def _journal(*lines: str) -> str:
    return f"{_RUN}; printf '%s\\n' {' '.join(map(shlex.quote, lines))} >journal.jsonl"


# What fix must refuse, naming the place, and what it must do without.
_REFUSED: Final = {
    "a file": f"touch {_STATE}",
    "a link": f"mkdir -m 700 /srv/trap; ln -sfn /srv/trap {_STATE}",
    "a link to nowhere": f"ln -s /srv/nowhere {_STATE}",
    "the pool's user's": f'{_PRIVATE}; chown "$WWW": {_STATE}',
    "writable for a group": f'{_PRIVATE}; chgrp "$WWW" {_STATE}; chmod 770 {_STATE}',
    "runs is a file": f"mkdir -m 700 {_STATE}; touch {_STATE}/runs",
    "runs is a link": f"mkdir -m 700 {_STATE} /srv/trap; ln -s /srv/trap {_STATE}/runs",
    "runs is read-only": f"{_PRIVATE}; {_BIND.format(f'{_STATE}/runs')}",
    "read-only": f"{_PRIVATE}; {_BIND.format(_STATE)}",
    **{f"{size} of room": _MEMORY % f"size={size}" for size in ("16k", "64k", "280k", "320k", "400k")},
    **{f"{count} inodes": _MEMORY % f"nr_inodes={count}" for count in (2, 3, 5, 8, 10, 12)},
    "the lock is a FIFO": f"{_PRIVATE}; mkfifo {_STATE}/lock",
    "the lock is a link": f"{_PRIVATE}; ln -s /etc/passwd {_STATE}/lock",
    "the lock is a directory": f"{_PRIVATE}; mkdir {_STATE}/lock",
}
_DONE_WITHOUT: Final = {
    "2 MB of room": _MEMORY % "size=2m",
    "40 inodes": _MEMORY % "nr_inodes=40",
    "a journal damaged in the middle": _journal(_FIRST, "rubbish", _FIRST),
    "a journal of noise": f"{_RUN}; head -c 3000 /dev/urandom >journal.jsonl",
    "a journal that is a FIFO": f"{_RUN}; mkfifo journal.jsonl",
    "a journal that is a link": f"{_RUN}; ln -s /etc/shadow journal.jsonl",
    "a journal of another version": _journal(_FIRST, _BEGIN % (0, '[["/etc",[["passwd","meta"]]]]', "[]")),
    "a journal that lacks words": _journal('{"is":"run","format":1,"app":7,"started":"x"}', '{"is":"begin"}'),
    "a journal that leads out of the app": _journal(_FIRST, _BEGIN % ('".."', "[]", '[["/etc","../root"]]')),
    "ended is garbage": f"{_journal(_FIRST)}; head -c 300 /dev/urandom >ended",
    "ended is a FIFO": f"{_journal(_FIRST)}; mkfifo ended",
    "ended says nonsense": f"""{_journal(_FIRST)}; echo '{{"app":[],"started":{{}},"state":7,"steps":9}}' >ended""",
    "history.db is a link": f"{_PRIVATE}; ln -s /etc/shadow {_STATE}/history.db",
    "history.db is garbage": f"{_PRIVATE}; head -c 9000 /dev/urandom >{_STATE}/history.db",
    "history.db is a FIFO": f"{_PRIVATE}; mkfifo {_STATE}/history.db",
    "history.db is of a newer version": f"{_PRIVATE}; python3 -c {shlex.quote(_NEWER)}",
    "the cache is FIFOs": f"{_FILLED}; for each in {_STATE}/cache/*.json; do rm $each; mkfifo $each; done",
    "the cache is garbage": f"{_FILLED}; for each in {_STATE}/cache/*.json; do echo 7 >$each; done",
    "the cache is cut short": f"{_FILLED}; truncate -s 100 {_STATE}/cache/*.json",
    "the cache holds other shapes": f"{_FILLED}; python3 -c {shlex.quote(_OTHER_SHAPES)}",
}
_SHORT: Final = ("runs is a file", "64k of room", "the lock is a FIFO", "ended is a FIFO", "history.db is a FIFO",
          "the cache is FIFOs", "the cache holds other shapes")  # fmt: skip
_VICTIMS: Final = "cat /etc/passwd /etc/shadow; ls -lA /etc/passwd /etc/shadow; ls -lA /srv/trap 2>/dev/null || true"


def trials(budget: Budget) -> Iterator[Trial]:
    """Each scene with every command that uses the directory, then fix asked to stop in each of its phases."""
    with Host.up(budget.suite) as host:
        host.sh(f"systemctl stop cron api-gateway-queue; {_FAULT}")
        before = state(host)
        scenes = {**_REFUSED, **_DONE_WITHOUT}
        for name in _SHORT if budget.short else scenes:
            script, named = scenes[name], name in _REFUSED
            host.sh(f"{_CLEAN}; rm -rf /srv/trap; cd /; {script}")
            victims = _digest(host)
            lost, statuses = _commands(host, before, named=named, short=budget.short)
            if _digest(host) != victims:
                lost.append("a link was followed")
            host.sh(_CLEAN)
            if difference(before, state(host)):  # lost; the next scene has its own beginning
                host.sh(_FAULT)
                before = state(host)
            yield Trial(name, "; ".join(lost), f"status {' '.join(map(str, statuses))}")

        yield _stopped(host, "it examines", elsewhere=True)
        yield _stopped(host, "it applies", elsewhere=False)


# Asks a fix to stop once the app is at work in that phase: the status, the seconds that it took, what it said.
_STOPPED: Final = r"""
import signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_DFL)  # what starts the bench may ignore it, and children inherit that
fix = subprocess.Popen(["liveproof", "fix", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
until = time.monotonic() + 25
asleep = False
while not asleep and fix.poll() is None and time.monotonic() < until:
    asleep = subprocess.run(["pgrep", "-f", "sleep [1]00.25"], stdout=subprocess.DEVNULL).returncode == 0
began = time.monotonic()
fix.send_signal(signal.SIGINT)
said = fix.communicate(timeout=140)[0]
print(fix.returncode, asleep, time.monotonic() - began, said, sep="\n")
"""
# The examination builds caches elsewhere (APP_CONFIG_CACHE), the fix beside the place where they belong.
_ASLEEP: Final = """<?php
$build = PHP_SAPI === 'cli' && in_array('config:cache', $_SERVER['argv'] ?? []);
$elsewhere = strpos((string) getenv('APP_CONFIG_CACHE'), 'bootstrap/cache/') === false;
if ($build && $elsewhere === %s) {
    pcntl_exec('/bin/sleep', ['100.25']);
}
return [];
"""


def _stopped(host: Host, phase: str, *, elsewhere: bool) -> Trial:
    host.file(f"{host.app}/config/asleep.php").write_text(_ASLEEP % str(elsewhere).lower())
    host.sh('chown "$WWW": config/asleep.php')
    before = state(host)
    ran = host.exec(["python3", "-"], stdin=_STOPPED, timeout=180)
    status, asleep, seconds, *said = ran.stdout.split("\n")
    lost = [f"{word} is not so" for word, holds in (
        ("the phase was met", asleep == "True"), ("status 130", status == "130"),
        (f"{_STOP_SECONDS:.0f} s", float(seconds) <= _STOP_SECONDS), ("no traceback", "Traceback" not in ran.stdout),
    ) if not holds]  # fmt: skip
    lost += difference(before, state(host))[:2]
    left = host.sh("pgrep -fa '[a]rtisan config|sleep [1]00.25' || true")
    host.sh("rm -f config/asleep.php")
    if lost or left:
        lost.append(f"{left} {' '.join(said)[-300:]}")
    return Trial(f"SIGINT while {phase}", "; ".join(lost), f"{float(seconds):.1f} s, status {status}")


def _digest(host: Host) -> str:
    return hashlib.sha256(host.sh(_VICTIMS).encode()).hexdigest()


def _commands(host: Host, before: dict[str, Any], *, named: bool, short: bool) -> tuple[list[str], list[int]]:
    lost: list[str] = []
    statuses: list[int] = []
    ways = [("check",), ("fix", "--yes"), ("rollback", "--yes"), ("rollback", "20260101-000000-aaaa", "--yes")]
    ways += [] if short else [("report",), ("report", "--list"), ("record",)]
    for way in ways:
        told = " ".join(way)
        began = time.monotonic()
        try:
            ran = host.liveproof(*way, timeout=_SECONDS + 5)
        except subprocess.TimeoutExpired:
            lost.append(f"{told} hangs")
            continue
        seconds, said = time.monotonic() - began, ran.stdout + ran.stderr
        statuses.append(ran.returncode)
        if seconds > _SECONDS:
            lost.append(f"{told} took {seconds:.0f} s")
        if ran.returncode not in (0, 1, 2, 3, 4) or "Traceback" in said or "please report" in said:
            lost.append(f"{told}: status {ran.returncode}: {said[-300:]!r}")
        if way[0] == "fix":
            fixed = ran.returncode == 0
            if named and (fixed or _STATE not in said):
                lost.append(f"{told}: status {ran.returncode}, the place is not named: {said[-300:]!r}")
            if not fixed and (changed := difference(before, state(host))):
                lost.append(f"{told}: status {ran.returncode}, but changed: {changed[:2]}")
        elif way == ("rollback", "--yes") and (changed := difference(before, state(host))):
            lost.append(f"not as before after {told}: {changed[:2]}, {said[-200:]!r}")
    return lost, statuses
