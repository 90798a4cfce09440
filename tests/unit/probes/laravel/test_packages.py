"""probes/laravel/packages.py: the package manifest from Composer's record."""

import json
from collections.abc import Callable

import pytest

from liveproof.probes.laravel.packages import Installed, missing, providers, read_installed

_BRIDGE = {
    "name": "acme/bridge",
    "install-path": "../acme/bridge",
    "autoload": {"psr-4": {"Acme\\Bridge\\": "src/"}},
    "extra": {"laravel": {"providers": ["Acme\\Bridge\\Provider"], "aliases": {"Bridge": "Acme\\Bridge\\Facade"}}},
}


def installed(packages: object, composer: object | None = None) -> Installed:
    """Of an app in /app."""
    return read_installed(json.dumps(packages).encode(), json.dumps(composer).encode() if composer else None, "/app")


@pytest.mark.parametrize("form", [lambda packages: packages, lambda packages: {"packages": packages}])
def test_both_forms_of_composer_are_read(form: Callable[[object], object]) -> None:
    """Composer 1 wrote a list, Composer 2 an object."""
    found = installed(form([_BRIDGE, {"name": "plain/library"}]))
    assert found.manifest == {
        "acme/bridge": {"providers": {0: "Acme\\Bridge\\Provider"}, "aliases": {"Bridge": "Acme\\Bridge\\Facade"}}
    }


@pytest.mark.parametrize("dont", [["acme/bridge"], ["*"]])
def test_what_the_app_excludes_is_left_out(dont: list[str]) -> None:
    """dont-discover names packages, or all."""
    assert installed([_BRIDGE], {"extra": {"laravel": {"dont-discover": dont}}}).manifest == {}


def test_what_a_package_excludes_is_left_out() -> None:
    """A package may replace another."""
    other = {"name": "x/y", "extra": {"laravel": {"dont-discover": ["acme/bridge"], "providers": ["X"]}}}
    assert list(installed([_BRIDGE, other]).manifest) == ["x/y"]


@pytest.mark.parametrize("content", [b"", b"{", b"3", b'"text"', b'{"packages": 3}'])
def test_what_composer_did_not_write_is_refused(content: bytes) -> None:
    """A file cut off is no empty list of packages."""
    with pytest.raises(ValueError):  # noqa: PT011  (json's own error is one, too)
        read_installed(content, None, "/app")


def test_odd_entries_are_survived() -> None:
    """Somebody edited the file by hand."""
    assert (
        installed([3, {"name": 4}, {"name": "a/b", "extra": []}, {"name": "c/d", "autoload": {"psr-4": []}}]).manifest
        == {}
    )


def test_a_class_without_its_file_is_missing() -> None:
    """Its namespace is known, its file is not there."""
    found = installed([_BRIDGE])
    there = {"/app/vendor/composer/../acme/bridge/src/Other.php"}
    names = ["Acme\\Bridge\\Provider", "Acme\\Bridge\\Other", "Unknown\\Class"]
    assert missing(names, found, there.__contains__, b"", "/app") == ("Acme\\Bridge\\Provider",)


def test_the_class_map_may_know_a_file() -> None:
    """Composer's optimised autoloader names files one by one."""
    classmap = b"    'Acme\\\\Bridge\\\\Provider' => $vendorDir . '/acme/bridge/lib/P.php',\n"
    there = {"/app/vendor/acme/bridge/lib/P.php"}
    assert missing(["Acme\\Bridge\\Provider"], installed([_BRIDGE]), there.__contains__, classmap, "/app") == ()
    assert missing(["Acme\\Bridge\\Provider"], installed([_BRIDGE]), set().__contains__, classmap, "/app") != ()


def test_providers_are_listed_in_order() -> None:
    """Those of every package, one after the other."""
    assert providers({"a": {"providers": {0: "X", 1: "Y"}}, "b": {}, "c": {"providers": "Z"}}) == ("X", "Y", "Z")
