"""CMP004, platform_check_fails_in_pool."""

from tests.lab import Host

_CHECK = "vendor/composer/platform_check.php"


def _restarted(host: Host) -> None:
    host.sh('systemctl restart "$FPM"; sleep 1')
    host.get()


def fault(host: Host) -> None:
    """Packages for a later PHP."""
    host.sh(f"sed -i 's/PHP_VERSION_ID >= [0-9]*/PHP_VERSION_ID >= 90100/' {_CHECK}", user=host.user)
    _restarted(host)


def symptom(host: Host) -> bool:
    """Visitors get an error."""
    return "90100" in host.sh(f"cat {_CHECK}") and host.get().status >= 500


def lookalike(host: Host) -> None:
    """Asks for an extension that is there."""
    line = r"$missingExtensions = array();\nextension_loaded('mbstring') || $missingExtensions[] = 'mbstring';"
    host.sh(f"""sed -i "s/^\\$issues = array();/&\\n\\n{line.replace("$", chr(92) + "$")}/" {_CHECK}""", user=host.user)
    _restarted(host)
