"""Fixing on real hosts: nobody leads root astray, nothing is half-done, and what it says is so."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from liveproof.rules.fpm import socket_not_accessible_by_web_server
from tests import faults
from tests.lab import Host
from tests.live.test_kill import BROKEN, signalled
from tests.live.trial import checked, codes, difference, state, told

# As the app's user, who owns the whole tree: swap the directory that root is about to change for a link to root's own
# files of the same names, and files for links, as fast as the kernel goes.
RACE = r"""
import os, sys, time
where, goal, until = sys.argv[1], sys.argv[2], time.monotonic() + float(sys.argv[3])
swaps = 0
failures = []
while time.monotonic() < until:
    for calm in (0.004, 0.0):
        try:
            os.rename(where, where + ".away")
            os.symlink(goal, where)
            time.sleep(0.0005)
            os.unlink(where)
            os.rename(where + ".away", where)
            for name in os.listdir(where)[:3]:
                path = f"{where}/{name}"
                os.rename(path, path + ".away")
                os.symlink(f"{goal}/{name}", path)
                os.unlink(path)
                os.rename(path + ".away", path)
            swaps += 1
        except OSError as error:
            failures.append(repr(error))
            if not os.path.isdir(where):
                try:
                    os.unlink(where)
                except OSError:
                    pass
                os.rename(where + ".away", where)
        time.sleep(calm)
print(swaps)
print(failures[:3], len(failures), file=sys.stderr)
"""


LOAD = """
while ! test -e /root/enough; do
  curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1/api/status >> /root/answers.$1
done
"""


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A healthy host of the plain layout."""
    with Host.up(suite) as up:
        yield up


def fixed(host: Host, *arguments: str) -> dict[str, Any]:
    """What came of a fix of one app."""
    ran = host.liveproof("fix", "--yes", "--format", "json", *arguments)
    assert ran.stdout.startswith("{"), ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    outcome: dict[str, Any] = json.loads(ran.stdout)["outcome"][0]
    return outcome


def test_a_racing_user_gains_nothing(host: Host) -> None:
    """Whatever the app's user swaps while root fixes, nothing outside of the app changes its owner, mode or content."""
    host.sh(
        """
        mkdir /root/secret; cp -a app/Http/Controllers/. /root/secret/; chown -R root:root /root/secret
        chmod 755 /root /root/secret; chmod 600 /root/secret/*
        cp -a app/Http/Controllers app/Http/new; rm -r app/Http/Controllers; mv app/Http/new app/Http/Controllers
        """
    )
    secret = host.snapshot("/root/secret")
    shadow = host.sh("stat -c '%u %g %a %Y' /etc/shadow /etc")
    for _ in range(3):
        host.sh("chown root:root app/Http/Controllers/*.php; chmod 644 app/Http/Controllers/*.php")
        host.sh(f"cat > /tmp/race.py <<'EOF'\n{RACE}\nEOF")
        race = '(python3 /tmp/race.py "$APP/app/Http/Controllers" /root/secret 6 2>/tmp/failures >/tmp/swaps &)'
        host.sh(race, user=host.user)
        outcome = fixed(host)
        host.sh("while pgrep -f /tmp/race.py >/dev/null; do sleep 0.1; done")
        kinds = ("fixed", "fixed in part", "settled", "refused", "rolled back", "failed", "nothing to do")
        assert outcome["kind"] in kinds
        assert int(host.sh("cat /tmp/swaps")) > 100, host.sh("cat /tmp/failures")
        assert host.snapshot("/root/secret") == secret, outcome
        host.liveproof("rollback", "--yes")
        assert host.snapshot("/root/secret") == secret, outcome
    assert host.sh("stat -c '%u %g %a %Y' /etc/shadow /etc") == shadow
    host.sh("chown root:root app/Http/Controllers/*.php")
    assert fixed(host)["kind"] == "fixed"


