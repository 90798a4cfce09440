"""The three diagnoses of the seed, each with its root and what follows from it."""

import json
from typing import Any

from tests.lab import Host
from tests.live.trial import checked, codes, roots, told

OWNED_BY_ROOT = 'chown root:root "$HANDLER" "$CACHE" "$CACHE"/packages.php "$CACHE"/services.php'
CONFIG_CHANGED = "sed -i 's/^APP_NAME=.*/APP_NAME=renamed/' .env"


def _consequences(report: dict[str, Any], root: str) -> set[str]:
    found: set[str] = set()
    for app in report["apps"]:
        for diagnosis in app["diagnoses"]:
            if diagnosis["root"] == root:
                found |= set(diagnosis["consequences"])
    return found


def test_ownership(suite: str) -> None:
    """A root crontab that runs artisan is the root of the wrong owners and of the errors in the log."""
    with Host.up(suite) as host:
        host.sh("printf '* * * * * root cd %s && php artisan config:cache\\n' \"$APP\" > /etc/cron.d/as-root")
        host.sh(OWNED_BY_ROOT)
        host.sh('rm -f "$CACHE"/services.php; php artisan package:discover || true', user=host.user, check=False)
        host.get("/api/status")
        report = checked(host)
        assert "SYS001" in roots(report), told(report)
        assert {"FIL001", "FIL003"} <= _consequences(report, "SYS001"), told(report)


def test_opcache_persistence(suite: str) -> None:
    """PHP that never looks at files again is the root of the old code; the reset on the command line did nothing."""
    with Host.up(suite) as host:
        host.ini("opcache.enable=1", "opcache.validate_timestamps=0")
        host.warm()
        host.sh("sleep 2; sed -i 's/handler-v1/handler-v2/' \"$HANDLER\"; php -r 'opcache_reset();'")
        report = checked(host)
        assert roots(report) == {"OPC002"}, told(report)
        assert {"OPC001", "OPC010"} <= _consequences(report, "OPC002"), told(report)


def test_bootstrap_cache_inconsistency(suite: str) -> None:
    """A cache directory that belongs to root keeps the caches stale; the clear that printed success did nothing."""
    with Host.up(suite) as host:
        host.sh(CONFIG_CHANGED)
        host.sh('chown root:root "$CACHE" "$CACHE"/packages.php')
        host.sh("php artisan config:clear", user=host.user, check=False)
        report = checked(host)
        assert "FIL003" in roots(report), told(report)
        assert {"LAR001", "LAR011"} <= _consequences(report, "FIL003"), told(report)
        assert codes(report) >= {"FIL003", "FIL004", "LAR001"}, told(report)


def test_a_dead_php_fpm_explains_the_refused_request(suite: str) -> None:
    """A directory that cannot be written does not; and mending that is a fix in part as long as nothing answers."""
    with Host.up(suite) as host:
        host.sh(OWNED_BY_ROOT)
        host.sh('systemctl stop "$FPM"; systemctl mask "$FPM"')
        report = checked(host)
        assert "WIR001" in codes(report), told(report)
        assert "WIR001" in _consequences(report, "FPM001"), told(report)
        assert "WIR001" not in _consequences(report, "FIL003"), told(report)
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (outcome["kind"], ran.returncode) == ("fixed in part", 1), outcome
        assert "FPM001 remains" in outcome["reason"]
        assert "WIR001 remains" in outcome["reason"]
