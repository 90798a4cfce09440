"""An app on a read-only mount, its caches baked in and its storage in memory, as containers have it."""

import json

import pytest

from tests.lab import Host
from tests.lab.product import LAUNCHER
from tests.live.trial import checked, codes, difference, state, told

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


@pytest.mark.parametrize("there", [True, False])
def test_a_read_only_place_for_its_own_files(suite: str, there: bool) -> None:
    """A sentence that names it and what to do; a check works all the same, and nothing is changed."""
    with Host.up(suite) as host:
        host.sh('chown root: "$CACHE"; chmod 755 "$CACHE"')
        if there:
            host.liveproof("fix", "--yes")
            host.sh('chown root: "$CACHE"; chmod 755 "$CACHE"')
        host.sh("mount --bind /var/lib /var/lib; mount -o remount,bind,ro /var/lib")
        before = state(host)
        ran = {words: host.liveproof(*words.split()) for words in ("check", "fix --yes", "rollback --yes")}
        assert ran["check"].returncode == 1
        assert ran["fix --yes"].returncode in (2, 4)
        assert ran["rollback --yes"].returncode == (2 if there else 0)
        for words, one in ran.items():
            told = one.stdout + one.stderr
            assert "Errno" not in told
            assert "Traceback" not in told
            if one.returncode != 0:
                assert "liveproof's state directory /var/lib/liveproof is on a read-only file system" in told, words
                assert "LIVEPROOF_STATE" in told
        assert difference(before, state(host)) == []
        host.exec(["env", "LIVEPROOF_STATE=/run/state", LAUNCHER, "fix", "--yes"])
        assert "FIL003" not in codes(checked(host))
