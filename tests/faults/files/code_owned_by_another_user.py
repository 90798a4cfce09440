"""FIL001, code_owned_by_another_user."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Pulled as root."""
    host.sh('o=root; [ "$(stat -c %U artisan)" = root ] && o=nobody; chown "$o:" "$HANDLER" "${HANDLER%/*}"')


def symptom(host: Host) -> bool:
    """Handler has another owner."""
    return host.sh('stat -c %U "$HANDLER"') != host.sh("stat -c %U artisan")


def lookalike(host: Host) -> None:
    """All code belongs to root."""
    host.sh(
        "find . -mindepth 1 -maxdepth 1 ! -name storage ! -name bootstrap ! -name .env -exec chown -R root:root {} +"
    )
    host.sh('chown root:root bootstrap bootstrap/*.php; systemctl reload "$FPM.service"')
