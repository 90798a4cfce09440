"""The rules on OPcache: silent on what is healthy, and honest about what they cannot know."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from liveproof.analysis.memory.stale_code import held_releases
from liveproof.check import check, links
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files, SectionTimes
from liveproof.model.facts.fpm import Fpm, Worker
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, Script, Source
from liveproof.model.findings import Absent, Finding, Holds, Settleable, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link, LinkVerdict, Safety, Severity
from liveproof.rules.opcache import (
    cached_bytecode_differs_from_disk,
    graceful_reload_would_drop_requests,
    hit_ratio_below_threshold,
    jit_settings_ineffective,
    opcache_disabled_in_pool,
    reset_ran_in_cli_only,
    root_follows_symlink,
    timestamps_never_validated,
    user_ini_not_in_force_everywhere,
)
from liveproof.rules.release import deploy_newer_than_service
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.unit.answers import faults, findings
from tests.unit.opcaches import BEGAN, NOW, app, fpm, nginx, opcache, passing, pool, script

NO_NGINX = Absent("no nginx")
EDITED = script("/srv/app/app/X.php", mtime=BEGAN + 60, ctime=BEGAN + 60, last_used=BEGAN + 30)
USED_SINCE = replace(EDITED, last_used=BEGAN + 90)


def files(newest: float) -> Files:
    times = SectionTimes("code", int(newest * 1e9), "app/X.php", int(newest * 1e9), "app/X.php")
    return Files("/srv/app", 1, (), (times,), (), "", 0, (), 0.0)


def about(*cached: Script, **fields: Any) -> Opcache:
    return opcache(pool("0", scripts=cached, **fields))


def test_healthy_pools_are_silent():
    """Warm, compared, and every file older than the cache."""
    host = opcache(pool(scripts=(script(),)))
    said = [
        *faults(cached_bytecode_differs_from_disk.check(app(), host, fpm())),
        *faults(timestamps_never_validated.check(app(), host, nginx(passing()))),
        *faults(root_follows_symlink.check(app(), nginx(passing()), host)),
        *faults(hit_ratio_below_threshold.check(app(), host, Settings())),
        *faults(reset_ran_in_cli_only.check(app(), host, nginx(passing()))),
        *faults(opcache_disabled_in_pool.check(app(), host)),
        *faults(graceful_reload_would_drop_requests.check(app(), fpm())),
        *faults(jit_settings_ineffective.check(app(), host)),
        *faults(deploy_newer_than_service.check(app(), files(NOW), host, NO_NGINX)),
    ]
    assert said == []


def test_never_looking_is_no_fault_after_a_reload():
    """validate_timestamps=0 with a cache that is younger than the deploy."""
    host = about(script())
    assert [
        *faults(cached_bytecode_differs_from_disk.check(app(), host, fpm())),
        *faults(timestamps_never_validated.check(app(), host, NO_NGINX)),
    ] == []
    assert faults(deploy_newer_than_service.check(app(), files(BEGAN - 5), host, NO_NGINX)) == []


def test_a_deploy_without_reload_is_found_by_its_causes():
    """Proven stale: all four speak, about the same pool."""
    host = about(script(), EDITED)
    found = [
        *faults(cached_bytecode_differs_from_disk.check(app(), host, fpm())),
        *faults(timestamps_never_validated.check(app(), host, NO_NGINX)),
        *faults(reset_ran_in_cli_only.check(app(), host, NO_NGINX)),
        *faults(deploy_newer_than_service.check(app(), files(BEGAN + 60), host, NO_NGINX)),
    ]
    assert len(found) == 4
    assert all(isinstance(one, Finding) and ("pool", "8.2/www") in [(r.kind, r.id) for r in one.about] for one in found)


def test_a_script_used_since_the_deploy_is_unknown_and_not_changed():
    """Which bytecode runs cannot be told, so nothing is called old; a reload settles it where there is one."""
    host = about(script(), USED_SINCE)
    (said,) = faults(cached_bytecode_differs_from_disk.check(app(), host, fpm()))
    assert isinstance(said, Settleable)
    assert "a reload of PHP-FPM settles it" in said.reason
    assert said.settled_by.act == ServiceAction("reload", "php8.2-fpm.service", ("/usr/sbin/php-fpm8.2", "-t"))
    (alone,) = faults(cached_bytecode_differs_from_disk.check(app(), host, Unknown("not root")))
    assert type(alone) is Unknown
    assert faults(timestamps_never_validated.check(app(), host, NO_NGINX)) == []


def test_what_a_reload_does_not_settle_is_not_planned():
    """Bytecode in files survives it."""
    (said,) = faults(
        cached_bytecode_differs_from_disk.check(app(), about(USED_SINCE, file_cache="/var/cache/php"), fpm())
    )
    assert type(said) is Unknown
    assert "does not settle it" in said.reason


def test_a_window_that_closes_is_told_with_its_end():
    """revalidate_freq of a minute: stale now, healed by itself later."""
    cached = replace(EDITED, timestamp=BEGAN, mtime_ns=(NOW - 5) * 10**9 + 1, ctime_ns=(NOW - 5) * 10**9 + 1)
    (found,) = faults(
        cached_bytecode_differs_from_disk.check(
            app(), opcache(pool(freq="60", scripts=(replace(cached, revalidate=NOW + 20),))), fpm()
        )
    )
    assert isinstance(found, Finding)
    assert "in 21 s" in found.message


def test_old_bytecode_is_counted_as_far_as_the_probe_looked():
    """More than it tells is unknown, and the count says so."""
    old = tuple(replace(EDITED, path=f"/srv/app/app/{number}.php", timestamp=BEGAN) for number in range(12))
    cached = pool(freq="60", scripts=tuple(replace(one, revalidate=NOW + 20) for one in old), incomplete=True)
    found, unknown = faults(cached_bytecode_differs_from_disk.check(app(), opcache(cached), fpm()))
    assert isinstance(found, Finding)
    assert isinstance(unknown, Unknown)
    assert "12 of the 12 cached scripts of this app that were looked at" in found.message
    assert (len(found.evidence), found.more, found.at_least) == (10, 2, True)


def test_pools_that_cannot_be_asked_leave_the_rules_unknown():
    """Never fine, and with the reason."""
    host = Opcache((("8.2/www", Unknown("busy")),), 0.0, float(NOW))
    assert [*faults(cached_bytecode_differs_from_disk.check(app(), host, fpm()))] == [Unknown("busy")]
    assert [*faults(timestamps_never_validated.check(app(), host, NO_NGINX))] == [Unknown("busy")]
    assert [*faults(opcache_disabled_in_pool.check(app(), host))] == [Unknown("busy")]


def test_bytecode_kept_in_files_only_is_unknown():
    """No status tells of it, so it is not off either."""
    host = opcache(replace(pool(file_cache_only="1"), enabled=False))
    (said,) = faults(cached_bytecode_differs_from_disk.check(app(), host, fpm()))
    assert isinstance(said, Unknown)
    assert faults(opcache_disabled_in_pool.check(app(), host)) == []


def test_reloading_is_safe_only_where_requests_may_finish():
    """process_control_timeout decides."""
    (found,) = faults(cached_bytecode_differs_from_disk.check(app(), about(EDITED), fpm()))
    assert isinstance(found, Finding)
    (safe,) = cached_bytecode_differs_from_disk.reload(found, about(EDITED), fpm())
    assert safe.act == ServiceAction("reload", "php8.2-fpm.service", ("/usr/sbin/php-fpm8.2", "-t"))
    (without,) = cached_bytecode_differs_from_disk.reload(found, about(script(), EDITED), fpm(0.0))
    assert isinstance(without.act, InvalidateScripts)
    assert without.act.scripts == (EDITED.path,)
    (cutting,) = cached_bytecode_differs_from_disk.reload(found, about(EDITED, memory_free=0), fpm(0.0))
    assert (safe.safety, without.safety, cutting.safety) == (Safety.SAFE, Safety.SAFE, Safety.DROPS)
    assert cutting.act == safe.act
    assert "too little to hold these scripts" in cutting.cost
    (signal,) = cached_bytecode_differs_from_disk.reload(found, about(EDITED), fpm(unit=""))
    assert signal.act == ServiceAction("signal", test=("/usr/sbin/php-fpm8.2", "-t"), pid=9, start=1.0)


# --- the symbolic link ---------------------------------------------------------------------------------------------

LINKED = app("/srv/current", "/srv/r/2")
OLD, NEW = "/srv/r/1/public/index.php", "/srv/r/2/public/index.php"
MOVED = float(BEGAN + 500)


def switched(
    *entries: Script, ttl: str = "120", validates: str = "0", realpath: tuple[tuple[str, str], ...] = ()
) -> Opcache:
    held = pool(validates, entries=entries, realpath=realpath, settings={"realpath_cache_ttl": ttl})
    return replace(opcache(held), link_moved=MOVED)


def held(host: Opcache, configuration: Nginx | None = None) -> list[str]:
    return [one.release for one in held_releases(LINKED, host, host.seen[0], configuration or nginx(passing()))]


def test_a_release_used_after_the_switch_is_held():
    """The old front controller answered the latest request."""
    assert held(switched(script(OLD, last_used=BEGAN + 900), script(NEW, last_used=BEGAN + 100))) == ["/srv/r/1"]


def test_a_release_used_until_the_switch_is_not_held():
    """Its scripts stay in the cache, which is no fault."""
    assert held(switched(script(OLD, last_used=BEGAN + 499), script(NEW, last_used=BEGAN + 900))) == []


def test_a_release_that_has_given_way_is_not_held():
    """The realpath cache has let go of it, and the new release answers."""
    assert held(switched(script(OLD, last_used=BEGAN + 590), script(NEW, last_used=BEGAN + 900))) == []


def test_a_worker_may_still_hold_it_while_another_has_let_go():
    """Within the realpath cache's time both answer."""
    host = switched(script(OLD, last_used=BEGAN + 590), script(NEW, last_used=BEGAN + 900), ttl="3600")
    assert held(host) == ["/srv/r/1"]


