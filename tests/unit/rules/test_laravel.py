"""rules/laravel: what is said, and what is mended, for caches, views and logs as they may be."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.assets import Assets, Hot, Manifest
from liveproof.model.facts.laravel import NO_DOTENV, CacheFile, CompiledView, Laravel, Override, PackageCache
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.findings import Finding, Holds, Unknown
from liveproof.model.plan import Step
from liveproof.model.verdicts import Severity
from liveproof.rules.laravel import (
    assets_manifest_stale,
    cache_built_for_another_path,
    cache_file_missing,
    clear_command_did_nothing,
    compiled_view_stale,
    config_cache_stale,
    config_cache_unreadable,
    environment_file_missing_or_unreadable,
    environment_overrides_dotenv,
    errors_logged_since_deploy,
    event_cache_stale,
    package_cache_stale,
    package_manifest_stale,
    route_cache_stale,
)
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from tests.unit.answers import faults, findings

_APP = App("/app", "/app", "/app/public", "www-data", 33, 33, (33,), ("8.2/www",), (), True)
_NOT_SEEN = Unknown("not seen")


def cache(kind: str, **changes: object) -> CacheFile:
    """A cache that is there, fresh and readable."""
    fresh = CacheFile(kind, f"bootstrap/cache/{kind}.php", True, 10, 1, 33, 33, 0o640, True, True, ())
    return replace(fresh, **changes)  # type: ignore[arg-type]


def laravel(*caches: CacheFile, **changes: object) -> Laravel:
    """A healthy Laravel in production with these caches instead of its own."""
    all_of_them = {kind: cache(kind) for kind in ("config", "routes", "packages", "services")}
    all_of_them |= {one.kind: one for one in caches}
    healthy = Laravel(
        "10.0.0", "/usr/bin/php8.2", "production", False, tuple(all_of_them.values()), (), (), (), (), "UTC",
        "storage/framework/views", overrides=(), package_caches=(),
    )  # fmt: skip
    return replace(healthy, **changes)  # type: ignore[arg-type]


def access(**writable: bool) -> Access:
    """What the app's user may write; ``cache`` is bootstrap/cache."""
    names = {"cache": "bootstrap/cache", "storage": "storage"}
    return Access(tuple((names[name], can) for name, can in writable.items()), (), (), 1)


def acts(steps: Iterable[Step]) -> list[str]:
    """What the steps do, in a word each."""
    told = []
    for step in steps:
        assert isinstance(step.act, RunArtisan | RemoveFile)
        told.append(step.act.arguments[0] if isinstance(step.act, RunArtisan) else f"remove {step.act.path}")
    return told


def test_a_healthy_laravel_is_silent() -> None:
    """No rule says anything."""
    seen = laravel()
    assert faults(config_cache_stale.check(_APP, seen)) == []
    assert faults(route_cache_stale.check(_APP, seen)) == []
    assert faults(event_cache_stale.check(_APP, seen)) == []
    assert faults(environment_overrides_dotenv.check(_APP, seen)) == []
    assert faults(environment_file_missing_or_unreadable.check(_APP, seen)) == []
    assert faults(cache_file_missing.check(_APP, seen, _NOT_SEEN, _NOT_SEEN)) == []
    assert faults(compiled_view_stale.check(_APP, seen)) == []
    assert faults(package_manifest_stale.check(_APP, seen)) == []
    assert faults(config_cache_unreadable.check(_APP, seen, _NOT_SEEN)) == []
    assert faults(clear_command_did_nothing.check(_APP, seen, access(cache=False))) == []


@pytest.mark.parametrize("kind", ["config", "routes", "events"])
def test_a_stale_cache_is_found_and_rebuilt(kind: str) -> None:
    """By artisan as the app's user, and nothing is taken away that artisan can start with."""
    rule = {"config": config_cache_stale, "routes": route_cache_stale, "events": event_cache_stale}[kind]
    seen = laravel(cache(kind, fresh=False, differs=("app.name",)))
    (found,) = findings(rule.check(_APP, seen))
    assert "app.name" in found.evidence[0].saw
    steps = rule.rebuild(found, _APP, seen, *((_NOT_SEEN,) if kind == "routes" else ()))
    assert acts(steps) == [{"config": "config:cache", "routes": "route:cache", "events": "event:cache"}[kind]]


