"""REL001, disk_differs_from_release."""

from tests.faults.snippets import commit
from tests.lab import Host

_COMMIT = commit()


def fault(host: Host) -> None:
    """Edited on the server."""
    host.sh(_COMMIT + "echo '// a quick fix' >> config/services.php")


def symptom(host: Host) -> bool:
    """Git sees a difference."""
    return host.sh('git -c safe.directory="*" hash-object config/*.php | sort') != host.sh(
        'git -c safe.directory="*" ls-tree HEAD config/ | cut -c 13-52 | sort'
    )


def lookalike(host: Host) -> None:
    """Touched and untracked."""
    host.sh(
        _COMMIT
        + 'touch config/services.php; echo note > notes.txt; chown "$u:" notes.txt; systemctl reload "$FPM.service"'
    )
