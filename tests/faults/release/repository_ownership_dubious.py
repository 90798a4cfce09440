"""REL008, repository_ownership_dubious."""

from tests.faults.snippets import commit
from tests.lab import Host

_COMMIT = commit()


def fault(host: Host) -> None:
    """Somebody ran `git fetch` as root, who trusts every directory."""
    host.sh(_COMMIT + "git config --global --add safe.directory '*'; git fetch -q . HEAD")


def symptom(host: Host) -> bool:
    """The owner of the repository cannot fetch any more."""
    tried = 'setpriv --reuid="$u" --regid="$u" --clear-groups env HOME=/nonexistent git fetch -q . HEAD 2>&1 || true'
    return "FETCH_HEAD': Permission denied" in host.sh(f"u=$(stat -c %U .git); {tried}")


def lookalike(host: Host) -> None:
    """The owner ran it, and a shared repository lets the group write."""
    host.sh(_COMMIT + 'g "$u" git fetch -q . HEAD; chown deploy .git/FETCH_HEAD; chmod g+w .git/FETCH_HEAD')
