"""LAR010, cache_built_for_another_path."""

from tests.faults.snippets import into_releases
from tests.lab import Host


def fault(host: Host) -> None:
    """The cache came along with a copy of the other release."""
    into_releases(host)
    host.sh("""
        here=$(readlink -f "$APP"); there=$(dirname "$here")/2
        sed -i "s#'$here/#'$there/#g" "$here/bootstrap/cache/config.php"
        systemctl restart "$FPM"; sleep 1
    """)
    host.warm()


def symptom(host: Host) -> bool:
    """The served release takes its views from the other one."""
    return "/2/resources/views" in host.sh('cd $(readlink -f "$APP"); cat bootstrap/cache/config.php')


def lookalike(host: Host) -> None:
    """Releases whose storage and one disk lie outside of them; the sources name another release's directory."""
    into_releases(host)
    host.sh(r"""
        here=$(readlink -f "$APP"); there=$(dirname "$here")/2; cd "$here"
        sed -i "s#^return \[#&\n    'before' => '$there/resources',#" config/tenants.php
        (umask 027; runuser -u "$WWW" -- php artisan config:cache -q)
        systemctl restart "$FPM"; sleep 1
    """)
    host.warm()
