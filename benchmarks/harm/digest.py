"""What of a host must never change: type, mode, owner, links and content of everything outside the app."""

from tests.lab import Host

OUTSIDE = (
    "/bin", "/boot", "/etc", "/home", "/opt", "/root", "/sbin", "/srv", "/usr/bin", "/usr/local", "/usr/sbin", "/dev",
    "/var/spool", "/var/backups", "/var/mail", "/var/lib/dpkg",
)  # fmt: skip

# Devices are not read; times are not compared, for reading sets them.
_PROGRAM = r"""
import hashlib, os, stat, sys
for top in sys.argv[1:]:
    for folder, names, files in os.walk(top):
        if folder.startswith(("/dev/pts", "/dev/shm", "/dev/mqueue")):
            names[:] = []
            continue
        names.sort()
        for name in sorted(names + files) + ["."]:
            path = os.path.join(folder, name)
            try:
                s = os.lstat(path)
            except OSError:
                continue
            told = ""
            if stat.S_ISREG(s.st_mode):
                try:
                    with open(path, "rb") as file:
                        told = hashlib.file_digest(file, "sha1").hexdigest()
                except OSError as error:
                    told = str(error.errno)
            elif stat.S_ISLNK(s.st_mode):
                told = os.readlink(path)
            print(ascii(path), oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, s.st_rdev, told)
"""


def outside(host: Host, *tops: str) -> frozenset[str]:
    """One line for each entry below ``tops`` (by default everything that is not an app's)."""
    ran = host.exec(["python3", "-", *(tops or OUTSIDE)], stdin=_PROGRAM, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return frozenset(ran.stdout.splitlines())


def changes(before: frozenset[str], after: frozenset[str]) -> str:
    """What differs, the first few lines; empty where nothing does."""
    return "; ".join(sorted(before ^ after)[:4])
