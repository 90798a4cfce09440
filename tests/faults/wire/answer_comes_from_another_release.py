"""WIR002, answer_comes_from_another_release."""

from tests.faults.snippets import into_releases
from tests.lab import Host

_PIN = r"""
release=$(dirname "$(readlink -f "$APP")")/@NUMBER@
printf 'map $http_host $tree { default %s/public; }\n' "$release" > /etc/nginx/conf.d/tree.conf
sed -i 's,$realpath_root,$tree,g' /etc/nginx/sites-available/api-gateway
nginx -t -q; systemctl reload nginx; sleep 1
"""


def fault(host: Host) -> None:
    """nginx hands PHP the path of another release, which somebody pinned by a map of hosts."""
    into_releases(host)
    host.sh(_PIN.replace("@NUMBER@", "2"))
    host.warm()


def symptom(host: Host) -> bool:
    """Visitors get the answer of the second release, and the link leads to the first."""
    return "handler-v1" in host.sh('cat "$HANDLER"') and "handler-v2" in host.post().body


def lookalike(host: Host) -> None:
    """The map names the deployed release itself."""
    into_releases(host)
    host.sh(_PIN.replace("@NUMBER@", "1"))
    host.warm()
