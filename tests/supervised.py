"""A real supervisord on a host, as Debian installs it without the network; its program is the app's queue worker."""

from importlib import import_module
from pathlib import Path
from typing import Final

from tests.lab import Host

CONFIG: Final = "/etc/supervisor/supervisord.conf"
PROGRAM: Final = "/etc/supervisor/conf.d/queue.conf"
CONTROL: Final = f"supervisorctl -c {CONFIG}"
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
# Debian's own, shortened.
_UNIT = f"""[Unit]
Description=Supervisor process control system for UNIX
After=network.target

[Service]
ExecStart=/usr/bin/supervisord -n -c {CONFIG}
ExecReload=/usr/bin/supervisorctl -c {CONFIG} update
KillMode=process
Restart=on-failure
RestartSec=50s

[Install]
WantedBy=multi-user.target
"""


def supervise(host: Host, option: str) -> None:
    """Start supervisord as a unit, with the app's queue worker and one more line as its one program."""
    supervisor = import_module("supervisor")  # untyped
    files = {
        CONFIG: _DAEMON,
        PROGRAM: _PROGRAM.format(app=host.app, user=host.user, option=option),
        "/usr/bin/supervisord": _LAUNCHER.format(name="supervisord"),
        "/usr/bin/supervisorctl": _LAUNCHER.format(name="supervisorctl"),
        "/etc/systemd/system/supervisor.service": _UNIT,
    }
    host.sh("php artisan migrate --force --quiet", user=host.user)
    host.sh("mkdir -p /etc/supervisor/conf.d /opt/supervisor")
    host.push(Path(str(supervisor.__file__)).parent, "/opt/supervisor/supervisor")
    for path, text in files.items():
        host.file(path).write_text(text)
    host.sh(f"""
        chmod 755 /usr/bin/supervisord /usr/bin/supervisorctl
        chmod 644 {CONFIG} /etc/supervisor/conf.d/* /etc/systemd/system/supervisor.service
        sleep 1.5
        systemctl daemon-reload; systemctl -q enable supervisor; systemctl start supervisor
        for i in $(seq 60); do {CONTROL} status | grep -q RUNNING && break; sleep 0.25; done
        {CONTROL} status
    """)
