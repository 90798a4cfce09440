"""The layers that a host stands on."""

from pathlib import Path

from tests.lab import layer_gc
from tests.lab.layout import deployed, site
from tests.lab.product import libraries, package
from tests.lab.rootfs import rootfs
from tests.lab.stock import stock
from tests.lab.suites import suite as suite_named


def layers(suite: str, layout: str, user: str, fpm: str = "tuned") -> list[Path]:
    """What a host of this kind is made of, topmost first; all of it is built when it is not there yet."""
    at = site(suite_named(suite), layout, user, fpm)
    bottom = rootfs(at.suite)
    app = deployed(at, bottom)
    stack = [package(at.suite, bottom), stock(at, app, bottom), app, libraries(at.suite, bottom), bottom]
    found = [part for part in stack if part is not None]
    for part in found:
        layer_gc.used(part)
    return found
