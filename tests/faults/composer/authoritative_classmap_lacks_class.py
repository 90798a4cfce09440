"""CMP002, authoritative_classmap_lacks_class."""

from tests.lab import Host

_DUMP = """
COMPOSER_HOME=/tmp composer dump-autoload --classmap-authoritative --no-scripts -q
printf '<?php\\n\\nnamespace App;\\n\\n%s\\n' "@CODE@" >app/Greeting.php
"""


def _made(host: Host, code: str) -> None:
    host.sh(_DUMP.replace("@CODE@", code), user=host.user, timeout=60)
    host.sh('systemctl restart "$FPM"; sleep 1')
    host.get()


def fault(host: Host) -> None:
    """Class added after the map was made."""
    _made(host, "final class Greeting\\n{\\n}")


def symptom(host: Host) -> bool:
    """PHP does not find the class."""
    asks = "require 'vendor/autoload.php'; echo class_exists('App\\\\Greeting') ? 'found' : 'not found';"
    return host.sh(f'test -e app/Greeting.php && php -r "{asks}"', user=host.user) == "not found"


def lookalike(host: Host) -> None:
    """Functions in a file of such a place."""
    _made(host, "function greeting() { return 1; }")
