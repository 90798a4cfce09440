"""The pools that serve an app, as rules judge them: running ones, and why there is nothing to judge otherwise. Pure."""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool
from liveproof.model.findings import Unknown


def no_pool(app: App, why: str = "nginx passes none of its requests to a pool that is known") -> Unknown:
    """Why rules on pools cannot tell anything of this app."""
    return Unknown(f"no PHP-FPM pool is known to serve {app.path}: {why}")


def running(app: App, fpm: Fpm) -> Iterator[tuple[Master, Pool] | Unknown]:
    """The app's pools whose master runs; for every other one, and where there is none, the reason."""
    found = fpm.serving(app.pools)
    if not found:
        yield no_pool(app)
    for master, pool in found:
        yield (master, pool) if master.pid else Unknown(f"pool {pool.id} does not run")
