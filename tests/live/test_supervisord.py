"""Workers of a real supervisord: its own restarts and artisan's signal bring new ones, proven by pid and start."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from tests.faults.snippets import into_releases, switch_release, work
from tests.lab import Host
from tests.live.trial import checked, codes, told

supervisor = import_module("supervisor")  # untyped

_CONFIG = "/etc/supervisor/supervisord.conf"
_CONTROL = f"supervisorctl -c {_CONFIG}"
_LAUNCHER = """#!/usr/bin/python3
import sys
sys.path.insert(0, "/opt/supervisor")
from supervisor.{name} import main
main()
"""
_DAEMON = """[unix_http_server]
file=/run/supervisor.sock
chmod=0700
[supervisord]
logfile=/var/log/supervisord.log
pidfile=/run/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///run/supervisor.sock
[include]
files = /etc/supervisor/conf.d/*.conf
"""
_PROGRAM = """[program:queue]
command=php artisan queue:work --sleep=1
directory={app}
user={user}
process_name=%(program_name)s_%(process_num)02d
numprocs=1
{option}
"""


def supervised(host: Host, tmp_path: Path, option: str) -> None:
    """Start supervisord as Debian does, with the app's queue worker as its one program."""
    files = {
        _CONFIG: _DAEMON,
        "/etc/supervisor/conf.d/queue.conf": _PROGRAM.format(app=host.app, user=host.user, option=option),
        "/usr/bin/supervisord": _LAUNCHER.format(name="supervisord"),
        "/usr/bin/supervisorctl": _LAUNCHER.format(name="supervisorctl"),
    }
    host.sh("php artisan migrate --force --quiet", user=host.user)
    host.sh("mkdir -p /etc/supervisor/conf.d /opt/supervisor")
    host.push(Path(str(supervisor.__file__)).parent, "/opt/supervisor/supervisor")
    for path, text in files.items():
        local = tmp_path / "pushed"
        local.write_text(text)
        host.push(local, path)
    host.sh(f"""
        chmod 755 /usr/bin/supervisord /usr/bin/supervisorctl; chmod 644 {_CONFIG} /etc/supervisor/conf.d/*
        sleep 1.5
        systemd-run -q -u supervisor -p KillMode=process /usr/bin/supervisord -n -c {_CONFIG}
        for i in $(seq 60); do {_CONTROL} status | grep -q RUNNING && break; sleep 0.25; done
        {_CONTROL} status
    """)


def pid(host: Host) -> str:
    return host.sh(f"{_CONTROL} pid queue:queue_00").strip()


def fixed(host: Host, *arguments: str) -> str:
    ran = host.liveproof("fix", "--yes", "--format", "json", *arguments)
    (outcome,) = json.loads(ran.stdout)["outcome"]
    return ": ".join(filter(None, (outcome["kind"], outcome["reason"])))


@pytest.mark.parametrize("again", ["true", "unexpected"])
def test_a_program_gets_a_new_process(suite: str, tmp_path: Path, again: str) -> None:
    """By artisan's signal where supervisord then starts it again, else by supervisorctl, when allowed."""
    with Host.up(suite) as host:
        supervised(host, tmp_path, f"autorestart={again}")
        work(host)
        assert checked(host)["verdict"] == "proven", told(checked(host))
        host.sh("sed -i 's/job-v[0-9]*/job-v9/' app/Jobs/RecordCall.php")
        was = pid(host)
        if again == "unexpected":
            plan = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)["plan"][0]
            assert "supervisord's queue:queue_00" in str(plan["held_back"])
            assert not [step for step in plan["steps"] if "artisan" in str(step)]
        assert fixed(host, *(["--allow", "drops"] if again == "unexpected" else [])) == "fixed"
        assert pid(host) not in (was, "0")
        assert "job-v9" in work(host)
        assert checked(host)["verdict"] == "proven", told(checked(host))


def test_a_program_of_the_old_release_is_restarted_in_the_new_one(suite: str, tmp_path: Path) -> None:
    with Host.up(suite) as host:
        into_releases(host)
        supervised(host, tmp_path, "autorestart=true")
        work(host)
        switch_release(host)
        was = pid(host)
        assert codes(checked(host)), told(checked(host))
        assert fixed(host, "--allow", "drops").startswith("fixed")
        assert pid(host) not in (was, "0")
        assert checked(host)["verdict"] == "proven", told(checked(host))
