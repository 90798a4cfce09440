"""REL005, wrong_commit_checked_out."""

from tests.faults.snippets import commit
from tests.lab import Host

_COMMIT = commit()
_IDENTITY = "-c user.name=lab -c user.email=lab@localhost"


def fault(host: Host) -> None:
    """A merge ended in a conflict, and the deploy script went on."""
    host.sh(
        _COMMIT
        + f"""
        g "$u" git checkout -q -b next; echo '// theirs' >> config/services.php
        g "$u" git {_IDENTITY} commit -q -a -m theirs
        g "$u" git checkout -q -; echo '// ours' >> config/services.php; g "$u" git {_IDENTITY} commit -q -a -m ours
        g "$u" git {_IDENTITY} merge -q next || true
        touch -d '1 hour ago' .git/MERGE_HEAD
        """
    )


def symptom(host: Host) -> bool:
    """The merge waits, and its markers stand in the code."""
    return "<<<<<<< HEAD" in host.sh("cat config/services.php; test -f .git/MERGE_HEAD")


def lookalike(host: Host) -> None:
    """What a merge and a fetch that were ended leave: ORIG_HEAD, FETCH_HEAD, and what is followed as it was fetched."""
    host.sh(
        _COMMIT
        + f"""
        g "$u" git checkout -q -b next; echo '// theirs' >> config/services.php
        g "$u" git {_IDENTITY} commit -q -a -m theirs; g "$u" git checkout -q -
        g "$u" git merge -q next; g "$u" git fetch -q . next
        g "$u" git config branch.$(g "$u" git symbolic-ref --short HEAD).remote .
        g "$u" git config branch.$(g "$u" git symbolic-ref --short HEAD).merge refs/heads/next
        runuser -u "$WWW" -- php artisan config:cache -q; systemctl reload "$FPM.service"; sleep 1
        """
    )
    host.warm()