def test_more_entries_than_a_report_lists(host: Host) -> None:
    """Six thousand views that root left are given back in one run, and the report lists no more than a thousand."""
    host.sh(
        """
        for folder in $(seq 60); do
          mkdir -p storage/framework/views/$folder; (cd storage/framework/views/$folder; touch $(seq -f %g.php 100))
        done
        chown -R root:root storage/framework/views
        """
    )
    before = state(host)
    ran = host.liveproof("fix", "--yes", "--format", "json")
    document = json.loads(ran.stdout)
    assert document["outcome"][0]["kind"] == "fixed", document["outcome"]
    (step,) = (step for step in document["plan"][0]["steps"] if step["act"]["is"] == "ChangeOwner")
    assert (len(step["act"]["entries"]), step["act"]["more"]) == (1000, int(step["what"].split()[1]) - 1000)
    assert step["act"]["more"] > 5000
    assert host.sh('find storage/framework/views ! -user "$WWW" ! -name .gitignore | wc -l') == "0"
    host.liveproof("rollback", "--yes")
    assert difference(before, state(host)) == []


# Adds to a cache what names a class that is gone; artisan, and every request, then dies as it starts.
GONE = r"""
foreach (array_slice($argv, 1) as $name) {
    $file = getenv("CACHE") . "/$name.php";
    $cache = require $file;
    if ($name == "config") $cache["app"]["providers"][] = "App\\Providers\\GoneProvider";
    else $cache["gone/package"] = ["providers" => ["Gone\\Package\\Provider"]];
    file_put_contents($file, "<?php return " . var_export($cache, true) . ";");
}
"""


@pytest.mark.parametrize("caches", ["packages", "config", "packages config"])
def test_a_fix_does_not_start_from_what_is_broken(host: Host, caches: str) -> None:
    """Manifest and configuration cache name providers that are gone: artisan starts without them and replaces them."""
    host.sh(f"export CACHE; php -r {shlex.quote(GONE)} {caches}", user=host.user)
    host.sh('systemctl reload "$FPM.service"; sleep 1')
    assert host.get("/api/status").status == 500
    before = state(host)
    outcome = fixed(host)
    assert outcome["kind"] == "fixed", outcome
    assert host.get("/api/status").status == 200
    assert "Gone" not in host.sh('cat "$CACHE"/*.php')
    assert host.sh('ls -A "$CACHE" | grep liveproof || true') == ""
    host.liveproof("rollback", "--yes")
    assert difference(before, state(host)) == []


def test_what_root_runs_stays_roots(host: Host) -> None:
    """Scripts of a crontab and of a service in the app's tree: other code is given back, and these are named."""
    host.sh(
        """
        mkdir bin; printf '<?php echo 1;' >bin/nightly.php; printf '#!/bin/sh\nid >/root/ran\n' >bin/backup.sh
        printf '#!/bin/sh\ntrue\n' >bin/watch; chmod 755 bin/*; chown -R root:root bin
        echo "0 3 * * * root cd $APP && ./bin/backup.sh; flock -n /run/n php bin/nightly.php" >/etc/cron.d/nightly
        printf '[Service]\nExecStart=%s/bin/watch\n[Install]\nWantedBy=multi-user.target\n' "$APP" \
          >/etc/systemd/system/watch.service
        systemctl daemon-reload; systemctl enable --quiet watch.service
        """
    )
    report = checked(host)
    assert "FIL001" not in codes(report), told(report)
    (notice,) = (one for one in report["apps"][0]["findings"] if one["code"] == "FIL001")
    assert notice["severity"] == "notice"
    assert {evidence["source"].rpartition("/")[2] for evidence in notice["evidence"]} == {
        "backup.sh", "nightly.php", "watch", "bin",
    }  # fmt: skip
    host.sh('echo 1 >bin/other.php; chown root:root bin/other.php "$HANDLER"')
    for policy in ((), ("--policy", "app-user")):
        outcome = fixed(host, *policy)
        assert outcome["kind"] in ("fixed", "nothing to do"), outcome
        owners = host.sh('stat -c "%U %n" bin bin/* "$HANDLER" | sed "s,/.*/,,"').split("\n")
        assert {line for line in owners if line.startswith("root")} == {
            "root bin", "root bin/backup.sh", "root bin/nightly.php", "root bin/watch",
        }, policy  # fmt: skip


