"""FIL018, php_file_does_not_parse."""

from tests.lab import Host

_FILE = "app/Http/Controllers/ConversationFlowController.php"


def fault(host: Host) -> None:
    """Copy that broke off."""
    host.sh(f'truncate -s $(( $(stat -c %s "{_FILE}") * 2 / 3 )) "{_FILE}"', user=host.user)


def symptom(host: Host) -> bool:
    """PHP refuses the file."""
    return "Errors parsing" in host.sh(f"php -l {_FILE} 2>&1 || true", user=host.user)


def lookalike(host: Host) -> None:
    """Invalid files that nothing loads, empty ones that nobody expects code in, and code for a later PHP."""
    host.sh(
        """
        mkdir -p app/Console/stubs tests/fixtures vendor/acme/retell-bridge/tests/fixtures resources/views/mail
        printf '<?php\\n\\nclass {{ class }}\\n{' | tee app/Console/stubs/job.php tests/fixtures/broken.php \\
          vendor/acme/retell-bridge/tests/fixtures/broken.php vendor/acme/retell-bridge/src/job.php.stub >/dev/null
        : >app/helpers.php
        : >resources/views/mail/empty.php
        printf 'Hello <?php echo $name ?>' >resources/views/mail/text.php
        printf '@php( {{ <?php if (' >resources/views/odd.blade.php
        printf '<?php\n\nreturn never ~> 1;\n' >vendor/acme/retell-bridge/src/bootstrap99.php
        """,
        user=host.user,
    )