@pytest.mark.parametrize(
    ("modes", "umask"),
    [((0o640, 0o640), 0o027), ((0o644, 0o644), 0o022), ((0o600, 0o644), 0o077), ((0o664, 0o664), 0o002)],
)
def test_a_rebuilt_cache_is_no_more_open_than_the_old_one(modes: tuple[int, int], umask: int) -> None:
    """It holds the secrets of .env."""
    seen = laravel(cache("config", fresh=False, differs=("a",), mode=modes[0]), cache("routes", mode=modes[1]))
    (found,) = findings(config_cache_stale.check(_APP, seen))
    (step,) = config_cache_stale.rebuild(found, _APP, seen)
    assert isinstance(step.act, RunArtisan)
    assert step.act.umask == umask


def test_what_cannot_be_told_is_unknown() -> None:
    """With the reason of the probe."""
    (said,) = faults(config_cache_stale.check(_APP, laravel(cache("config", fresh=Unknown("artisan fails")))))
    assert isinstance(said, Unknown)
    assert "artisan fails" in said.reason


def test_a_rebuild_that_would_lose_values_is_not_planned() -> None:
    """The advice says what to put into .env."""
    seen = laravel(cache("config", fresh=False, differs=("a", "b"), loses=("a",)))
    (found,) = findings(config_cache_stale.check(_APP, seen))
    assert ".env" in found.advice
    assert acts(config_cache_stale.rebuild(found, _APP, seen)) == []


@pytest.mark.parametrize("what", [{"broken": True}, {"readable": False}, {"differs": ("app.providers.3",)}])
def test_a_cache_that_stops_artisan_is_not_started_from(what: dict[str, object]) -> None:
    """Cut off, unreadable, or naming providers that may be gone."""
    seen = laravel(cache("config", fresh=False, **what))
    (found,) = findings(config_cache_stale.check(_APP, seen))
    (step,) = config_cache_stale.rebuild(found, _APP, seen)
    assert isinstance(step.act, RunArtisan)
    assert step.act.fresh[0] == ("APP_CONFIG_CACHE", "bootstrap/cache/config.php")


def test_a_cache_outside_the_app_is_for_a_person() -> None:
    """What could not be put back is not changed."""
    seen = laravel(cache("config", fresh=False, differs=("a",), path="/srv/config.php"))
    (found,) = findings(config_cache_stale.check(_APP, seen))
    assert acts(config_cache_stale.rebuild(found, _APP, seen)) == []


def test_an_app_that_never_cached_is_silent() -> None:
    """That is its own choice."""
    seen = laravel(cache("config", exists=False), cache("routes", exists=False))
    assert faults(cache_file_missing.check(_APP, seen, _NOT_SEEN, _NOT_SEEN)) == []


def test_one_of_two_caches_is_told_in_production_only() -> None:
    """As a notice: the app reads the sources, which is right and slow."""
    seen = laravel(cache("routes", exists=False))
    (found,) = findings(cache_file_missing.check(_APP, seen, _NOT_SEEN, _NOT_SEEN))
    assert found.severity is Severity.NOTICE
    assert acts(cache_file_missing.make(found, _APP, seen)) == ["route:cache"]
    assert faults(cache_file_missing.check(_APP, replace(seen, environment="local"), _NOT_SEEN, _NOT_SEEN)) == []


def test_a_configuration_cache_is_not_made_on_a_guess() -> None:
    """An app that calls env() outside of config/ would break by it."""
    seen = laravel(cache("config", exists=False))
    (found,) = findings(cache_file_missing.check(_APP, seen, _NOT_SEEN, _NOT_SEEN))
    assert acts(cache_file_missing.make(found, _APP, seen)) == []


def test_a_missing_manifest_matters_where_it_cannot_be_written() -> None:
    """Else Laravel writes it by itself."""
    seen = laravel(cache("packages", exists=False))
    assert faults(cache_file_missing.check(_APP, seen, access(cache=True), _NOT_SEEN)) == []
    (found,) = findings(cache_file_missing.check(_APP, seen, access(cache=False), _NOT_SEEN))
    assert found.severity is Severity.CRITICAL


def test_stale_views_are_taken_away_one_by_one_where_not_all_compile() -> None:
    """Laravel compiles them on the next request; where all compile, artisan does it."""
    seen = laravel(stale_views=(CompiledView("resources/views/a.blade.php", "storage/framework/views/x.php", "newer"),))
    (found,) = findings(compiled_view_stale.check(_APP, seen))
    told = acts(compiled_view_stale.compile_again(found, _APP, seen, _NOT_SEEN))
    assert told == ["remove storage/framework/views/x.php"]
    compile_all = replace(seen, views_compile=True)
    assert acts(compiled_view_stale.compile_again(found, _APP, compile_all, _NOT_SEEN)) == ["view:cache"]