def test_hard_links_out_of_the_app(host: Host) -> None:
    """A second name of /etc/shadow in storage is not given to the app's user."""
    host.sh("ln /etc/shadow storage/logs/laravel-old.log; chown root:root storage/logs app/Http/Kernel.php || true")
    before = host.sh("stat -c '%u %g %a' /etc/shadow")
    fixed(host)
    assert host.sh("stat -c '%u %g %a' /etc/shadow") == before


@pytest.mark.parametrize("place", ["storage", "bootstrap/cache", "storage/logs", "storage/framework/views"])
def test_links_out_of_the_app(host: Host, place: str) -> None:
    """The app's user points a directory that must be writable to one of root's: root's stays root's."""
    host.sh("mkdir -p /root/private/logs /root/private/framework/views; echo x > /root/private/x; chmod 755 /root")
    before = host.snapshot("/root/private")
    host.sh(f"rm -rf {place}; ln -s /root/private {place}; chown root:root app/Http/*.php", user="root")
    host.sh(f'chown -h "$WWW" {place}')
    fixed(host)
    fixed(host, "--allow", "disruptive")
    assert host.snapshot("/root/private") == before


FLAGGED = {
    "code": ("chown root: app/Http/Controllers/*.php", "$HANDLER"),
    "cache": ("sed -i s/^RELEASE=.*/RELEASE=edited/ .env", "$CACHE/config.php"),
    "caches": ("sed -i s/^RELEASE=.*/RELEASE=edited/ .env", "$CACHE"),
    "written": ("true", "$CACHE"),
    "log": ("true", "storage/logs/laravel.log"),
}


@pytest.mark.parametrize("what", FLAGGED)
def test_an_immutable_file(host: Host, what: str) -> None:
    """What the kernel will not let root change is a person's from the start, with the command; nothing is tried."""
    fault, path = FLAGGED[what]
    host.sh(fault)
    if host.sh(f'chattr +i "{path}" 2>&1 || echo unsupported'):
        pytest.skip("this file system has no immutable flag")
    before = state(host)
    report = checked(host)
    plan, outcome = planned_and_done(host)
    now = state(host)
    host.sh(f'chattr -i "{path}"')
    assert codes(report), told(report)
    assert not changes_of_files(plan)
    assert any("chattr -i /" in why for _, why in plan["manual"]), plan
    assert outcome["kind"] in ("nothing to do", "settled"), outcome
    assert difference(before, now) == []
    if fault != "true":
        assert fixed(host)["kind"] == "fixed"
    assert not codes(checked(host))


def test_an_immutable_configuration_file(host: Host) -> None:
    """It is not edited."""
    host.sh(r"""
        f=$(grep -rl '^listen.owner' /etc/php/*/fpm/pool.d | head -n 1); echo "$f" > /root/pool
        sed -i 's/^;*listen.mode.*//; s/^listen\.\(owner\|group\).*/listen.\1 = root/' "$f"
        systemctl restart "$FPM"; sleep 1; chattr +i "$f"
    """)
    before = host.sh("cat $(cat /root/pool)")
    report = checked(host)
    assert "FPM003" in codes(report), told(report)
    plan, _ = planned_and_done(host, "--allow", "disruptive")
    host.sh("chattr -i $(cat /root/pool)")
    assert changes_of_files(plan) == []
    assert any("chattr -i /etc/php" in why for _, why in plan["manual"]), plan
    assert host.sh("cat $(cat /root/pool)") == before


def test_a_read_only_file_system(host: Host) -> None:
    """A tree that is mounted read-only is told so; nothing is tried."""
    host.sh('chown root:root app/Http/Controllers/*.php; mount --bind "$APP/app" "$APP/app"')
    host.sh('mount -o remount,ro,bind "$APP/app"')
    plan, outcome = planned_and_done(host)
    assert not changes_of_files(plan)
    assert any("mounted read-only" in why for _, why in plan["manual"]), plan
    assert outcome["kind"] in ("nothing to do", "settled"), outcome