def test_a_worker_that_resolves_the_link_to_the_old_release_holds_it():
    """What its realpath cache says."""
    pinned = (("/srv/current", "/srv/r/1"), ("/srv/current/public", "/srv/r/1/public"))
    assert held(switched(realpath=pinned)) == ["/srv/r/1"]
    assert held(switched(realpath=(("/srv/current", "/srv/r/2"),))) == []
    assert held(switched(realpath=(("/srv/current/storage", "/srv/shared/storage"),))) == []


def test_a_resolved_root_holds_nothing():
    """$realpath_root: another release is somebody else's."""
    host = switched(script(OLD, last_used=BEGAN + 900))
    assert held(host, nginx(passing("$realpath_root"))) == []


def test_a_release_that_another_server_block_serves_is_not_held():
    """A preview, or the other colour."""
    host = switched(script(OLD, last_used=BEGAN + 900))
    assert held(host, nginx(passing(), roots=("/srv/r/1/public",))) == []


def test_a_neighbour_is_no_release():
    """Another app beside the release has another layout."""
    host = switched(script("/srv/r/other/web/public/index.php", last_used=BEGAN + 900))
    assert held(host) == []


def test_the_setting_alone_is_a_notice_and_its_effect_a_fault():
    """The effect is told alone: its own finding says what the notice would."""
    quiet = faults(root_follows_symlink.check(LINKED, nginx(passing()), switched()))
    assert [one.severity for one in quiet if isinstance(one, Finding)] == [Severity.NOTICE]
    loud = faults(root_follows_symlink.check(LINKED, nginx(passing()), switched(script(OLD, last_used=BEGAN + 900))))
    assert [one.severity for one in loud if isinstance(one, Finding)] == [None]
    assert faults(
        timestamps_never_validated.check(LINKED, switched(script(OLD, last_used=BEGAN + 900)), nginx(passing()))
    )