def test_what_differs_is_counted_also_where_not_all_is_named() -> None:
    """The probe names 40 and says how many more there are."""
    differs = (*(f"app.k{number}" for number in range(40)), "and 60 more")
    seen = laravel(cache("config", fresh=False, differs=differs), cache("routes", fresh=False, differs=differs))
    (found,) = findings(config_cache_stale.check(_APP, seen))
    assert "100 keys differ: app.k0, " in found.message
    assert "app.k9 and 90 more" in found.message
    (found,) = findings(route_cache_stale.check(_APP, seen))
    assert "100 routes differ" in found.message
    seen = laravel(cache("packages", fresh=False, differs=differs), packages_differ=differs)
    (found,) = findings(package_manifest_stale.check(_APP, seen))
    assert "app.k2 and 97 more" in found.message


def test_a_stale_manifest_is_discovered_anew() -> None:
    """Without taking anything away while artisan can start."""
    seen = laravel(cache("packages", fresh=False, differs=("a/b",)), packages_differ=("a/b",))
    (found,) = findings(package_manifest_stale.check(_APP, seen))
    assert acts(package_manifest_stale.discover(found, _APP, seen)) == ["package:discover"]


def test_artisan_starts_without_the_manifest_that_it_replaces() -> None:
    """It could not start with one that names a class that is gone, known to Composer or not."""
    seen = laravel(
        cache("packages", fresh=False, differs=("a/b",)), packages_differ=("a/b",), missing_providers=("A\\B",)
    )
    (found,) = findings(package_manifest_stale.check(_APP, seen))
    (discovering,) = (step.act for step in package_manifest_stale.discover(found, _APP, seen))
    assert isinstance(discovering, RunArtisan)
    assert dict(discovering.fresh) == {
        "APP_PACKAGES_CACHE": "bootstrap/cache/packages.php", "APP_SERVICES_CACHE": "bootstrap/cache/services.php",
        "APP_CONFIG_CACHE": "",
    }  # fmt: skip


def test_no_manifest_is_made_that_would_stop_the_app() -> None:
    """Composer's record names a package whose files are not there."""
    seen = laravel(cache("packages", fresh=False, differs=("a/b",)), packages_differ=("a/b",), recomputed=False)
    (found,) = findings(package_manifest_stale.check(_APP, seen))
    assert acts(package_manifest_stale.discover(found, _APP, seen)) == []


def test_files_that_composer_lost_are_composers_to_mend() -> None:
    """The manifest is right."""
    seen = laravel(missing_providers=("A\\B",))
    (found,) = findings(package_manifest_stale.check(_APP, seen))
    assert "composer install" in found.advice
    assert acts(package_manifest_stale.discover(found, _APP, seen)) == []


def test_an_unreadable_cache_is_rebuilt_only_when_that_is_proven_right() -> None:
    """Where the recomputation failed, a person must look."""
    seen = laravel(cache("config", readable=False, uid=0, gid=0, mode=0o600))
    (found,) = findings(config_cache_unreadable.check(_APP, seen, _NOT_SEEN))
    assert found.evidence[0].saw == "0:0 0600"
    told = acts(config_cache_unreadable.rebuild(found, _APP, seen, _NOT_SEEN))
    assert told == ["remove bootstrap/cache/config.php", "config:cache"]
    unproven = laravel(cache("config", readable=False, fresh=Unknown("artisan fails")))
    assert acts(config_cache_unreadable.rebuild(found, _APP, unproven, _NOT_SEEN)) == []


def test_a_clear_that_does_nothing_needs_a_stale_cache_and_a_closed_directory() -> None:
    """Either alone is no fault of this kind."""
    stale = laravel(cache("config", fresh=False, differs=("a",)))
    assert len(findings(clear_command_did_nothing.check(_APP, stale, access(cache=False)))) == 1
    assert faults(clear_command_did_nothing.check(_APP, stale, access(cache=True))) == []


def group(kind: str = "permission", **changes: object) -> LogGroup:
    """A denial in the app's tree that still holds."""
    path = "/app/storage/framework/sessions"
    denied = LogGroup("/app/storage/logs/laravel.log", kind, "x", "error", "denied", 2, 1.0, 2.0, (path,), False)
    return replace(denied, **changes)  # type: ignore[arg-type]


