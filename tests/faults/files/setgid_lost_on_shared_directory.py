"""FIL012, setgid_lost_on_shared_directory."""

from tests.lab import Host

# Directories alone: a new owner of a cached script leaves open whether it was changed.
_ALL = "find storage/ bootstrap/cache/ -type d -exec"
_SHARED = f'{_ALL} chown "deploy:$WWW" {{}} +; {_ALL} chmod g+rwx {{}} +'


def fault(host: Host) -> None:
    """The deploy user's directories, shared by the group, without setgid."""
    host.sh(f"{_SHARED}; {_ALL} chmod g-s {{}} +")


def symptom(host: Host) -> bool:
    """A directory of the deploy user's is not the app's group's."""
    made = 'd=storage/app/made; runuser -u deploy -- mkdir "$d"'
    return host.sh(f'{made}; stat -c %G "$d"; rmdir "$d"') != host.user


def lookalike(host: Host) -> None:
    """Setgid on all but one, and that one hands the right down by a default ACL."""
    host.sh(f"""{_SHARED}; {_ALL} chmod g+s {{}} +
chmod g-s storage/app
python3 - "$WWW" storage/app <<'END'
import os, pwd, struct, sys
uid = pwd.getpwnam(sys.argv[1]).pw_uid
none = 0xFFFFFFFF
entries = [(1, 7, none), (2, 7, uid), (4, 7, none), (16, 7, none), (32, 5, none)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
os.setxattr(sys.argv[2], "system.posix_acl_default", acl)
END""")
