"""Edits of a supervisord and of its program; only hosts that have one get them."""

from random import Random
from typing import Final

from benchmarks.chaos.edits.written import write
from tests.lab import Host
from tests.supervised import CONFIG, CONTROL, PROGRAM

_LINES: Final = (
    'environment=APP_ENV="staging"', "numprocs=2", "user=nobody", "user=deploy", "umask=077", "directory=/srv",
    "command=php artisan queue:work --sleep=2", "command=php artisan queue:work --queue=other",
    "command=/bin/false", "autostart=false", "autorestart=false", "stopsignal=KILL", "priority=5", "nonsense",
)  # fmt: skip
_DAEMON: Final = ("umask=077", "user=nobody", "minfds=4096", 'environment=RELEASE="r7"', "nonsense", "nodaemon=true")
_AFTER: Final = (
    "", "", "", f"{CONTROL} reread", f"{CONTROL} update", f"{CONTROL} restart all", "systemctl restart supervisor",
)  # fmt: skip
_COMMANDS: Final = (
    f"{CONTROL} stop all", f"{CONTROL} restart all", f"{CONTROL} remove queue",
    f"{CONTROL} stop all; {CONTROL} remove queue",
    "systemctl stop supervisor", "systemctl disable supervisor", "systemctl kill -s KILL supervisor",
    "kill -STOP $(pgrep -f bin/supervisord)", "kill -STOP $(pgrep -f 'artisan queue:work')",
    f"mv {PROGRAM} {PROGRAM}.off", f"rm {PROGRAM}", "rm /run/supervisor.sock", f"chmod 600 {PROGRAM}",
)  # fmt: skip


def program(host: Host, chance: Random) -> str:
    """A line of the program or of supervisord itself, in place of one of the same name or as a new one."""
    daemon = chance.random() < 0.25
    path, line = (CONFIG, chance.choice(_DAEMON)) if daemon else (PROGRAM, chance.choice(_LINES))
    name, after = line.partition("=")[0], chance.choice(_AFTER)
    lines = [each for each in host.pull(path).decode().splitlines() if daemon or each.partition("=")[0] != name]
    lines.insert(lines.index("[supervisord]" if daemon else "[program:queue]") + 1, line)
    how = write(host, chance, path, "".join(f"{each}\n" for each in lines).encode())
    host.sh(after or "true", check=False)
    return f"{line} in {path}, {how}{f'; then {after}' if after else ''}"


def command(host: Host, chance: Random) -> str:
    """Something that somebody did to supervisord."""
    chosen = chance.choice(_COMMANDS)
    host.sh(chosen, check=False)
    return chosen


SUPERVISED = (program, program, program, command, command)
