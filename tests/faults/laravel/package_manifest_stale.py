"""LAR006, package_manifest_stale."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Package added without scripts."""
    host.sh('echo "<?php return array ();" >"$CACHE/packages.php" && rm "$CACHE/services.php"', user=host.user)
    host.sh('systemctl reload "$FPM.service"; sleep 1')
    host.get()


def symptom(host: Host) -> bool:
    """Package is not registered."""
    return "retell-bridge" in host.sh("cat vendor/composer/installed.json") and '"bridge":null' in host.get().body


def lookalike(host: Host) -> None:
    """Installed again with the same packages."""
    host.sh("touch vendor/composer/installed.json composer.json && rm $CACHE/services.php", user=host.user)
    host.get()
