"""FIL010, filesystem_full_or_out_of_inodes."""

from tests.lab import Host

# A small file system for the sessions.
_MOUNT = """
mount -t tmpfs -o size=256k,mode=755 tmpfs storage/framework/sessions
chown --reference=artisan storage/framework/sessions
"""


def fault(host: Host) -> None:
    """It is filled to the last byte."""
    host.sh(f"{_MOUNT} head -c 300000 /dev/zero > storage/framework/sessions/old 2>/dev/null || true")
    host.warm()


def symptom(host: Host) -> bool:
    """Its user may write there, and cannot."""
    what = "head -c 9000 /dev/zero > storage/framework/sessions/new 2>&1 || echo failed"
    rights = "test -w storage/framework/sessions && echo writable"
    return "failed" in host.sh(what, user=host.user) and "writable" in host.sh(rights, user=host.user)


def lookalike(host: Host) -> None:
    """Half of it is used."""
    host.sh(f"""{_MOUNT}
        head -c 120000 /dev/zero > storage/framework/sessions/old
        chown --reference=artisan storage/framework/sessions/old
    """)
    host.warm()
