"""What serves an app: its running pools, why there is nothing to judge otherwise, which files configure it. Pure."""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Ref, Unknown


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


def running_masters(app: App, fpm: Fpm) -> Iterator[Master | Unknown]:
    """The running masters of the app's pools, each once; for every pool without one, and where there is none, why."""
    seen: set[int] = set()
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
        elif one[0].pid not in seen:
            seen.add(one[0].pid)
            yield one[0]


def unit_of(master: Master) -> tuple[Ref, ...]:
    """The unit that runs a master, as what a finding is about; nothing where no unit does."""
    return (Ref("unit", master.unit.name),) if isinstance(master.unit, Unit) else ()


def configuration_files(fpm: object, nginx: object) -> Iterator[str]:
    """The configuration files that the running nginx and PHP-FPM masters read, as they name them.

    ``fpm`` and ``nginx`` are the facts; one that is Unknown, Absent or was not asked for has no files.
    """
    if isinstance(nginx, Nginx):
        yield from (path for path, _ in nginx.files)
    for master in fpm.masters if isinstance(fpm, Fpm) else ():
        yield from (path for path, _ in master.files)
