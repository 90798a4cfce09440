"""Which directories can be an app at all. Pure.

Changing owners and modes below a directory of the system, or in somebody's home, does more harm than any stale deploy.
"""

# What shows that a directory is a PHP app even where no web server serves it. In a home only the latter ones count: a
# composer.json or an index.php lies in many a home that is no app.
MARKERS = ("artisan", "public/index.php", "index.php", "composer.json")
HOME_MARKERS = ("artisan", "public/index.php")
# What shows that a directory beside an app's document root is an app of its own.
OWN_APP = ("index.php", "public/index.php", "artisan", "composer.json", "wp-config.php", ".git")
# Besides directories of the system, those in which apps stand side by side.
SIDE_BY_SIDE = ("/data", "/srv/http", "/srv/www", "/usr/local/www", "/usr/share/nginx", "/var/www", "/var/www/vhosts")

# hier(7), file-hierarchy(7). No app lies below these ...
_CLOSED = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/lost+found", "/proc", "/run", "/sbin",
    "/sys", "/usr/bin", "/usr/sbin", "/var/lib/dpkg", "/var/run",
)  # fmt: skip
# ... and these hold apps, but are none.
_SHARED = (
    "/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/usr", "/usr/lib", "/usr/lib32", "/usr/lib64",
    "/usr/libexec", "/usr/local", "/usr/share", "/usr/src", "/var", "/var/backups", "/var/cache", "/var/lib",
    "/var/local", "/var/log", "/var/mail", "/var/opt", "/var/spool",
    "/tmp", "/var/tmp",  # noqa: S108
)  # fmt: skip


def system_directory(path: str) -> bool:
    """Whether an absolute path, links resolved, is a directory of the system, or lies where no app does."""
    path = "/" + path.strip("/")
    return path in _SHARED or any(path == closed or path.startswith(f"{closed}/") for closed in _CLOSED)


def beside(real: str) -> str:
    """The directory next to whose ``real`` child scripts may lie that this child includes; empty when there is none.

    In those where apps stand side by side, the scripts of one app may lie beside its document root all the same.
    """
    above = real.rstrip("/").rpartition("/")[0]
    return above if above in ("/srv", *SIDE_BY_SIDE) or not system_directory(above) else ""