SITE = """server {
  root /srv/current/public;
  location ~ php {
    include fastcgi_params;
    fastcgi_pass unix:/run/php/php8.2-fpm.sock;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  }
}
"""
PARAMS = "fastcgi_param QUERY_STRING $query_string;\nfastcgi_param DOCUMENT_ROOT $document_root;\n"


def test_the_edit_resolves_the_root_in_the_real_file():
    """nginx names it by a link; the link itself is not replaced."""
    sources = (Source("/n", "/etc/nginx/sites-available/n", SITE), Source("/etc/fastcgi_params", "/x", PARAMS))
    host = replace(switched(), sources=sources)
    *_, notice = faults(root_follows_symlink.check(LINKED, nginx(passing()), host))
    assert isinstance(notice, Finding)
    write, *reloads = root_follows_symlink.forget_or_resolve(notice, LINKED, nginx(passing()), fpm(), host)
    assert isinstance(write.act, WriteFile)
    assert (write.act.path, write.safety) == ("/etc/nginx/sites-available/n", Safety.CONFIG)
    assert write.act.old_sha256 == hashlib.sha256(SITE.encode()).hexdigest()
    assert write.act.content.count("$realpath_root") == 2
    assert "$document_root" not in write.act.content
    assert [type(step.act) for step in reloads] == [ServiceAction, ServiceAction]


