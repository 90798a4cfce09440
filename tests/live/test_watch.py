"""`liveproof watch` on real hosts: what breaks is told once, by itself, and what is fixed is resolved."""

import time
from collections import Counter

from tests.lab import Host
from tests.lab.watching import UNIT, Watching

_CONTROLLER = "app/Http/Controllers/Controller.php"
# What breaks and its end, with the code that is told.
FAULTS = (
    (f"chown root {_CONTROLLER}", f'chown "$WWW" {_CONTROLLER}', "FIL001"),
    ("chmod 555 bootstrap/cache", "chmod 755 bootstrap/cache", "FIL003"),
    ('systemctl stop "$FPM"', 'systemctl start "$FPM"', "FPM001"),
    ("rm -f /run/php/*-fpm.sock", 'systemctl restart "$FPM"', "FPM002"),
    ("systemctl stop nginx", "systemctl start nginx", "NGX009"),
)


def test_what_breaks_is_told_once_and_resolved(suite: str) -> None:
    """Every fault by the event that it is, one after the other; nothing else is told."""
    with Host.up(suite) as host:
        host.warm()
        with Watching(host) as watching:
            watching.settled()
            for breaks, fixes, code in FAULTS:
                host.sh(breaks)
                note = watching.told(code, "raised")
                assert note.alert["app"] == host.app
                assert note.alert["command"].startswith("liveproof ")
                host.sh(fixes)
                watching.told(code, "resolved")
                watching.settled()
            raised = Counter(note.code for note in watching.notes() if note.kind == "raised")
            assert raised == {code: 1 for _, _, code in FAULTS}, watching.journal()
            assert host.liveproof("alert", "list").stdout.startswith("no alert is open")


def test_a_deploy_is_judged_at_its_end(suite: str) -> None:
    """Nothing is told of it while it runs: announced, or a burst that ends by itself."""
    with Host.up(suite) as host, Watching(host) as watching:
        watching.settled()
        assert host.liveproof("deploy", "begin").returncode == 0
        host.sh(f'chown root {_CONTROLLER}; sleep 3; chown "$WWW" {_CONTROLLER}; chmod 555 bootstrap/cache; sleep 2')
        assert watching.notes() == ()
        assert host.liveproof("deploy", "end").returncode == 0
        watching.told("FIL003", "raised")
        host.sh("chmod 755 bootstrap/cache")
        watching.told("FIL003", "resolved")
        watching.settled()
        began = time.time()
        host.sh(f"for n in $(seq 60); do cp {_CONTROLLER} app/copy$n.php; done; chown root app/copy1.php")
        note = watching.told("FIL001", "raised")
        assert note.at - began > 2  # as long as nothing must change
        assert {found.code for found in watching.notes()} == {"FIL001", "FIL003"}
        told = host.liveproof("history").stdout
        words = ("deploy    began", "deploy    ended", "came      FIL003", "gone      FIL003", "came      FIL001")
        assert sorted(words, key=told.index) == list(words), told


def test_a_deploy_that_never_ends_is_told(suite: str) -> None:
    """And judged as it is."""
    with Host.up(suite) as host, Watching(host) as watching:
        watching.settled()
        host.liveproof("deploy", "begin", "--for", "3s")
        host.sh("chmod 555 bootstrap/cache")
        watching.told("DEPLOY", "raised")
        watching.told("FIL003", "raised")
        assert host.liveproof("deploy", "end").returncode == 0
        watching.told("DEPLOY", "resolved")
        assert host.liveproof("deploy", "end").returncode == 1


def test_healing_fixes_what_it_was_told_to(suite: str) -> None:
    """PHP-FPM is started again; another fault is only told."""
    with Host.up(suite) as host, Watching(host, "--heal") as watching:
        watching.settled()
        host.sh('systemctl stop "$FPM"; chmod 555 bootstrap/cache')
        watching.told("FIL003", "raised")
        watching.told("FPM001", "resolved", 60)
        assert host.sh('systemctl is-active "$FPM"').strip() == "active"
        assert host.sh("stat -c %a bootstrap/cache").strip() == "555"
        assert "fixing FPM001" in watching.journal()


def test_it_is_a_service_as_systemd_knows_them(suite: str) -> None:
    """Killed, it is started again and doubles nothing; a wrong configuration is refused while it goes on."""
    with Host.up(suite) as host, Watching(host) as watching:
        watching.settled()
        host.sh("chmod 555 bootstrap/cache")
        watching.told("FIL003", "raised")
        host.sh(f"systemctl kill -s KILL {UNIT}; sleep 0.5")
        watching.settled()
        host.sh("echo 'nonsense = 1' >>/etc/liveproof/liveproof.toml")
        host.sh(f"systemctl reload {UNIT}")
        watching.wait(lambda: "was not read again" in watching.journal(), "the wrong configuration was not refused")
        host.sh("sed -i '$d' /etc/liveproof/liveproof.toml")
        host.sh(f"systemctl reload {UNIT}")
        watching.wait(lambda: "the configuration was read again" in watching.journal(), "it was not read")
        second = host.liveproof("watch")
        assert (second.returncode, "another liveproof watcher is at work" in second.stderr) == (4, True)
        host.sh("chmod 755 bootstrap/cache")
        watching.told("FIL003", "resolved")
        assert Counter((note.code, note.kind) for note in watching.notes()) == {
            ("FIL003", "raised"): 1, ("FIL003", "resolved"): 1,
        }  # fmt: skip
        host.sh(f"systemctl stop {UNIT}")
        assert "Traceback" not in watching.journal()
        assert host.sh(f"systemctl show -P Result {UNIT}").strip() == "success"
        assert host.sh("pgrep -f 'liveproof (check|watch)'", check=False).strip() == ""


def test_once_from_cron(suite: str) -> None:
    """The first time everything is looked at; right after that nothing is due."""
    with Host.up(suite) as host:
        host.sh("chmod 555 bootstrap/cache")
        ran = host.liveproof("watch", "--once")
        assert (ran.returncode, "FIL003" in ran.stderr) == (0, True), ran.stderr
        again = host.liveproof("watch", "--once")
        assert (again.returncode, again.stderr) == (0, "")
