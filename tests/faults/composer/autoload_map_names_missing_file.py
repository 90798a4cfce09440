"""CMP006, autoload_map_names_missing_file."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Vendor copied in part."""
    host.sh("rm vendor/acme/retell-bridge/src/Bridge.php", user=host.user)


def symptom(host: Host) -> bool:
    """PHP does not find the class."""
    asks = (
        "require 'vendor/autoload.php'; echo @class_exists('Acme\\\\RetellBridge\\\\Bridge') ? 'found' : 'not found';"
    )
    return host.sh(f'php -r "{asks}"', user=host.user) == "not found"


def lookalike(host: Host) -> None:
    """Package that is a link to another directory."""
    host.sh("rm -r vendor/acme/retell-bridge; ln -s /opt/lab-packages/retell-bridge vendor/acme/", user=host.user)
    host.sh('systemctl restart "$FPM"; sleep 1')
    host.get()
