"""The hosts that are broken: layouts, users and values of PHP-FPM, each pair of them somewhere; and wider kinds."""

from typing import Final, Literal, NamedTuple

from benchmarks.chaos.oracle import Site, site
from benchmarks.chaos.shapes import https, two_apps
from tests.lab import Host
from tests.supervised import supervise


class Shape(NamedTuple):
    """What a host is made as."""

    layout: str
    user: str
    fpm: str
    kind: Literal["", "https", "two apps", "supervisord"] = ""

    def up(self, suite: str) -> Host:
        """A fresh host of this shape; the caller takes it down.

        Raises:
            LabError, RuntimeError: it does not come up.
        """
        kinds = {"https": https.Secure, "two apps": two_apps.OneOfTwo}
        host = kinds.get(self.kind, Host).up(suite, self.layout, self.user, fpm=self.fpm)
        try:
            if isinstance(host, https.Secure):
                host.secure()
            elif self.kind == "two apps":
                two_apps.add(host)
            elif self.kind == "supervisord":
                supervise(host, "autorestart=true")
        except BaseException:
            host.down()
            raise
        return host

    def apps(self, host: Host) -> tuple[Host, ...]:
        """The host as each of its apps sees it, itself first."""
        return (host, two_apps.Portal.named(host.name)) if self.kind == "two apps" else (host,)

    def sites(self, host: Host) -> tuple[Site, ...]:
        """Where the oracle finds each app."""
        if self.kind == "https":
            return (site(host, https.DOORS),)
        if self.kind == "two apps":
            first, second = self.apps(host)
            return site(first), site(second, two_apps.DOORS)
        return (site(host),)

    def __str__(self) -> str:
        """The words it is made of."""
        return " ".join(filter(None, self))


SHAPES: Final = (
    Shape("plain", "www-data", "tuned"),
    Shape("releases", "www-data", "tuned"),
    Shape("git", "gateway", "tuned"),
    Shape("releases", "gateway", "tuned"),
    Shape("plain", "gateway", "debian"),
    Shape("git", "www-data", "debian"),
    Shape("releases", "www-data", "upstream"),
    Shape("plain", "www-data", "upstream"),
)
"""The first is what most hosts look like, and what a short run has built already."""

WIDER: Final = (
    Shape("plain", "www-data", "tuned", "https"),
    Shape("releases", "gateway", "tuned", "https"),
    Shape("plain", "gateway", "debian", "two apps"),
    Shape("releases", "www-data", "tuned", "two apps"),
    Shape("plain", "www-data", "tuned", "supervisord"),
    Shape("releases", "gateway", "tuned", "supervisord"),
)
"""Shapes of a part of their own, so that the seeds of the others bring back what they brought."""