def test_the_effect_is_mended_at_once_and_its_setting_where_that_is_allowed():
    """The reload is safe; the edit of nginx's file is a further step, and is held back alone."""
    sources = (Source("/n", "/etc/nginx/sites-available/n", SITE), Source("/etc/fastcgi_params", "/x", PARAMS))
    host = replace(switched(script(OLD, last_used=BEGAN + 900)), sources=sources)
    (told,) = faults(root_follows_symlink.check(LINKED, nginx(passing()), host))
    assert isinstance(told, Finding)
    found = replace(told, code="OPC004", severity=Severity.HIGH)
    steps = list(root_follows_symlink.forget_or_resolve(found, LINKED, nginx(passing()), fpm(), host))
    assert [(type(step.act), step.safety, step.further) for step in steps] == [
        (ServiceAction, Safety.SAFE, False),
        (WriteFile, Safety.CONFIG, True),
        (ServiceAction, Safety.SAFE, True),
    ]


def test_a_shared_snippet_is_not_edited():
    """It would change other apps as well."""
    host = replace(switched(), sources=(Source("/snippet", "/snippet", SITE),))
    shared = nginx(passing(file="/snippet"))
    *_, notice = faults(root_follows_symlink.check(LINKED, shared, host))
    assert isinstance(notice, Finding)
    assert list(root_follows_symlink.forget_or_resolve(notice, LINKED, shared, fpm(), host)) == []


# --- settings and counters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "misses", "age", "found"),
    [(8000, 2000, 700, 1), (8000, 2000, 500, 0), (80, 20, 700, 0), (9000, 1000, 700, 0), (0, 0, 700, 0)],
)
def test_the_hit_ratio_has_a_warm_up_gate(hits, misses, age, found):
    """Too young or too few look-ups: silent."""
    host = opcache(pool(hits=hits, misses=misses, start_time=NOW - age))
    assert len(faults(hit_ratio_below_threshold.check(app(), host, Settings()))) == found


JIT = "opcache.jit"
SIZE = "opcache.jit_buffer_size"


