"""Processes that outlive a deploy on real hosts: fresh ones are proven, whatever starts them."""

import pytest

from tests.faults.snippets import into_releases, start_worker, switch_release, work
from tests.lab import Host
from tests.live.trial import checked, codes, told

# A queue worker runs in the host's own unit; the others beside it, one below a shell as a person leaves it.
OTHERS = """
for command in queue:listen schedule:work; do
  systemd-run -q -u "${command%%:*}-other" --uid="$WWW" --working-directory="$APP" php artisan $command
done
setpriv --reuid="$WWW" --regid="$WWW" --clear-groups nohup php "$APP/artisan" queue:work >/dev/null 2>&1 </dev/null &
sleep 2
"""


@pytest.mark.parametrize("layout", ["plain", "releases"])
def test_fresh_workers_are_proven(suite: str, layout: str) -> None:
    """Started after the deploy and at work: memory is proven, not merely without a finding."""
    with Host.up(suite, layout=layout) as host:
        start_worker(host)
        host.sh(OTHERS)
        work(host)
        report = checked(host)
        assert codes(report, breaking=False) == set(), told(report)
        assert report["verdict"] == "proven", told(report)


def test_a_new_owner_is_told_as_not_known(suite: str) -> None:
    """It changes the file's time and not its code: neither a finding nor proven, until the worker is restarted."""
    with Host.up(suite) as host:
        start_worker(host)
        host.sh("chown root: app/Jobs/RecordCall.php; chown $WWW: app/Jobs/RecordCall.php")
        host.sh('systemctl reload "$FPM"')
        report = checked(host)
        assert codes(report) == set(), told(report)
        assert report["verdict"] == "unproven", told(report)
        assert "started before /var/www/api-gateway/app/Jobs/RecordCall.php" in told(report)
        host.sh("systemctl restart api-gateway-queue; sleep 1")
        assert checked(host)["verdict"] == "proven"


def test_a_restart_in_the_old_directory_is_found(suite: str) -> None:
    """The signal came before the switch, so that the new worker is of the old release, too."""
    with Host.up(suite) as host:
        into_releases(host)
        start_worker(host)
        host.sh("systemctl restart api-gateway-queue; sleep 1")
        switch_release(host)
        host.sh("php artisan queue:restart -q; sleep 1", user=host.user)
        assert len(codes(checked(host))) == 1


def test_a_worker_in_a_tree_that_was_moved_away_is_no_proof(suite: str) -> None:
    """Another tree stands in its place, as after `mv app app.old; mv app.new app`."""
    with Host.up(suite) as host:
        host.sh('cp -a "$APP" "$APP.new"; rm -rf "$APP"; mv "$APP.new" "$APP"')  # no directory of the lab's lower layer
        start_worker(host)
        host.sh('cp -a "$APP" "$APP.new"; mv "$APP" "$APP.old"; mv "$APP.new" "$APP"; systemctl reload "$FPM"')
        assert host.sh('readlink "/proc/$(systemctl show -P MainPID api-gateway-queue)/cwd"').endswith(".old")
        report = checked(host)
        assert report["verdict"] == "unproven", told(report)
        assert "its script lies outside of the app" in told(report)
        host.sh("systemctl restart api-gateway-queue; sleep 1")
        assert checked(host)["verdict"] == "proven"
