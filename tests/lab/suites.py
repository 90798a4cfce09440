"""The Debian suites a lab host can run, and the packages each needs."""

from dataclasses import dataclass
from typing import Final, Literal

from tests.lab.errors import LabError

Skeleton = Literal["kernel", "configure"]


@dataclass(frozen=True, slots=True)
class Suite:
    """One Debian release with the PHP, Laravel and Python it carries."""

    name: str
    php: str
    laravel: int
    python: str
    skeleton: Skeleton
    """``kernel``: app/Http/Kernel.php (Laravel up to 10); ``configure``: Application::configure() (from 11 on)."""

    archives: tuple[str, ...]
    """Which archives beside the plain one hold its packages; one under development has none."""

    def packages(self) -> tuple[str, ...]:
        """Every package a host of this suite is made of."""
        return (
            *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "dbus-user-session"),
            *(f"php{self.php}-{part}" for part in ("fpm", "cli", "sqlite3", "mbstring", "xml", "opcache", "curl")),
            *("php-laravel-framework", "composer", "nginx", "sqlite3", "git", "unzip"),
            *("cron", "logrotate", "openssh-server", "sudo", "acl", "e2fsprogs", "attr"),
            *(
                "procps",
                "psmisc",
                "iproute2",
                "iputils-ping",
                "curl",
                "ca-certificates",
                "lsof",
                "file",
                "less",
                "strace",
            ),
            *("python3", "python3-apt"),
        )


SUITES: Final[dict[str, Suite]] = {
    suite.name: suite
    for suite in (
        Suite("bookworm", "8.2", 8, "3.11", "kernel", ("updates", "security")),
        Suite("trixie", "8.4", 10, "3.13", "kernel", ("updates", "security")),
        Suite("forky", "8.4", 13, "3.14", "configure", ()),
    )
}


def suite(name: str) -> Suite:
    """The suite called ``name``.

    Raises:
        LabError: there is none.
    """
    try:
        return SUITES[name]
    except KeyError:
        raise LabError(f"no suite {name!r}; there are {', '.join(SUITES)}") from None
