"""What a pool preloaded: found old where it is, and silent about what others preload."""

from dataclasses import replace
from typing import Any

import pytest

from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.model.findings import Answer, Finding, Holds, Settleable, Unknown
from liveproof.rules.opcache import preload_predates_deploy as rule
from tests.unit.opcaches import BEGAN, app, fpm, opcache, pool, script

PRELOAD = "/srv/app/preload.php"
EDITED = {"mtime": BEGAN + 60.5, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2}


def preloaded(path: str = PRELOAD, **fields: Any) -> Script:
    return script(path, preloaded=True, **{"hits": 0, "last_used": 0, **fields})


def holding(*scripts: Script, preload: str = PRELOAD, real: str = PRELOAD, **fields: Any) -> PoolOpcache:
    return pool(preload=preload, preloaded=scripts, preload_real=real, **fields)


def answers(one: PoolOpcache, link: str = "", **fields: Any) -> list[Answer]:
    served = app(link, "/srv/releases/2") if link else app()
    return list(rule.check(served, opcache(one, **fields), fpm()))


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (pool(), "pool 8.2/www preloads nothing"),
        (pool(preload=PRELOAD, preload_real=PRELOAD), "pool 8.2/www preloads nothing"),
        (holding(preloaded(), preloaded("/srv/app/app/X.php")), "pool 8.2/www: 2 preloaded scripts"),
        (
            holding(preloaded("/srv/blog/p.php", **EDITED), preload="/srv/blog/p.php", real="/srv/blog/p.php"),
            "pool 8.2/www: 1 preloaded scripts, none of them of this app",
        ),
    ],
)
def test_what_holds(one, what):
    """Nothing preloaded, all as it is on disk, or another app's."""
    assert answers(one) == [Holds(what)]


@pytest.mark.parametrize("fields", [EDITED, {"exists": False}])
def test_a_preloaded_file_that_changed_or_went(fields):
    """Its class stays until a reload, which is the fix."""
    one = holding(preloaded(), preloaded("/srv/app/app/X.php", **fields))
    (found,) = answers(one)
    assert isinstance(found, Finding)
    assert "1 of the 2 files" in found.message
    assert found.ids("file") == ("/srv/app/app/X.php",)
    (step,) = rule.reload(found, opcache(one), fpm())
    assert step.act.describe() == "reload php8.2-fpm.service"


def test_a_change_that_cannot_be_dated_is_settled_by_a_reload():
    """Such as an owner's change: the time that it carries is older."""
    (said,) = answers(holding(preloaded(mtime=BEGAN - 60, ctime=BEGAN + 60.5, seen_by=BEGAN + 2)))
    assert isinstance(said, Settleable)
    assert "changed after PHP-FPM began to preload" in said.reason


def test_a_release_that_the_link_no_longer_names():
    """What was preloaded is that release's, whatever its files hold."""
    old = preloaded("/srv/releases/1/preload.php")
    one = holding(old, preload="/srv/current/preload.php", real="/srv/releases/2/preload.php")
    (found,) = answers(one, "/srv/current", link_moved=BEGAN + 50.0)
    assert isinstance(found, Finding)
    assert "another release" in found.message
    assert found.evidence[0].expected == "/srv/releases/2/preload.php"
    same = replace(one, preloaded=(preloaded("/srv/releases/2/preload.php"),))
    assert answers(same, "/srv/current", link_moved=BEGAN - 50.0) == [Holds("pool 8.2/www: 1 preloaded scripts")]


@pytest.mark.parametrize(("moved", "told"), [(BEGAN + 50.0, Finding), (BEGAN - 50.0, Holds)])
def test_a_preload_script_outside_of_the_app_that_loads_a_release(moved, told):
    """Proven by the link that moved after PHP had preloaded."""
    scripts = (preloaded("/etc/p.php"), preloaded("/srv/releases/1/app/X.php"))
    one = holding(*scripts, preload="/etc/p.php", real="/etc/p.php")
    assert [type(said) for said in answers(one, "/srv/current", link_moved=moved)] == [told]


def test_without_its_script_php_fpm_is_not_reloaded():
    """It would not start again."""
    one = holding(preloaded(exists=False), real="")
    (found,) = answers(one)
    assert isinstance(found, Finding)
    assert "does not start again" in found.advice
    assert list(rule.reload(found, opcache(one), fpm())) == []


@pytest.mark.parametrize(
    "one", [holding(enabled=False), holding(preloaded(), incomplete=True)], ids=["OPcache off", "too many scripts"]
)
def test_what_cannot_be_seen_is_said(one):
    """Neither holds nor is found."""
    assert any(isinstance(said, Unknown) for said in answers(one))
