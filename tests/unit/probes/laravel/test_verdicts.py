"""probes/laravel: each live cache against a recomputed one."""

from collections.abc import Callable

import pytest

from liveproof.model.findings import Unknown
from liveproof.probes.laravel.verdicts import (
    Config,
    differences,
    events_verdict,
    lost,
    packages_verdict,
    printable,
    routes_verdict,
    services_verdict,
)


def php(array: str) -> bytes:
    """A cache file."""
    return f"<?php return {array};\n".encode()


def config(live: bytes, fresh: bytes, again: bytes | None = None, pool: bytes | None = None, **more: object) -> Config:
    """A comparison whose further recomputations are given."""
    source = more.get("source", b"<?php return [];")
    assert isinstance(source, bytes)
    with_pool: Callable[[], bytes] | None = (lambda: pool) if pool is not None else None
    return Config(live, fresh, lambda: again or fresh, with_pool, lambda _: source, bool(more.get("dotenv", True)))


def test_differences_name_keys_and_no_values() -> None:
    """Changed, new and missing keys are named by their path."""
    live = {"app": {"key": "secret", "name": "x"}, "old": 1}
    fresh = {"app": {"key": "other", "name": "x"}, "new": 1}
    assert list(differences(live, fresh)) == ["app.key", "old", "new"]  # type: ignore[arg-type]


def test_another_order_is_a_difference() -> None:
    """The order of an array can mean something."""
    assert list(differences({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}})) == ["a (order)"]


def test_true_is_not_one() -> None:
    """Python takes True for 1, PHP's === does not."""
    assert list(differences({"a": True}, {"a": 1})) == ["a"]


def test_lost_names_only_values_that_become_empty() -> None:
    """A value that changed, and a key that went away, are not lost."""
    live = {"a": "x", "b": "x", "c": "x", "d": {"e": "x"}, "f": None}
    fresh = {"a": None, "b": "y", "d": {"e": ""}, "f": None}
    assert list(lost(live, fresh)) == ["a", "d.e"]  # type: ignore[arg-type]


def test_names_are_one_printable_line_and_bounded() -> None:
    """A key may hold anything that PHP allows."""
    told = printable([f"a\x1b[31m\n{number}" for number in range(50)])
    assert len(told) == 41
    assert told[-1] == "and 10 more"
    assert all(name.isprintable() for name in told)


def test_equal_text_is_fresh() -> None:
    """The quick way needs no parser."""
    assert config(b"anything", b"anything").verdict().fresh is True


def test_a_changed_value_is_stale() -> None:
    """The key is named."""
    verdict = config(php("['app' => ['name' => 'a']]"), php("['app' => ['name' => 'b']]")).verdict()
    assert (verdict.fresh, verdict.differs) == (False, ("app.name",))


def test_a_value_that_changes_each_time_is_unknown() -> None:
    """Two recomputations that differ in a key prove nothing about it."""
    verdict = config(php("['a' => ['v' => 1]]"), php("['a' => ['v' => 2]]"), again=php("['a' => ['v' => 3]]")).verdict()
    assert isinstance(verdict.fresh, Unknown)


def test_a_file_that_asks_the_clock_is_unknown() -> None:
    """Within one second time() gives the same twice, so its source is looked at too."""
    verdict = config(
        php("['a' => ['v' => 1]]"), php("['a' => ['v' => 2]]"), source=b"<?php return ['v' => time()];"
    ).verdict()
    assert isinstance(verdict.fresh, Unknown)


def test_equal_by_the_pools_environment_is_fresh() -> None:
    """A cache built with the variables of the pool is right for the pool."""
    live = php("['a' => ['v' => 1]]")
    assert config(live, php("['a' => ['v' => 2]]"), pool=live).verdict().fresh is True


def test_without_dotenv_a_difference_is_unknown() -> None:
    """Nobody knows the variables that the cache was made with."""
    verdict = config(php("['a' => 1]"), php("['a' => 2]"), dotenv=False).verdict()
    assert isinstance(verdict.fresh, Unknown)


def test_only_lost_values_are_unknown() -> None:
    """The shell of a deploy may have given them; a rebuild would lose them."""
    verdict = config(php("['a' => ['k' => 'x']]"), php("['a' => ['k' => NULL]]")).verdict()
    assert isinstance(verdict.fresh, Unknown)
    assert "a.k" in verdict.fresh.reason


