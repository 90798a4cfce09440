"""SYS003, log_rotation_creates_wrong_owner."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Created for root and adm."""
    host.sh(r"""
        sed -i '/^ *su /d; s/^\( *\)create .*/\1create 0640 root adm/' /etc/logrotate.d/api-gateway
    """)


def symptom(host: Host) -> bool:
    """After a rotation the app cannot write."""
    tried = host.sh(r"""
        cp -a storage/logs /tmp/logs.before
        echo line >> storage/logs/laravel.log
        logrotate -f -s /tmp/logrotate.state /etc/logrotate.d/api-gateway >/dev/null 2>&1 || true
        sudo -u "$WWW" test -w storage/logs/laravel.log && echo writable || echo refused
        rm -rf storage/logs/* /tmp/logrotate.state
        cp -a /tmp/logs.before/. storage/logs/
        rm -rf /tmp/logs.before
    """)
    return tried.endswith("refused")


def lookalike(host: Host) -> None:
    """Created without an owner or for the group."""
    host.sh(r"""
        sed -i '/^ *su /d; s/^\( *\)create .*/\1create 0640/' /etc/logrotate.d/api-gateway
        printf '%s/storage/logs/laravel.log {\n    create 0664 root %s\n}\n' "$APP" "$WWW" > /etc/logrotate.d/aa-first
        printf '%s/storage/logs/*.log {\n    create 0600 root root\n}\n' "$APP" > /etc/logrotate.d/old.disabled
    """)
