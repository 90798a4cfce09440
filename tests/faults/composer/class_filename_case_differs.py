"""CMP005, class_filename_case_differs."""

from tests.lab import Host

_WRITE = r"""printf '<?php\n\nnamespace App;\n\nfinal class Greeting\n{\n}\n' >app/greeting.php"""


def fault(host: Host) -> None:
    """File named in lower case."""
    host.sh(_WRITE, user=host.user)


def symptom(host: Host) -> bool:
    """PHP does not find the class."""
    asks = "require 'vendor/autoload.php'; echo class_exists('App\\\\Greeting') ? 'found' : 'not found';"
    return host.sh(f'test -e app/greeting.php && php -r "{asks}"', user=host.user) == "not found"


def lookalike(host: Host) -> None:
    """Such a file that the class map has, and functions in a file of that kind."""
    host.sh(
        f"""
        {_WRITE}
        sed -i 's#"psr-4": {{ "App#"classmap": ["app/greeting.php"], &#' composer.json
        COMPOSER_HOME=/tmp composer dump-autoload --no-scripts -q
        grep -q greeting.php vendor/composer/autoload_static.php
        printf '<?php\\n\\nfunction helper()\\n{{\\n}}\\n' >app/helper.php
        """,
        user=host.user,
        timeout=60,
    )
    host.sh('systemctl restart "$FPM"; sleep 1')
    host.get()