def logs(*groups: LogGroup, **changes: object) -> Logs:
    """Logs that were read."""
    return replace(Logs(0.0, groups, (), (), (), "the app changed"), **changes)  # type: ignore[arg-type]


def test_a_denial_that_still_holds_is_found() -> None:
    """With what was denied."""
    (found,) = findings(errors_logged_since_deploy.check(_APP, logs(group()), _NOT_SEEN))
    assert (found.severity, "FIL005" in found.advice) == (None, True)


def test_a_denial_that_was_mended_is_history() -> None:
    """The kernel says that the user may now."""
    assert faults(errors_logged_since_deploy.check(_APP, logs(group(cured=True)), _NOT_SEEN)) == []


def test_a_denial_without_a_path_is_history_where_all_can_be_written() -> None:
    """mkdir() does not say what it was denied."""
    nameless = logs(group(paths=(), cured=None))
    assert faults(errors_logged_since_deploy.check(_APP, nameless, access(cache=True, storage=True))) == []
    assert len(findings(errors_logged_since_deploy.check(_APP, nameless, access(cache=False)))) == 1
    assert len(findings(errors_logged_since_deploy.check(_APP, nameless, _NOT_SEEN))) == 1


@pytest.mark.parametrize(
    "told", [group("exception", paths=(), cured=None), group(paths=("/etc/shadow",)), group("nginx")]
)
def test_what_live_code_may_cause_on_purpose_is_a_notice(told: LogGroup) -> None:
    """Exceptions, what nginx says, and denials outside of the app do not break the chain."""
    (found,) = findings(errors_logged_since_deploy.check(_APP, logs(told), _NOT_SEEN))
    assert found.severity is Severity.NOTICE


def test_errors_that_are_not_told_apart_are_counted() -> None:
    """Those of a kind that is told; how many different ones is not known then."""
    ten = tuple(group("exception", paths=(), cured=None, fingerprint=str(number)) for number in range(12))
    path = ten[0].source
    more = ((path, "exception", 976), ("/var/log/nginx/error.log", "nginx", 7))  # these are history: nginx connects
    (found,) = findings(errors_logged_since_deploy.check(_APP, logs(*ten, more=more), _NOT_SEEN))
    assert found.message == "1000 errors logged since the app changed (more than 12 different)."
    assert (found.more, found.at_least) == (2, True)
    (found,) = findings(errors_logged_since_deploy.check(_APP, logs(*ten), _NOT_SEEN))
    assert found.message == "24 errors logged since the app changed (12 different)."
    assert (found.more, found.at_least) == (2, False)


def test_denials_that_are_not_told_apart_are_not_claimed() -> None:
    """Nobody asked whether they still hold: where none that was asked does, that is unknown, or history."""
    told = logs(group(), more=(("/l", "permission", 900),))
    (found,) = findings(errors_logged_since_deploy.check(_APP, told, _NOT_SEEN))
    assert " at least 2 times " in found.message
    told = logs(group(cured=True), more=(("/l", "permission", 900),))
    (unknown,) = faults(errors_logged_since_deploy.check(_APP, told, _NOT_SEEN))
    assert isinstance(unknown, Unknown)
    assert "900 more denials" in unknown.reason
    assert faults(errors_logged_since_deploy.check(_APP, told, access(cache=True, storage=True))) == []


def test_a_log_that_was_not_read_is_told() -> None:
    """What nobody read is not fine."""
    said = faults(
        errors_logged_since_deploy.check(_APP, logs(unread=(("/l", "no right"),), truncated=("/m",)), _NOT_SEEN)
    )
    assert [isinstance(one, Unknown) for one in said] == [True, True]


def test_an_override_breaks_only_where_the_configuration_is_not_cached() -> None:
    """What is cached is what requests see; what nobody could look at matters then no more than that."""
    one = Override("APP_URL", "env[APP_URL] in /p", "8.2/www")
    gone = cache("config", exists=False)
    (found,) = findings(environment_overrides_dotenv.check(_APP, laravel(gone, overrides=(one, one))))
    assert found.severity is Severity.MEDIUM
    assert found.message == "Requests see another value of APP_URL than .env gives."
    (hidden,) = findings(environment_overrides_dotenv.check(_APP, laravel(overrides=(one,))))
    assert hidden.severity is Severity.NOTICE
    assert [*environment_overrides_dotenv.check(_APP, laravel(gone, overrides=_NOT_SEEN))] == [_NOT_SEEN]
    assert isinstance(next(iter(environment_overrides_dotenv.check(_APP, laravel(overrides=_NOT_SEEN)))), Holds)


