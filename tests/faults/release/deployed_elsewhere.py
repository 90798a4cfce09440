"""REL006, deployed_elsewhere."""

from tests.faults.snippets import into_deployer, served_release
from tests.lab import Host

_PIN = """
    sed -i "s#$APP/current/public#$APP/releases/1/public#" /etc/nginx/sites-available/api-gateway
    sed -i "s#$APP/current#$APP/releases/1#" /etc/systemd/system/api-gateway-queue.service /etc/cron.d/api-gateway
    systemctl daemon-reload; nginx -t -q; systemctl reload nginx; sleep 1
"""


def fault(host: Host) -> None:
    """nginx names a release by its own path, and deploys switch `current`."""
    into_deployer(host, 2)
    host.sh(_PIN)
    host.warm()


def symptom(host: Host) -> bool:
    """`current` leads to release 2, and release 1 answers."""
    return host.sh('readlink "$APP/current"') == "releases/2" and served_release(host) == "v1"


def lookalike(host: Host) -> None:
    """The fixed release is a preview on another port, and `current` is served as well."""
    into_deployer(host, 2)
    host.sh("""
        sed "s#$APP/current/public#$APP/releases/1/public#; s/ default_server//; s/listen \\(.*\\)80/listen \\18080/" \\
            /etc/nginx/sites-available/api-gateway > /etc/nginx/sites-enabled/preview
        nginx -t -q; systemctl reload nginx; sleep 1
    """)
    host.warm()
