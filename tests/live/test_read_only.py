"""An app on a read-only mount, its caches baked in and its storage in memory, as containers have it."""

import json

from tests.lab import Host
from tests.live.trial import checked, codes, told

_MOUNT = r"""
cp -a storage /srv/storage
mount --bind "$APP" "$APP"
mount -t tmpfs tmpfs "$APP/storage" && cp -a /srv/storage/. "$APP/storage/" && chown "$WWW:" "$APP/storage"
mount -o remount,bind,ro "$APP"
systemctl restart "$FPM"; sleep 1
"""


def test_a_read_only_app_with_fresh_caches_is_proven(suite: str) -> None:
    """With stale ones that is the finding, and nothing is planned that the mount forbids."""
    with Host.up(suite) as host:
        host.sh(_MOUNT)
        report = checked(host)
        assert "FIL003" not in codes(report), told(report)
        assert report["verdict"] == "proven", told(report)
        host.sh("""
            mount -o remount,bind,rw "$APP"
            sed -i 's/^RELEASE=.*/RELEASE=edited/' .env
            mount -o remount,bind,ro "$APP"
        """)
        report = checked(host)
        assert codes(report) >= {"LAR001"}, told(report)
        assert "FIL003" not in codes(report), told(report)
        plans = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)["plan"]
        assert not [step for plan in plans for step in plan["steps"] if "artisan" in str(step)]
        assert any("mounted read-only" in why for plan in plans for _, why in plan["manual"]), plans
