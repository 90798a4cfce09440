"""Processes that outlive a deploy on real hosts: fresh ones are proven, whatever starts them."""

import json

import pytest

from tests.faults.snippets import into_releases, start_worker, switch_release, work
from tests.faults.workers import worker_predates_deploy
from tests.lab import Host
from tests.live.trial import checked, codes, told

UNIT = "/etc/systemd/system/api-gateway-queue.service"
AS_APP = 'setpriv --reuid="$WWW" --regid="$WWW" --clear-groups'
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
        pid = _pid(host)
        assert fixed(host) == "settled"
        assert _pid(host) != pid
        assert checked(host)["verdict"] == "proven"


def fixed(host: Host, *arguments: str) -> str:
    """What came of a fix, with nothing allowed that is not safe; with its reason where one is told."""
    ran = host.liveproof("fix", "--yes", "--format", "json", *arguments)
    (outcome,) = json.loads(ran.stdout)["outcome"]
    return ": ".join(filter(None, (outcome["kind"], outcome["reason"])))


def _pid(host: Host) -> str:
    return host.sh("systemctl show -P MainPID api-gateway-queue").strip()


def test_a_signal_is_enough_where_systemd_starts_the_worker_again(suite: str) -> None:
    """Old code is replaced without asking: queue:restart lets the worker finish its job, and the new one is proven."""
    with Host.up(suite) as host:
        worker_predates_deploy.fault(host)
        pid = _pid(host)
        assert fixed(host) == "fixed"
        assert _pid(host) not in (pid, "0")
        assert not worker_predates_deploy.symptom(host)
        assert checked(host)["verdict"] == "proven"


@pytest.mark.parametrize("restart", ["on-failure", "no"])
def test_no_signal_is_sent_to_what_nothing_starts_again(suite: str, restart: str) -> None:
    """queue:restart ends a worker without an error: with Restart=on-failure it would stay away."""
    with Host.up(suite) as host:
        host.sh(f"sed -i 's/^Restart=.*/Restart={restart}/' {UNIT}")
        host.sh("systemctl daemon-reload")
        worker_predates_deploy.fault(host)
        pid = _pid(host)
        report = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)
        (plan,) = report["plan"]
        assert not plan["steps"]
        assert "restart api-gateway-queue.service" in str(plan["held_back"])
        assert _pid(host) == pid


def test_a_worker_inside_a_long_job_is_left_running_and_told(suite: str) -> None:
    """Nothing is killed or taken back: it is said that the process still runs."""
    with Host.up(suite) as host:
        host.sh(f"sed -i 's/--sleep=1/--sleep=1 --timeout=2/' {UNIT}; systemctl daemon-reload")
        worker_predates_deploy.fault(host)
        host.sh('kill -STOP "$(systemctl show -P MainPID api-gateway-queue)"')  # as deaf as inside a job
        pid = _pid(host)
        outcome = fixed(host)
        assert outcome.startswith("fixed in part: "), outcome
        assert f"process {pid} still runs 13 s later" in outcome
        assert _pid(host) == pid
        host.sh(f"kill -CONT {pid}; sleep 3")
        assert checked(host)["verdict"] == "proven"


def test_a_fix_that_changes_code_restarts_the_workers_that_it_makes_unsure(suite: str) -> None:
    """A new configuration cache is proven in the workers' memory, too."""
    with Host.up(suite) as host:
        host.sh("php artisan config:cache -q", user=host.user)
        start_worker(host)
        host.sh("sed -i 's/^APP_NAME=.*/APP_NAME=Other/' .env", user=host.user)
        pid = _pid(host)
        assert fixed(host) == "fixed"
        assert _pid(host) not in (pid, "0")
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


def test_a_worker_of_no_unit_in_a_tree_that_was_moved_away_is_no_proof(suite: str) -> None:
    """Started by a person, in the app's directory: nothing but that directory tells whose it is."""
    with Host.up(suite) as host:
        host.sh('cp -a "$APP" "$APP.new"; rm -rf "$APP"; mv "$APP.new" "$APP"')
        host.sh(f"cd $APP; {AS_APP} nohup php artisan queue:work >/dev/null 2>&1 </dev/null & sleep 2")
        host.sh('cp -a "$APP" "$APP.new"; mv "$APP" "$APP.old"; mv "$APP.new" "$APP"; systemctl reload "$FPM"')
        report = checked(host)
        assert report["verdict"] == "unproven", told(report)
        assert "its script lies outside of the app" in told(report)
