"""probes/laravel: what requests see instead of .env."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Override
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.laravel.environment import gives_key, overrides
from tests.unit.opcaches import app, fpm, nginx, passing

_APP = app()
_DOTENV = {"A": "1", "B": "true", "C": "x y", "D": "${A}/d"}


def _look(tmp_path: Path, section: str, *params: tuple[str, str, bool]) -> tuple[Override, ...] | Unknown:
    file = tmp_path / "www.conf"
    file.write_text(f"[other]\nenv[A] = other\nclear_env = no\n[www]\n{section}\n")
    host = fpm()
    master = replace(host.masters[0], pid=os.getpid(), pools=(replace(host.masters[0].pools[0], file=str(file)),))
    web = nginx(replace(passing(), params=params))
    return overrides(Reader(), _APP, Fpm((master,)), web, _DOTENV)


def _names(found: tuple[Override, ...] | Unknown) -> list[str]:
    assert isinstance(found, tuple), found
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("section", "params", "names"),
    [
        ("", (), []),
        ("env[A] = 2", (), ["A"]),
        ("env[A] = 1\nenv[B] = (True)\nenv[C] = 'x y'\nenv[E] = 5", (), []),
        ("env[A] = $PATH", (), ["A"]),
        ("env[A] = $LIVEPROOF_NOT_SET", (), []),
        ("env[A] = 2", (("A", "1", False),), []),  # nginx has the last word
        ("", (("A", "2", False), ("E", "$x", False)), ["A"]),
        ("", (("A", "", True),), []),
        ("", (("A", "", False),), ["A"]),
    ],
)
def test_what_comes_before_dotenv(tmp_path, section, params, names):
    """By name: the pool's own lines, then nginx's parameters over them."""
    assert _names(_look(tmp_path, section, *params)) == names


def test_what_cannot_be_compared_is_unknown(tmp_path):
    """A value that only a request has, and one of .env that is put together; the values are not told."""
    for section, params in (("", (("A", "$host", False),)), ("env[D] = 2", ())):
        found = _look(tmp_path, section, *params)
        assert isinstance(found, Unknown)
        assert "${A}" not in found.reason
    assert isinstance(overrides(Reader(), _APP, Unknown("no root"), nginx(), _DOTENV), Unknown)
    assert isinstance(overrides(Reader(), _APP, fpm(), Unknown("no root"), _DOTENV), Unknown)
    assert overrides(Reader(), _APP, Unknown("no root"), Absent("none"), {}) == ()


def test_the_services_own_environment_reaches_workers_only_where_it_is_let_through(tmp_path, monkeypatch):
    """clear_env = no; a process shows the environment that it was started with."""
    key = next(name for name in Path("/proc/self/environ").read_text(errors="replace").split("\0") if "=" in name)
    name = key.partition("=")[0]
    monkeypatch.setitem(_DOTENV, name, "liveproof")
    assert _names(_look(tmp_path, "")) == []
    assert _names(_look(tmp_path, "clear_env = yes")) == []
    assert _names(_look(tmp_path, "clear_env = no")) == [name]


def test_whether_the_app_has_its_key_from_elsewhere(tmp_path):
    """Every pool of the app must have it; code that names another .env makes it unknown."""
    (tmp_path / "bootstrap").mkdir()
    code = tmp_path / "bootstrap" / "app.php"
    code.write_text("<?php return $app;")
    file = tmp_path / "www.conf"
    one = replace(_APP, path=str(tmp_path), real=str(tmp_path))
    master = replace(fpm().masters[0], pools=(replace(fpm().masters[0].pools[0], file=str(file)),))
    for section, keyed in (("env[APP_KEY] = x", True), ("env[KEY] = x", False)):
        file.write_text(f"[www]\n{section}\n")
        assert gives_key(Reader(), one, Fpm((master,)), Absent("none")) is keyed
    code.write_text("<?php $app->loadEnvironmentFrom('.env.live');")
    assert isinstance(gives_key(Reader(), one, Fpm((master,)), Absent("none")), Unknown)
    code.unlink()
    assert isinstance(gives_key(Reader(), one, Fpm((master,)), Absent("none")), Unknown)
    assert isinstance(gives_key(Reader(), one, Unknown("no root"), Absent("none")), Unknown)
    assert isinstance(gives_key(Reader(), one, fpm(), Unknown("no root")), Unknown)
