"""The rules on what each worker of a pool keeps by itself, from facts to findings."""

from dataclasses import replace

import pytest

from liveproof.model.facts.fpm import Fpm, Worker
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Finding, Settleable, Unknown
from liveproof.probes.nginx.php_settings import numbered
from liveproof.rules.opcache import realpath_cache_pins_old_release, worker_settings_differ
from tests.unit.answers import faults
from tests.unit.opcaches import NOW, app, fpm, nginx, opcache, passing, pool

LINKED = app("/srv/current", "/srv/r/2")
MOVED = NOW - 60
POOL = "8.2/www"


def _workers(*starts: float) -> Fpm:
    one = fpm().masters[0]
    workers = tuple(Worker(7 + at, start, 33) for at, start in enumerate(starts))  # the pool is asked through worker 7
    return Fpm((replace(one, pools=(replace(one.pools[0], workers=workers),)),))


def _switched(ttl: str = "120", *realpath: tuple[str, str], validates: str = "1") -> Opcache:
    held = pool(validates, realpath=realpath, settings={"realpath_cache_ttl": ttl})
    return replace(opcache(held), link_moved=float(MOVED))


@pytest.mark.parametrize(
    ("starts", "ttl", "unknown"),
    [
        ((1.0, 1.0, 1.0), "120", True),
        ((1.0,), "120", False),  # it was asked, and keeps nothing
        ((1.0, MOVED + 5), "120", False),
        ((1.0, 1.0), "30", False),
        ((1.0, 1.0), "0", False),
        ((1.0, 1.0), "", True),  # PHP's own default
    ],
)
def test_workers_that_were_not_asked(starts: tuple[float, ...], ttl: str, unknown: bool) -> None:
    """Those of before the switch prove nothing until their time is over; a reload settles it."""
    said = faults(realpath_cache_pins_old_release.check(LINKED, nginx(passing()), _switched(ttl), _workers(*starts)))
    assert bool(said) is unknown
    assert all(isinstance(one, Settleable) for one in said)


def test_a_cache_that_never_looks_again_keeps_what_the_link_led_to() -> None:
    """However long ago that was, and however few workers there are."""
    host = _switched("30", validates="0")
    (said,) = faults(realpath_cache_pins_old_release.check(LINKED, nginx(passing()), host, _workers(1.0)))
    assert isinstance(said, Settleable)
    assert "opcache.validate_timestamps=0" in said.reason
    unlinked = replace(host, link_moved=0.0)
    assert faults(realpath_cache_pins_old_release.check(LINKED, nginx(passing()), unlinked, _workers(1.0))) == []


def test_a_worker_that_keeps_the_old_release() -> None:
    """What it keeps is the evidence, and the reload names the pool's master."""
    host = _switched("120", ("/srv/current/public", "/srv/r/1/public"))
    (finding,) = faults(realpath_cache_pins_old_release.check(LINKED, nginx(passing()), host, fpm()))
    assert isinstance(finding, Finding)
    assert "Worker 7 of pool 8.2/www still resolves /srv/current to /srv/r/1" in finding.message
    assert len(list(realpath_cache_pins_old_release.forget(finding, LINKED, fpm()))) == 1


def test_a_root_that_nginx_resolves_pins_nothing() -> None:
    """No worker resolves anything."""
    resolved = nginx(passing("$realpath_root"))
    assert faults(realpath_cache_pins_old_release.check(LINKED, resolved, _switched(), _workers(1.0, 1.0))) == []


def test_settings_that_stay_in_a_worker() -> None:
    """A finding where requests of one pool differ; the values, which may be secrets, are never told."""
    of = replace(app(), pools=(POOL,))
    plain = passing()
    address = plain.addresses[0]
    given = replace(plain, line=9, params=(("PHP_VALUE", "mysqli.default_pw=hunter2", False),))
    other = replace(plain, line=12, params=(("PHP_VALUE", "memory_limit=9M", False), ("X", "y", False)))
    told = {one.line: one for one in numbered(nginx(plain, given, other, given).servers)[0].passes}
    sending, another = told[9], told[12]
    assert (told[5].php_settings, sending.php_settings) == ((), ("PHP_VALUE #1",))
    assert another.php_settings == ("PHP_VALUE #2",)
    sending = replace(sending, params=())
    facts = replace(fpm(), routes=((address, (POOL,)),))
    (finding,) = faults(worker_settings_differ.check(of, nginx(plain, sending), facts))
    assert isinstance(finding, Finding)
    assert "hunter2" not in f"{finding}"
    assert {one.saw for one in finding.evidence} == {"sends PHP_VALUE #1", "sends none"}
    for same in ((plain,), (sending, sending)):
        assert faults(worker_settings_differ.check(of, nginx(*same), facts)) == []
    assert faults(worker_settings_differ.check(of, nginx(plain, sending), replace(facts, routes=()))) == []
    unread = replace(nginx(plain), unread=("/x cannot be read",))
    (said,) = faults(worker_settings_differ.check(of, unread, facts))
    assert isinstance(said, Unknown)
