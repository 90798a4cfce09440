"""OPC013, graceful_reload_would_drop_requests."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Default timeout."""
    host.sh("""sed -i 's/^;*process_control_timeout.*/;process_control_timeout = 0/' "/etc/php/$PHP/fpm/php-fpm.conf"
systemctl reload "$FPM"; sleep 1""")


def symptom(host: Host) -> bool:
    """Told zero."""
    return "process_control_timeout = 0s" in host.sh('"php-fpm$PHP" -tt 2>&1')


def lookalike(host: Host) -> None:
    """Written in minutes."""
    host.sh("""sed -i 's/^;*process_control_timeout.*/process_control_timeout=1m/' "/etc/php/$PHP/fpm/php-fpm.conf"
systemctl reload "$FPM"; sleep 1""")
