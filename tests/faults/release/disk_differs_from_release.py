"""REL001, disk_differs_from_release."""

from tests.lab import Host

_COMMIT = """
g() { setpriv --reuid="$1" --regid="$1" --clear-groups env -C "$APP" HOME=/nonexistent "${@:2}"; }
u=$(stat -c %U artisan)
printf '/vendor\\n/storage\\n/bootstrap/cache\\n.env\\n' > .git-ignored
g "$u" git init -q
mv .git-ignored .git/info/exclude; chown "$u:" .git/info/exclude
g "$u" git add -A
g "$u" git -c user.name=lab -c user.email=lab@localhost commit -q -m release
"""


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
