"""`liveproof install` on a real host: units start, reload and come back, the same verdict under them, nothing left."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab import NOISE, Host
from tests.lab.packages import install as packages

_OWN = (
    "/var/lib/liveproof*",
    "/var/log/journal/*",
    "/var/lib/systemd/*",
    "/var/cache/man/*",
    "/var/cache/ldconfig/*",
    "*/framework/sessions/*",
)
_UNIT = "liveproof-watch.service"


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host with man and the shells."""
    suite = request.config.getoption("--suites", default="bookworm").split(",")[0]
    with Host.up(suite) as host:
        packages(host, "man-db", "zsh", "fish", "bash-completion")
        yield host


def _until(holds: Callable[[], object], what: str, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def _property(host: Host, name: str, unit: str = _UNIT) -> str:
    return host.sh(f"systemctl show -P {name} {unit}")


def _directories(host: Host) -> set[str]:
    return set(host.sh("find / -xdev -type d").splitlines())


def _left(host: Host, directories: set[str]) -> list[str]:
    """What came or changed since the mark, but for directories of which only the time did."""
    return [path for path in host.diff(ignore=(*NOISE, *_OWN)) if path not in directories]


def _installed(host: Host, *options: str, command: str = "install") -> str:
    ran = host.liveproof(command, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_it_is_installed_started_reloaded_killed_and_removed_without_a_trace(host: Host) -> None:
    """What install says that it writes is what comes, and uninstall takes all of it away again."""
    host.sh("rm -rf /var/lib/liveproof")
    host.mark()
    before = _directories(host)
    told = _installed(host, "--dry-run")
    assert host.diff(ignore=(*NOISE, *_OWN)) == []
    assert _installed(host, "--enable").splitlines()[:-2] == told.splitlines()[:-2]
    assert f"run            systemctl enable --now {_UNIT}" in _installed(host, "--enable")
    units = "/etc/systemd/system/liveproof-watch.service /etc/systemd/system/liveproof-check.timer"
    assert host.sh(f"systemd-analyze verify --man=yes {units} 2>&1", check=False) == ""
    for unit in (_UNIT, "liveproof-check.service"):
        score = host.sh(f"systemd-analyze security {unit} --no-pager | tail -1")
        assert float(score.rpartition(": ")[2].split()[0]) <= 4.0, score
    assert _property(host, "ActiveState") == "active"

    _until(lambda: "seen by fanotify" in host.sh(f"journalctl -o cat -u {_UNIT}"), "events under the unit")
    pid = _property(host, "MainPID")
    host.sh(f"systemctl reload {_UNIT}")
    assert _property(host, "MainPID") == pid
    host.sh(f"kill -9 {pid}")
    _until(
        lambda: _property(host, "ActiveState") == "active" and _property(host, "MainPID") not in (pid, "0"), "restart"
    )
    host.sh(f"systemctl stop {_UNIT}")
    assert _property(host, "Result") == "success"
    assert _property(host, "ActiveState") == "inactive"

    host.sh(f"systemctl start {_UNIT} liveproof-check.timer")
    told = _installed(host, command="uninstall")
    assert "keep           /var/lib/liveproof  " in told
    assert "keep           /etc/liveproof/liveproof.toml  " in told
    assert host.sh("pgrep -af liveproof", check=False) == ""
    assert host.sh("systemctl list-unit-files 'liveproof*' --no-legend", check=False) == ""
    assert _left(host, before) == ["/etc/liveproof", "/etc/liveproof/liveproof.toml"]
    assert host.sh("ls -A /var/lib/liveproof | grep installed", check=False) == ""
    _installed(host, "--purge", command="uninstall")
    assert _left(host, before) == []
    assert host.sh("ls -d /var/lib/liveproof /run/liveproof 2>/dev/null", check=False) == ""


def test_a_check_under_the_unit_says_what_one_of_roots_says(suite: str) -> None:
    """The rights that the unit leaves are enough: no rule is unknown, and none broken, for want of one."""
    with Host.up(suite) as host:
        _installed(host)
        _compared(host)
        host.sh("""
            php artisan config:cache; php artisan route:cache; php artisan view:cache || true
            sed -i 's/^RELEASE=.*/RELEASE=edited/' .env
            chmod -R g+s storage bootstrap/cache; chown root: bootstrap/cache; chmod 2755 bootstrap/cache
            echo "// new" >> "$HANDLER"
        """)
        assert _compared(host) == "broken"


def _compared(host: Host) -> str:
    host.sh("rm -rf /var/lib/liveproof/cache /var/lib/liveproof/history*")
    plain = json.loads(host.liveproof("check", "--format", "json").stdout)
    host.sh("rm -rf /var/lib/liveproof/cache /var/lib/liveproof/history*")
    for unit in ("liveproof-check.service", _UNIT):
        host.sh(f"""
            mkdir -p /run/systemd/system/{unit}.d
            cat > /run/systemd/system/{unit}.d/test.conf <<'END'
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=/usr/local/bin/liveproof check --format json
SuccessExitStatus=0 1 3
StandardOutput=truncate:/root/found.json
END
            systemctl daemon-reload; systemctl start {unit}
        """)
        confined = json.loads(host.pull("/root/found.json"))
        assert _seen(confined) == _seen(plain)
    return str(plain["verdict"])


def _seen(document: dict[str, Any]) -> list[Any]:
    """All that a check found, but for what differs from run to run: how much it looked at, and from where."""
    for app in document["apps"]:
        for result in app["results"]:
            result.pop("holds", None)
    return [
        (app["verdict"], app["links"], app["results"], [finding["message"] for finding in app["findings"]])
        for app in document["apps"]
    ]


def test_shells_complete_and_man_shows_its_pages(host: Host) -> None:
    """bash, zsh and fish find the completions by themselves; no page has a warning."""
    _installed(host)
    bash = """
        . /usr/share/bash-completion/bash_completion; _completion_loader liveproof || true; complete -p liveproof
        COMP_WORDS=(liveproof fix --dr); COMP_CWORD=2; COMP_LINE="liveproof fix --dr"; COMP_POINT=18
        $(complete -p liveproof | sed -E 's/.*-F ([^ ]+).*/\\1/') liveproof --dr fix; echo "${COMPREPLY[@]}"
    """
    found = host.exec(["bash", "-c", bash]).stdout
    assert found.splitlines()[-1].strip() == "--dry-run", found
    zsh = """
        autoload -Uz compinit && compinit -u -d /tmp/dump; echo ${_comps[liveproof]}
        autoload +X _liveproof && echo loaded
    """
    assert host.exec(["zsh", "-fc", zsh]).stdout.split() == ["_liveproof", "loaded"]
    fish = host.exec(["fish", "-c", "complete -C 'liveproof fix --dr'"])
    assert fish.stdout.startswith("--dry-run"), fish.stderr
    pages = host.sh("ls /usr/local/share/man/man8").split()
    assert "liveproof-config-show.8" in pages
    for page in pages:
        warned = host.sh(f"man --warnings -E UTF-8 -l -Tutf8 -Z /usr/local/share/man/man8/{page} 2>&1 >/dev/null")
        assert warned == "", page
    assert "liveproof-fix" in host.sh("man -w liveproof-fix")


def test_what_somebody_changed_is_kept(host: Host) -> None:
    """A changed unit is neither replaced nor removed; the new one is laid beside it."""
    unit = f"/etc/systemd/system/{_UNIT}"
    _installed(host)
    host.sh(f"echo '# mine' >> {unit}; sed -i '1i # older' /etc/systemd/system/liveproof-check.timer")
    told = _installed(host, "--dry-run")
    assert f"keep           {unit}  somebody has changed it" in told
    host.sh(
        "python3 - <<'END'\nimport json\np='/var/lib/liveproof/installed.json'\nd=json.load(open(p))\n"
        f"d['files']['{unit}']=['0'*64]\njson.dump(d,open(p,'w'))\nEND"
    )
    told = _installed(host)
    assert host.sh(f"tail -1 {unit}") == "# mine"
    assert host.sh(f"tail -1 {unit}.liveproof-new") == "WantedBy=multi-user.target"
    told = _installed(host, command="uninstall")
    assert f"keep           {unit}  somebody has changed it" in told
    assert host.sh("ls /etc/systemd/system | grep liveproof").split() == ["liveproof-check.timer", _UNIT]
    host.sh(f"rm {unit} /etc/systemd/system/liveproof-check.timer; systemctl daemon-reload")


def test_who_may_install_and_what(host: Host) -> None:
    """Root only, and never a program that somebody else can replace."""
    ran = host.liveproof("install", user="deploy")
    assert ran.returncode == 2
    assert "sudo liveproof install" in ran.stderr
    host.sh("cp -a /usr/local/bin/liveproof /home/liveproof; chown deploy /home/liveproof")
    ran = host.exec(["/home/liveproof", "install"])
    assert ran.returncode == 2
    assert "/home/liveproof belongs to deploy" in ran.stderr
    ran = host.liveproof("install", "--heal")
    assert ran.returncode == 2
    assert "[watch] heal" in ran.stderr
    host.sh("rm /home/liveproof")


def test_cron_instead_of_systemd(host: Host) -> None:
    """One line for cron, which really runs; the units go where they were installed before."""
    _installed(host, "--enable")
    told = _installed(host, "--cron")
    assert f"run            systemctl disable --now {_UNIT} liveproof-check.timer" in told
    assert _property(host, "LoadState") == "not-found"
    table = host.sh("cat /etc/cron.d/liveproof")
    line = table.splitlines()[-1].split(" ", 6)[-1].split(" | ")[0]
    ran = host.sh(f"{line}", timeout=90)
    assert "Traceback" not in ran
    _installed(host, command="uninstall")
    assert host.sh("ls /etc/cron.d | grep liveproof", check=False) == ""
