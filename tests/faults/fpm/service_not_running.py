"""FPM001, service_not_running."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Stopped."""
    host.sh('systemctl stop "$FPM"')


def symptom(host: Host) -> bool:
    """Unit is inactive and visitors get 502."""
    return host.sh('systemctl is-active "$FPM" || true') != "active" and host.get().status == 502


def lookalike(host: Host) -> None:
    """Another php fpm that nobody uses is stopped."""
    host.sh("""
        mkdir -p /etc/php-old/pool.d
        printf '[global]\\ninclude = /etc/php-old/pool.d/*.conf\\n' > /etc/php-old/fpm.conf
        printf '[www]\\nuser = %s\\nlisten = /run/php/old.sock\\npm = static\\npm.max_children = 1\\n' "$WWW" \\
            > /etc/php-old/pool.d/www.conf
        printf '[Service]\\nExecStart=/usr/sbin/php-fpm%s -F -y /etc/php-old/fpm.conf\\n' "$PHP" \\
            > /etc/systemd/system/php-old-fpm.service
        systemctl daemon-reload
    """)
