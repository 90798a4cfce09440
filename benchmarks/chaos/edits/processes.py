"""A process stopped or killed."""

from random import Random
from typing import Final

from tests.lab import Host

_WHO: Final = {
    "nginx's master": "pgrep -f '^nginx: master'",
    "a worker of nginx": "pgrep -f '^nginx: worker' | sort -n | head -n 1",
    "all workers of nginx": "pgrep -f '^nginx: worker'",
    "PHP-FPM's master": "pgrep -f '^php-fpm: master'",
    "a worker of PHP-FPM": "pgrep -f '^php-fpm: pool' | sort -n | head -n 1",
    "all workers of PHP-FPM": "pgrep -f '^php-fpm: pool'",
    "a queue worker": "pgrep -f 'artisan queue:work' | sort -n | head -n 1",
}


def signalled(host: Host, chance: Random) -> str:
    """SIGSTOP or SIGKILL to one kind of process."""
    who, number = chance.choice(list(_WHO)), chance.choice(("STOP", "STOP", "KILL"))
    pids = host.sh(_WHO[who], check=False).split()
    if not pids:
        raise RuntimeError(f"there is no process: {who}")
    host.sh(f"kill -{number} {' '.join(pids)}")
    return f"SIG{number} to {who}"


EDITS = (signalled,)