def changes_of_files(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The acts of a plan but for reloads, which settle what the change of a file's status leaves unknown."""
    return [step["act"] for step in plan["steps"] if step["act"]["is"] != "ServiceAction"]


def planned_and_done(host: Host, *arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan of the one app, and what came of it."""
    ran = host.liveproof("fix", "--dry-run", "--format", "json", *arguments)
    (plan,) = json.loads(ran.stdout)["plan"]
    return plan, fixed(host, *arguments)


def test_an_unwritable_state_directory(host: Host) -> None:
    """Without a place for the journal nothing is changed."""
    host.sh(BROKEN)
    host.sh("mkdir -p /var/lib/liveproof; mount -t tmpfs -o ro,mode=700 none /var/lib/liveproof")
    before = state(host)
    ran = host.liveproof("fix", "--yes")
    assert ran.returncode in (2, 4), ran.stdout + ran.stderr
    assert "nothing was changed" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert difference(before, state(host)) == []


def test_a_full_disk(host: Host) -> None:
    """Where the rebuilt cache has no room: refused with the place that is full; the site goes on as it was."""
    host.sh(
        """
        cp -a bootstrap/cache /tmp/cache; mount -t tmpfs -o size=2m,mode=755 none bootstrap/cache
        cp -a /tmp/cache/. bootstrap/cache/; chown -R "$WWW:$WWW" bootstrap/cache
        sed -i "s/^APP_NAME=.*/APP_NAME=another/" .env
        """
    )
    before = host.snapshot(f"{host.app}/bootstrap/cache")
    outcome = fixed(host)
    assert outcome["kind"] == "refused", outcome
    assert "MB left" in outcome["reason"]
    assert host.snapshot(f"{host.app}/bootstrap/cache") == before
    assert host.get().status == 200


def test_the_script_of_a_saved_plan_fixes_the_host(host: Host) -> None:
    """Saving changes nothing; the script is comments and one line, which does what was saved, and only once."""
    host.sh(BROKEN)
    host.sh(r"touch app/$'new\nline.php'; chown root:root app/$'new\nline.php'")
    modes = 'stat -c %a "$CACHE"/config.php "$CACHE"/routes-v7.php'
    before = host.sh(f'chmod 640 "$CACHE"/config.php; {modes}')
    untouched = state(host)
    script = host.liveproof("fix", "--script", "--save", "/root/plan.json")
    assert script.returncode == 0, script.stderr
    assert difference(untouched, state(host)) == []
    runs = [line for line in script.stdout.split("\n") if line and not line.startswith("#")]
    assert runs == ["liveproof apply /root/plan.json"]
    host.exec(["tee", "/root/fix.sh"], stdin=script.stdout)
    ran = host.exec(["bash", "/root/fix.sh"], timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr + script.stdout
    assert host.liveproof("check").returncode == 0
    assert host.sh('stat -c %U "$CACHE/config.php"') == host.user
    assert host.sh(modes) == before, "a configuration cache holds secrets: it must stay as closed as it was"
    fixed_once = state(host)
    again = host.liveproof("apply", "/root/plan.json")
    assert (again.returncode, "LAR001 is gone" in again.stderr) == (4, True), again.stdout + again.stderr
    assert difference(fixed_once, state(host)) == []


def test_a_plan_that_has_gone_stale_is_refused(host: Host) -> None:
    """Another file of another owner, another content, another host's plan: nothing is changed."""
    host.sh(BROKEN)
    host.liveproof("fix", "--save", "/root/plan.json")
    host.sh("chown root: routes/web.php")
    untouched = state(host)
    for spoil in (
        "true",
        "chown www-data: /root/plan.json",
        "chown root: /root/plan.json; chmod 0664 /root/plan.json",
        "chmod 0600 /root/plan.json; truncate -s -9 /root/plan.json",
        "mkdir -m 0777 /root/open; mv /root/plan.json /root/open",
    ):
        host.sh(spoil)
        path = "/root/open/plan.json" if "open" in spoil else "/root/plan.json"
        ran = host.liveproof("apply", path)
        assert (ran.returncode, "nothing was changed" in ran.stderr.lower()) in ((4, True), (2, True)), ran.stderr
        assert difference(untouched, state(host)) == []


def test_a_socket_that_moved_on_disk_only(host: Host) -> None:
    """`listen` was edited and not loaded: no fix reloads PHP-FPM, which would take the socket away from nginx."""
    host.ini("opcache.validate_timestamps=0")
    host.warm()
    host.liveproof("check")
    host.sh("""sed -i 's#^listen = .*#listen = /run/php/moved.sock#' "$POOL"; chown root:root app/Http/Kernel.php""")
    host.sh("""sleep 1.2; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER" """)
    workers = host.workers()
    outcome = fixed(host, "--allow", "disruptive")
    assert outcome["kind"] != "rolled back", outcome
    plans = json.loads(host.liveproof("fix", "--dry-run", "--allow", "disruptive", "--format", "json").stdout)["plan"]
    acts = [step["act"] for plan in plans for step in (*plan["steps"], *plan["held_back"])]
    assert not [
        act for act in acts if act["is"] == "ServiceAction" and act["verb"] != "start" and "fpm" in act["unit"]
    ], acts
    manual = {code: why for plan in plans for code, why in plan["manual"]}
    assert "would listen on unix:/run/php/moved.sock" in manual["OPC002"], manual
    assert host.workers() == workers, "nothing was reloaded"
    assert host.get().status == 200
    host.sh("""sed -i "s#^listen = .*#listen = $SOCK#" "$POOL" """)
    outcome = fixed(host)
    assert outcome["kind"] == "fixed", outcome
    assert "handler-v9" in host.post().body


def test_a_service_that_was_started(host: Host) -> None:
    """A stopped PHP-FPM is started; taking that run back later does not stop a service that visitors use by then."""
    host.sh('systemctl stop "$FPM"')
    outcome = fixed(host)
    assert outcome["kind"] == "fixed", outcome
    assert host.get().status == 200
    back = host.liveproof("rollback", "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert "left running" in back.stdout + back.stderr
    assert host.get().status == 200


def test_a_service_whose_configuration_is_refused(host: Host) -> None:
    """A PHP-FPM that cannot start is a person's work, with its own words; what else is broken is fixed and stays so."""
    host.sh(
        """chown root:root "$CACHE" "$CACHE"/*.php; echo 'nonsense = 1' >> "$POOL"; systemctl restart "$FPM" || true"""
    )
    report = checked(host)
    assert {"FPM001", "FIL003"} <= codes(report), told(report)
    plan, outcome = planned_and_done(host)
    assert not [step for step in plan["steps"] if step["act"]["is"] == "ServiceAction"], plan
    named = dict(plan["manual"])["FPM001"]
    assert "www.conf, line" in named, named
    assert "systemctl start" in named, named
    assert outcome["kind"] == "fixed in part", outcome
    assert "FPM001 remains" in outcome["reason"]
    report = checked(host)
    assert codes(report) == {"FPM001", "WIR001"}, told(report)
    (finding,) = [one for app in report["apps"] for one in app["findings"] if one["code"] == "FPM001"]
    assert any("unknown entry 'nonsense'" in one["saw"] for one in finding["evidence"]), finding
    host.sh("sed -i '$d' \"$POOL\"")
    assert fixed(host)["kind"] == "fixed"
    assert host.get().status == 200


def test_a_service_whose_configuration_test_hangs(host: Host) -> None:
    """The check ends all the same; PHP-FPM is not started, and what else is broken is fixed."""
    host.sh("""
        chown root:root "$CACHE" "$CACHE"/*.php; systemctl stop "$FPM"; mkfifo /var/log/never
        sed -i 's#^error_log.*#error_log = /var/log/never#' /etc/php/"$PHP"/fpm/php-fpm.conf
    """)
    report = checked(host)
    assert {"FPM001", "FIL003"} <= codes(report), told(report)
    plan, outcome = planned_and_done(host)
    assert "did not end within" in dict(plan["manual"])["FPM001"], plan
    assert outcome["kind"] == "fixed in part", outcome
    assert codes(checked(host)) == {"FPM001", "WIR001"}


def test_no_request_is_lost(host: Host) -> None:
    """Requests that come all through a fix are all answered."""
    host.sh('chown root:root app/Http/Controllers/*.php "$CACHE"; sed -i "s/^APP_NAME=.*/APP_NAME=another/" .env')
    host.exec(["tee", "/root/load.sh"], stdin=LOAD)
    host.sh("for i in 1 2 3; do (setsid bash /root/load.sh $i >/dev/null 2>&1 </dev/null &); done; sleep 0.5")
    outcome = fixed(host)
    host.sh("touch /root/enough; sleep 0.5")
    assert outcome["kind"] == "fixed", outcome
    answers = host.sh("sort /root/answers.* | uniq -c")
    assert answers.split()[1:] == ["200"], answers


def test_releases_and_shared_storage(suite: str) -> None:
    """With releases and a shared storage: what lies behind the links is mended, and comes back exactly."""
    with Host.up(suite, layout="releases") as host:
        host.sh(
            'chown root:root "$APP"/storage/logs "$CACHE" app/Http/Controllers/*.php; chmod 755 "$APP"/storage/logs'
        )
        before = state(host)
        outcome = fixed(host)
        assert outcome["kind"] == "fixed", outcome
        assert host.liveproof("rollback", "--yes").returncode == 0
        assert difference(before, state(host)) == []


def test_rollback_does_not_take_down_a_site_that_lives_by_its_memory(host: Host) -> None:
    """Unreadable files return, so PHP-FPM is not reloaded and what it knows still answers; but it is no success."""
    host.warm()
    host.sh('chown -R root:root app; chmod 600 "$HANDLER"')
    before = state(host)
    assert (host.post().status, host.get().status) == (200, 200)
    assert fixed(host)["kind"] == "fixed"
    assert (host.post().status, host.get().status) == (200, 200)
    back = host.liveproof("rollback", "--yes")
    assert back.returncode == 1, back.stdout + back.stderr
    assert (host.post().status, host.get().status) == (200, 200)
    assert difference(before, state(host)) == []
    assert "was not reloaded" in back.stdout
    assert "only what PHP-FPM has in memory still answers" in back.stdout
    beforehand = back.stdout.partition("ROLLED BACK")[0]
    assert "FIL002" in beforehand, "what comes back is said beforehand"
    assert "likely to fail" in beforehand


def test_rollback_is_no_success_where_the_site_stops_answering(host: Host) -> None:
    """Everything is as it was before the fix, and so is the outage: status 1, and what to do next."""
    faults.of(socket_not_accessible_by_web_server.rule).fault(host)
    assert host.get().status != 200
    before = state(host)
    assert fixed(host, "--allow", "disruptive")["kind"] == "fixed"
    assert host.get().status == 200
    back = host.liveproof("rollback", "--yes")
    assert back.returncode == 1, back.stdout + back.stderr
    assert "THE SITE NO LONGER ANSWERS" in back.stdout
    assert "liveproof fix" in back.stdout
    assert difference(before, state(host)) == []
    assert host.liveproof("fix", "--yes", "--allow", "disruptive").returncode == 0
    assert host.get().status == 200


def test_rollback_of_a_killed_fix_calls_no_outage_a_success(host: Host) -> None:
    """Wherever it was killed: status 0 only where the site answers."""
    host.warm()
    host.sh('chown -R root:root app; chmod 600 "$HANDLER"')
    for records in range(2, 9):
        signalled(host, records, 9)
        back = host.liveproof("rollback", "--yes")
        assert back.returncode in (0, 1), back.stdout + back.stderr
        answers = (host.post().status, host.get().status) == (200, 200)
        assert answers or back.returncode == 1, f"killed after {records} records: {back.stdout}"