@pytest.mark.parametrize(
    ("php", "mode", "size", "on", "found"),
    [
        ("8.2.36", "tracing", "0", False, 0),
        ("8.2.36", "1235", "0", False, 1),
        ("8.2.36", "tracing", "67108864", False, 1),
        ("8.2.36", "1235", "67108864", True, 0),
        ("8.2.36", "off", "67108864", False, 0),
        ("8.4.28", "disable", "67108864", False, 0),
        ("8.4.28", "tracing", "0", False, 1),
        ("8.4.28", "tracing", "67108864", True, 0),
        ("7.4.33", "", "", False, 0),
    ],
)
def test_the_jit_is_asked_for_only_by_what_differs_from_the_default(php, mode, size, on, found):
    """PHP before 8.4 names a mode without a buffer by default, later ones a buffer without a mode."""
    host = opcache(pool(php=php, jit_on=on, settings={JIT: mode, SIZE: size}))
    assert len(faults(jit_settings_ineffective.check(app(), host))) == found


def test_a_pool_without_opcache_is_told():
    """Off, or not even there."""
    off = opcache(replace(pool(settings={"opcache.enable": "0"}), enabled=False))
    missing = opcache(replace(pool(), enabled=False, loaded=False))
    (first,), (second,) = (
        faults(opcache_disabled_in_pool.check(app(), off)),
        faults(opcache_disabled_in_pool.check(app(), missing)),
    )
    assert isinstance(first, Finding)
    assert isinstance(second, Finding)
    assert "opcache.enable=0" in first.evidence[0].saw
    assert "not loaded" in second.evidence[0].saw
    facts = {App: app(), Opcache: off}
    results = check((opcache_disabled_in_pool.rule,), facts)
    assert opcache_disabled_in_pool.rule.severity is Severity.NOTICE
    (cache,) = (link for link in links((opcache_disabled_in_pool.rule,), results) if link.link is Link.MEMORY)
    assert cache.verdict is LinkVerdict.PROVEN, "code that is compiled at each request is always that on disk"


def test_the_timeout_is_set_in_the_global_section():
    """And takes effect by a reload that still cuts off."""
    config = "/etc/php/8.2/fpm/php-fpm.conf"
    host = replace(opcache(pool()), sources=(Source(config, config, "[global]\npid = /run/x\n"),))
    (found,) = findings(graceful_reload_would_drop_requests.check(app(), fpm(0.0)))
    write, reload = graceful_reload_would_drop_requests.let_requests_finish(found, app(), fpm(0.0), host)
    assert isinstance(write.act, WriteFile)
    assert write.act.content == "[global]\nprocess_control_timeout = 10s\npid = /run/x\n"
    assert reload.safety is Safety.DROPS


@pytest.mark.parametrize(
    ("changed", "ttl", "name", "started", "kind"),
    [
        (NOW - 100, "300", ".user.ini", 1.0, Unknown),
        (NOW - 302, "300", ".user.ini", 1.0, Holds),
        (NOW - 300, "300", ".user.ini", 1.0, Unknown),  # PHP looks again in the second after
        (NOW - 100, "", ".user.ini", 1.0, Unknown),
        (NOW - 100, "10", ".user.ini", 1.0, Holds),
        (NOW - 100, "300", "", 1.0, Holds),
        (NOW - 100, "300", ".user.ini", NOW - 99.0, Holds),
        (NOW - 100, "300", ".user.ini", NOW - 100.0, Unknown),
        (NOW - 100, "300", ".user.ini", None, Unknown),
        (NOW - 100, "86400", ".user.ini", 1.0, Finding),
        (0.0, "300", ".user.ini", 1.0, Holds),
    ],
)
def test_a_user_ini_is_in_force_once_no_worker_can_hold_an_older_one(changed, ttl, name, started, kind):
    """By its age against what PHP keeps, or by workers that are younger than it."""
    settings = {"user_ini.filename": name, "user_ini.cache_ttl": ttl}
    seen = opcache(pool(settings=settings, user_ini_changed=float(changed)))
    host = fpm()
    master = host.masters[0]
    workers = (Worker(7, started, 33),) if started is not None else ()
    host = Fpm((replace(master, pools=(replace(master.pools[0], workers=workers),)),))
    (answer,) = user_ini_not_in_force_everywhere.check(app(), seen, host)
    assert isinstance(answer, kind)
    if kind is Unknown:
        assert "until" in answer.reason
