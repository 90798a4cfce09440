"""OPC012, opcache_disabled_in_pool."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Turned off."""
    host.ini("opcache.enable=0")


def symptom(host: Host) -> bool:
    """Told off."""
    return "opcache.enable => Off" in host.sh('"php-fpm$PHP" -i')


def lookalike(host: Host) -> None:
    """Off on the command line."""
    host.sh("""echo 'opcache.enable=0' >"/etc/php/$PHP/cli/conf.d/99-host.ini" """)