def test_lost_values_beside_a_change_are_told() -> None:
    """It is stale, and whoever would rebuild must know what is lost."""
    verdict = config(php("['a' => 'x', 'b' => 1]"), php("['a' => NULL, 'b' => 2]")).verdict()
    assert (verdict.fresh, verdict.loses) == (False, ("a",))


def test_a_cache_cut_off_is_stale() -> None:
    """Whatever the sources give, it is not half a file."""
    assert config(b"<?php return array (", php("[]")).verdict().fresh is False


def test_a_recomputation_that_cannot_be_read_is_unknown() -> None:
    """Our own side must be sound before anything is called stale."""
    assert isinstance(config(php("[]"), b"<?php return array (").verdict().fresh, Unknown)


def test_packages_name_what_differs() -> None:
    """Order does not matter to a manifest."""
    live = php("['a/b' => ['providers' => ['X']], 'c/d' => []]")
    expected = {"c/d": {}, "a/b": {"providers": {0: "X"}}, "e/f": {"providers": {0: "Y"}}}
    assert packages_verdict(live, expected).differs == ("e/f",)  # type: ignore[arg-type]
    assert packages_verdict(live, {"c/d": {}, "a/b": {"providers": {0: "X"}}}).fresh is True


def test_services_with_another_list_of_providers_count_as_fresh() -> None:
    """Laravel compares the list itself and writes the file anew."""
    fresh = php("['providers' => ['A', 'B'], 'eager' => ['A', 'B']]")
    assert services_verdict(php("['providers' => ['A'], 'eager' => ['A']]"), fresh).fresh is True
    assert services_verdict(php("['providers' => ['A', 'B'], 'eager' => ['A']]"), fresh).differs == ("eager.1",)


def test_a_route_cache_made_without_the_configuration_cache_is_fresh() -> None:
    """env() in a route file gives null once the configuration is cached: both ways are right."""
    live = b"<?php app()->setCompiledRoutes(['compiled' => [], 'attributes' => ['a' => ['uri' => 'x']]]);"
    other = live.replace(b"'x'", b"'y'")
    assert routes_verdict(live, other, lambda: live, "").fresh is True
    assert routes_verdict(live, other, lambda: other, "").differs == ("a",)


@pytest.mark.parametrize("content", [b"", b"<?php", b"\x00" * 100])
def test_a_broken_route_cache_is_stale(content: bytes) -> None:
    """It is not what the routes give."""
    fresh = b"<?php app()->setCompiledRoutes(['compiled' => [], 'attributes' => ['a' => ['uri' => 'x']]]);"
    assert routes_verdict(content, fresh, lambda: fresh, "").fresh is False


@pytest.mark.parametrize(
    ("live", "fresh", "differs"),
    [
        ("['P' => ['E' => ['A@handle', 'B@handle']]]", "['P' => ['E' => ['B@handle', 'A@handle']]]", ()),
        ("['P' => ['E' => ['A@handle']]]", "['P' => ['E' => ['A@handle', 'B@go']]]", ("E to B@go",)),
        ("['P' => ['E' => ['A@handle'], 'F' => ['C']]]", "['P' => ['E' => ['A@handle']]]", ("F to C",)),
        ("['P' => ['E' => ['A', 'A']]]", "['P' => ['E' => ['A']]]", ("E to A",)),
        ("['P' => ['E' => ['A']]]", "['Q' => ['E' => ['A']]]", ("E to A",)),
        ("['P' => ['E' => [['A', 'go']]]]", "['P' => ['E' => ['A@go']]]", ()),
        ("['P' => ['E' => []]]", "['P' => []]", ()),
        ("[]", "[]", ()),
    ],
)
def test_listeners_are_compared_without_their_order(live: str, fresh: str, differs: tuple[str, ...]) -> None:
    """A listener that is new, gone, there twice or another provider's is named with its event."""
    verdict = events_verdict(php(live), php(fresh))
    assert (verdict.fresh, verdict.differs) == (not differs, differs)


def test_an_event_cache_that_is_cut_off() -> None:
    """Is stale as a whole; one that artisan makes and nobody can read tells nothing."""
    assert events_verdict(b"<?php return array(", php("[]")).fresh is False
    assert isinstance(events_verdict(php("[]"), b"<?php echo 1;").fresh, Unknown)
