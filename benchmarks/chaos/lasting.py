"""A queue worker that was started before anything is edited, as a unit or by hand, and that has done a job or not."""

from random import Random

from tests.lab import Host

_JOB = '{"name":"book_appointment","call":{"call_id":"earlier"}}'


def start(host: Host, chance: Random) -> str:
    """Start one, and tell how; it runs when this returns."""
    by_hand, works = chance.random() < 0.5, chance.random() < 0.7
    if by_hand:
        host.sh("setsid php artisan queue:work --sleep=1 --tries=3 </dev/null >/dev/null 2>&1 &", user=host.user)
    else:
        host.sh("systemctl start api-gateway-queue")
    if works:
        host.post(body=_JOB)
        done = "for i in $(seq 80); do grep -q call=earlier storage/logs/queue.log && exit; sleep 0.1; done; exit 1"
        host.sh(done)
    else:
        host.sh("for i in $(seq 50); do pgrep -f 'artisan queue:work' >/dev/null && break; sleep 0.1; done; sleep 0.5")
    return f"a queue worker {'started by hand' if by_hand else 'of a unit'}{' that has done a job' if works else ''}"