@pytest.mark.parametrize(
    ("why", "cached", "keyed", "severity"),
    [
        ("www-data cannot read it", False, True, Severity.HIGH),
        ("www-data cannot read it", True, False, Severity.NOTICE),
        (NO_DOTENV, False, False, Severity.HIGH),
        (NO_DOTENV, False, True, None),
        (NO_DOTENV, True, False, None),
    ],
)
def test_a_dotenv_that_gives_nothing(why: str, cached: bool, keyed: bool, severity: Severity | None) -> None:
    """A fault where requests read it, unless they have their variables from elsewhere."""
    seen = laravel(cache("config", exists=cached), dotenv=why, keyed=keyed)
    found = findings(environment_file_missing_or_unreadable.check(_APP, seen))
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_whether_variables_come_from_elsewhere_may_be_unknown() -> None:
    """Then it is said."""
    seen = laravel(cache("config", exists=False), dotenv=NO_DOTENV, keyed=_NOT_SEEN)
    (answer,) = environment_file_missing_or_unreadable.check(_APP, seen)
    assert isinstance(answer, Unknown)


def test_a_cache_of_another_directory() -> None:
    """Found and rebuilt, unless the sources name that directory themselves."""
    inside = (("view.paths.0",), ("/srv/releases/1",))
    assert not findings(cache_built_for_another_path.check(_APP, laravel(elsewhere=inside)))
    assert not findings(cache_built_for_another_path.check(_APP, laravel(cache("config", fresh=False))))
    for fresh in (False, _NOT_SEEN):
        seen = laravel(cache("config", fresh=fresh), elsewhere=inside)
        (found,) = findings(cache_built_for_another_path.check(_APP, seen))
        assert "/srv/releases/1" in found.message
        assert acts(cache_built_for_another_path.rebuild(found, _APP, seen)) == ["config:cache"]


def test_what_packages_keep() -> None:
    """Each file that names what is gone is told; one that nobody could read makes it unknown."""
    fine, stale = PackageCache("bootstrap/cache/a.php", ()), PackageCache("bootstrap/cache/b.php", ("App\\X",))
    unread = PackageCache("bootstrap/cache/c.php", _NOT_SEEN)
    assert len([*package_cache_stale.check(_APP, laravel())]) == 1
    said = [*package_cache_stale.check(_APP, laravel(package_caches=(fine, stale, unread)))]
    assert [type(one) for one in said] == [Holds, Finding, Unknown]
    (found,) = findings(said)
    assert "App\\X" in found.evidence[0].saw
    assert [*package_cache_stale.check(_APP, laravel(package_caches=_NOT_SEEN))] == [_NOT_SEEN]


def test_assets_that_pages_name_and_that_are_not_there():
    """Not where another server has them; of Mix beside Vite a notice; a development server counts by environment."""
    vite, mix = Manifest("/app/public/build/manifest.json", "vite", 2, ()), Manifest("/m", "mix", 1, ("a.js",))
    check, hot = assets_manifest_stale.check, Assets((), (Hot("/app/public/hot", "http://localhost:5173"),))

    def severities(assets: Assets, seen: Laravel | Unknown) -> list[Severity | None]:
        return [found.severity for found in findings([*check(_APP, assets, seen)])]

    assert [type(one) for one in check(_APP, Assets((), ()), laravel())] == [Holds]
    assert [type(one) for one in check(_APP, Assets((vite,), ()), laravel())] == [Holds]
    assert [type(one) for one in check(_APP, Assets((mix,), ()), laravel(assets_elsewhere=True))] == [Unknown]
    assert [type(one) for one in check(_APP, Assets((mix,), ()), _NOT_SEEN)] == [Unknown]
    assert [*check(_APP, Assets((), (), (_NOT_SEEN,)), laravel())] == [_NOT_SEEN]
    assert severities(Assets((mix,), ()), laravel()) == [None]
    assert severities(Assets((vite, mix), ()), laravel()) == [Severity.NOTICE]
    assert severities(Assets((replace(vite, broken="it is empty"),), ()), laravel()) == [None]
    assert severities(hot, laravel()) == [Severity.HIGH]
    assert severities(hot, laravel(environment="local")) == [Severity.NOTICE]
    assert severities(hot, _NOT_SEEN) == [Severity.MEDIUM]
