"""SYS006, code_shadowed_by_volume."""

from tests.faults.snippets import EDIT, old_answer
from tests.lab import Host

_MOUNTED = r"""
mkdir -p "/etc/systemd/system/$FPM.service.d"
printf '[Service]\n%s\n' "@SETTING@" > "/etc/systemd/system/$FPM.service.d/mounts.conf"
systemctl daemon-reload; systemctl restart "$FPM"; sleep 1
"""


def _mounting(host: Host, setting: str) -> None:
    host.sh(_MOUNTED.replace("@SETTING@", setting))
    host.warm()


def fault(host: Host) -> None:
    """A unit that mounts a copy of the app, and a deploy to where the app lies."""
    host.sh('cp -a "$APP" /srv/copy')
    _mounting(host, f"BindPaths=/srv/copy:{host.app}")
    host.sh(f'sleep 2; {EDIT}; sleep 3; systemctl reload "$FPM"; sleep 1')
    host.warm()


def symptom(host: Host) -> bool:
    """The old code answers after a reload."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Mounts of its own that show the same files."""
    _mounting(host, f"PrivateTmp=yes\nProtectSystem=full\nProtectHome=yes\nBindPaths={host.app}")
