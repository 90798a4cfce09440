"""NGX012, binary_or_module_replaced."""

from tests.lab import Host

_UPGRADE = "cp -p /usr/sbin/nginx /usr/sbin/nginx.new; mv /usr/sbin/nginx.new /usr/sbin/nginx"


def fault(host: Host) -> None:
    """An upgrade of the program, and a reload that does not execute it."""
    host.warm()
    host.sh(f"{_UPGRADE}; systemctl reload nginx; sleep 1")


def symptom(host: Host) -> bool:
    """The kernel says that the program of the master is gone."""
    return "(deleted)" in host.sh('readlink /proc/"$(systemctl show -p MainPID --value nginx)"/exe')


def lookalike(host: Host) -> None:
    """The same with a restart after it."""
    host.sh(f"{_UPGRADE}; systemctl restart nginx; sleep 1")
    host.warm()
