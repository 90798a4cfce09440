"""FPM006, pool_saturated."""

from tests.lab import Host

_SLEEP = """
printf '<?php sleep(150);' > public/sleep.php; chown "$WWW:" public/sleep.php; touch -d '1 hour ago' public/sleep.php
for i in $(seq {count}); do
    setsid -f curl -s -m 149 -o /dev/null http://127.0.0.1/sleep.php > /dev/null 2>&1
done
sleep {settle}
"""


def fault(host: Host) -> None:
    """Every worker sleeps."""
    host.sh(_SLEEP.format(count=12, settle=5))


def symptom(host: Host) -> bool:
    """Health check is not answered."""
    return host.sh("curl -s -m 3 -o /dev/null -w '%{http_code}' http://127.0.0.1/api/status || true") == "000"


def lookalike(host: Host) -> None:
    """Busy with room left."""
    host.sh(_SLEEP.format(count=2, settle=3))
