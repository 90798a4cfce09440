"""OPC015, jit_settings_ineffective."""

from tests.lab import Host


def fault(host: Host) -> None:
    """No room."""
    host.ini("opcache.jit=1235", "opcache.jit_buffer_size=0")


def symptom(host: Host) -> bool:
    """No buffer."""
    told = host.sh('"php-fpm$PHP" -i')
    return "opcache.jit_buffer_size => 0 =>" in told and "opcache.jit => 1235 =>" in told


def lookalike(host: Host) -> None:
    """Turned off on purpose."""
    host.ini("opcache.jit=disable", "opcache.jit_buffer_size=64M")
