"""What a check cannot tell and a reload settles: `fix` reloads, and then it is told."""

import json

import pytest

from tests.faults.snippets import EDIT
from tests.lab import Host
from tests.live.trial import checked, codes, told

# How code comes to a host so that nobody who had not looked before can tell what PHP compiled: and what a visitor gets
# until somebody reloads (the code of the edit, handler-v9, or that of before).
KEPT = f'touch -r "$HANDLER" /tmp/t; {EDIT}; touch -r /tmp/t "$HANDLER"'
AS_APP = 'setpriv --reuid="$WWW" --regid="$WWW" --clear-groups'
WAYS = {
    "edited, and asked for since": ("0", f"sleep 2; {EDIT}", "old"),
    "edited with its time kept": ("1", f"sleep 3; {KEPT}", "old"),
    "given to another owner and back": ("1", 'sleep 3; chown -R root: app; chown -R "$WWW": app', "same"),
    "copied with its times": ("1", "sleep 3; cp -a app app.new; mv app app.old; mv app.new app", "same"),
    "cached configuration": ("0", f"sleep 3; {AS_APP} php artisan config:cache", "same"),
}


def _memory(host: Host) -> tuple[str, str]:
    report = checked(host)
    assert not codes(report), told(report)
    return next((link["verdict"], link["reason"]) for link in report["apps"][0]["links"] if link["link"] == "memory")


@pytest.mark.parametrize("way", WAYS)
def test_a_reload_that_settles_it_is_planned(suite: str, way: str) -> None:
    """Nothing is called old, nothing proven; after `fix` it is proven, and visitors get what lies on disk."""
    validates, deploy, served = WAYS[way]
    with Host.up(suite) as host:
        host.ini(f"opcache.validate_timestamps={validates}")
        host.sh("sleep 2")
        host.warm()
        host.sh(deploy)
        host.warm()
        assert ("handler-v9" in host.post().body) is False
        verdict, reason = _memory(host)
        assert (verdict, "a reload of PHP-FPM settles it" in reason) == ("unproven", True), reason
        shown = host.liveproof("check", "-v")
        assert "which settles it" in shown.stdout
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (ran.returncode, outcome["kind"]) == (0, "settled"), outcome
        assert ("handler-v9" in host.post().body) == (served == "old")
        assert _memory(host) == ("proven", "")
