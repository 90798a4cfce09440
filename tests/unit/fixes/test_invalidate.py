"""When PHP can be let compile named scripts again without a reload, and what is said when it cannot."""

from dataclasses import replace
from typing import Any

import pytest

from liveproof.fixes.invalidate import invalidation
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.plan import Step
from liveproof.steps.invalidate_scripts import InvalidateScripts
from tests.unit.opcaches import BEGAN, fpm, opcache, pool, script

TWO = (script("/srv/app/b.php"), script("/srv/app/a.php"))


def asked(
    cache: PoolOpcache, scripts: tuple[Script, ...] = TWO, masters: Fpm | None = None, **fields: Any
) -> Step | str:
    seen: Opcache = opcache(cache, **fields)
    return invalidation(masters or fpm(control_timeout=0), seen, cache, scripts, "old code is served")


def test_the_step_names_the_cache_and_all_that_reaches_it() -> None:
    """The master and its cache as they were seen, and the sockets of all of its pools."""
    (master,) = fpm().masters
    other = replace(master.pools[0], name="api", address="127.0.0.1:9000")
    step = asked(pool(validates="0"), masters=Fpm((replace(master, pools=(*master.pools, other)),)))
    assert isinstance(step, Step)
    address = "unix:/run/php/php8.2-fpm.sock"
    assert step.act == InvalidateScripts(
        "8.2/www",
        address,
        (("www", address), ("api", "127.0.0.1:9000")),
        9,
        1.0,
        (BEGAN, 0),
        ("/srv/app/a.php", "/srv/app/b.php"),
    )
    assert step.why == "old code is served"
    assert step.undo


MANY = tuple(script(f"/srv/app/{number}.php") for number in range(51))
CHROOTED = replace(fpm().masters[0].pools[0], name="other", chroot="/jail")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cache": pool(), "scripts": ()}, "no script is named"),
        ({"cache": pool(), "scripts": MANY}, "51 scripts are too many"),
        ({"cache": pool(), "scripts": (script(exists=False),)}, "/srv/app/public/index.php is gone"),
        ({"cache": pool(), "link_moved": BEGAN + 5.0}, "was changed since the cache was started"),
        ({"cache": pool(preload="/srv/preload.php")}, "opcache.preload is set in pool 8.2/www"),
        ({"cache": pool(file_cache="/var/tmp/x")}, "opcache.file_cache is set"),
        ({"cache": pool(file_cache_only="1")}, "opcache.file_cache_only=1"),
        ({"cache": pool(settings={"opcache.restrict_api": "/srv"})}, "opcache.restrict_api is set"),
        ({"cache": pool(enabled=False)}, "OPcache is off"),
        ({"cache": pool(restart_pending=True)}, "is about to restart"),
        ({"cache": pool(cache_full=True)}, "is full"),
        ({"cache": pool(keys=16229)}, "is full"),
        ({"cache": pool(memory_free=1_050_000)}, "has 1.1 MB free, too little"),
        ({"cache": replace(pool(), pool="8.4/www")}, "no running PHP-FPM master is known for pool 8.4/www"),
        ({"cache": pool(), "masters": Fpm((replace(fpm().masters[0], pid=0),))}, "no running PHP-FPM master"),
        (
            {
                "cache": pool(),
                "masters": Fpm((replace(fpm().masters[0], pools=(*fpm().masters[0].pools, CHROOTED)),)),
            },
            "chrooted",
        ),
    ],
)
def test_why_a_reload_is_needed(given: dict[str, Any], words: str) -> None:
    reason = asked(**given)
    assert isinstance(reason, str)
    assert words in reason
    assert not reason.endswith(".")


def test_a_link_that_has_not_moved_since_the_cache_began_hides_nothing() -> None:
    assert isinstance(asked(pool(), link_moved=BEGAN - 5.0), Step)


def test_fifty_are_not_too_many() -> None:
    step = asked(pool(), scripts=MANY[:50])
    assert isinstance(step, Step)
    assert isinstance(step.act, InvalidateScripts)
    assert len(step.act.scripts) == 50
