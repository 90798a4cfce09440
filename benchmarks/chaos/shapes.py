"""The hosts that are broken: layouts, users and values of PHP-FPM, each pair of them somewhere."""

from typing import Final, NamedTuple

from tests.lab import Host


class Shape(NamedTuple):
    """What a host is made as."""

    layout: str
    user: str
    fpm: str

    def up(self, suite: str) -> Host:
        """A fresh host of this shape."""
        return Host.up(suite, self.layout, self.user, fpm=self.fpm)


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
