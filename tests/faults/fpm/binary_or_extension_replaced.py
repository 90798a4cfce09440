"""FPM015, binary_or_extension_replaced."""

from tests.lab import Host

_UPGRADE = """
upgrade() { cp -p "$1" "$1.new"; mv "$1.new" "$1"; }
"""


def fault(host: Host) -> None:
    """An upgrade of the program without a restart."""
    host.warm()
    host.sh(f"{_UPGRADE} upgrade /usr/sbin/php-fpm$PHP")


def symptom(host: Host) -> bool:
    """The kernel says that the program of the master is gone."""
    return "(deleted)" in host.sh('readlink /proc/"$(systemctl show -p MainPID --value "$FPM")"/exe')


def lookalike(host: Host) -> None:
    """The same with a reload after it; PHP of the command line replaced."""
    host.sh(f'{_UPGRADE} upgrade /usr/sbin/php-fpm$PHP; systemctl reload "$FPM"; sleep 1')
    host.sh(f"{_UPGRADE} upgrade /usr/bin/php$PHP")
    host.warm()
