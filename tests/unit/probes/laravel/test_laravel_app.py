"""probes/laravel: where a Laravel app keeps things, and what its configuration says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.probes.laravel.artisan import first_words
from liveproof.probes.laravel.effective import effective, log_files
from liveproof.probes.laravel.laravel_app import dotenv, find_place, pool_environment
from liveproof.probes.laravel.phparray import Key, Value

_NOON = 1795435200.0  # 2026-11-23 12:00 UTC


def laravel(tmp_path: Path, version: str = "10.48.29") -> App:
    """An app with a framework of that version."""
    framework = tmp_path / "vendor/laravel/framework/src/Illuminate/Foundation"
    framework.mkdir(parents=True)
    (framework / "Application.php").write_text(f"<?php class Application {{ const VERSION = '{version}'; }}")
    (tmp_path / "bootstrap/cache").mkdir(parents=True)
    return App(str(tmp_path), str(tmp_path), "", "www-data", 33, 33, (33,), (), (), True)


@pytest.mark.parametrize(
    ("version", "routes"), [("6.20.45", "routes.php"), ("7.0.0", "routes-v7.php"), ("13.1.0", "routes-v7.php")]
)
def test_the_route_cache_is_named_by_version(tmp_path: Path, version: str, routes: str) -> None:
    """Laravel 7 gave it another name."""
    place = find_place(Reader(), laravel(tmp_path, version), {}, {})
    assert (place.version, place.caches["routes"]) == (version, f"{tmp_path}/bootstrap/cache/{routes}")


def test_dotenv_names_a_cache_only_without_a_cached_configuration(tmp_path: Path) -> None:
    """Laravel does not read .env once the configuration is cached."""
    app, told = laravel(tmp_path), {"APP_ROUTES_CACHE": "elsewhere/r.php"}
    assert find_place(Reader(), app, {}, told).caches["routes"] == f"{tmp_path}/elsewhere/r.php"
    (tmp_path / "bootstrap/cache/config.php").touch()
    assert find_place(Reader(), app, {}, told).caches["routes"].endswith("bootstrap/cache/routes-v7.php")


def test_the_pools_environment_names_a_cache(tmp_path: Path) -> None:
    """It comes before everything else."""
    place = find_place(Reader(), laravel(tmp_path), {"APP_CONFIG_CACHE": "/srv/c.php"}, {"APP_CONFIG_CACHE": "x"})
    assert place.caches["config"] == "/srv/c.php"


def test_without_a_framework_the_reason_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """composer install was forgotten."""
    monkeypatch.setattr(
        "liveproof.probes.laravel.laravel_app._FRAMEWORKS", ("vendor/laravel/framework/src/Illuminate",)
    )
    app = App(str(tmp_path), str(tmp_path), "", "www-data", 33, 33, (33,), (), (), True)
    with pytest.raises(CannotSee, match="composer install"):
        find_place(Reader(), app, {}, {})


def test_dotenv_takes_plain_assignments() -> None:
    """Quotes, comments and export are understood, everything else is left out."""
    text = b"A=1\nexport B = 'two # x' # c\n# C=3\nD=\"four\"\nE=five # comment\nbroken\n\xff=1\nA=6\n"
    assert dotenv(text) == {"A": "6", "B": "two # x", "D": "four", "E": "five"}


def test_a_pools_environment_is_read() -> None:
    """Only its env lines, and no comment."""
    assert pool_environment(b"user = x\nenv[APP_ENV] = 'staging'\n;env[B] = 1\nenv[C]=$C\n") == {
        "APP_ENV": "staging",
        "C": "$C",
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(content: bytes) -> None:
    """.env and pool files may hold anything."""
    dotenv(content)
    pool_environment(content)
    first_words(content.decode(errors="replace"))


def test_the_effective_configuration_holds_no_secret() -> None:
    """Of the whole configuration only a few plain values are kept."""
    rules = effective(
        {
            "app": {"env": "production", "debug": False, "key": "base64:secret", "timezone": "Europe/Berlin"},
            "logging": {
                "default": "stack",
                "channels": {
                    "stack": {"driver": "stack", "channels": {0: "daily", 1: "slack", 2: "stack", 3: "out"}},
                    "daily": {"driver": "daily", "path": "/app/laravel.log"},
                    "slack": {"driver": "slack", "url": "https://secret"},
                    "out": {"driver": "monolog", "with": {"stream": "php://stderr"}},
                },
            },
            "view": {"compiled": "/app/views"},
        }
    )
    assert "secret" not in repr(rules)
    assert (rules.logs, rules.channel, rules.compiled) == ((("/app/laravel.log", True),), "stack", "/app/views")
    assert rules.streams == ("slack", "php://stderr")


@pytest.mark.parametrize(
    ("channel", "logs", "streams"),
    [
        ({"driver": "single", "path": "/proc/self/fd/2"}, (), ("/proc/self/fd/2",)),
        ({"driver": "single", "path": "/dev/stderr"}, (), ("/dev/stderr",)),
        ({"driver": "monolog", "with": {"stream": "php://stderr"}}, (), ("php://stderr",)),
        ({"driver": "errorlog"}, (), ("errorlog",)), ({"driver": "syslog"}, (), ("syslog",)),
        ({"driver": "monolog", "handler_with": {"host": "secret"}}, (), ("the channel c",)),
        ({"driver": "single", "path": "/l/x.log"}, (("/l/x.log", False),), ()),
        ({"driver": "monolog", "with": {"stream": "/l/x.log"}}, (("/l/x.log", False),), ()),
    ],
)  # fmt: skip
def test_where_a_channel_logs(
    channel: dict[Key, Value], logs: tuple[tuple[str, bool], ...], streams: tuple[str, ...]
) -> None:
    """Files, and what is none by its name."""
    rules = effective({"logging": {"default": "c", "channels": {"c": channel}}})
    assert (rules.logs, rules.streams) == (logs, streams)


def test_a_daily_log_is_named_for_today_and_tomorrow() -> None:
    """By the app's own time zone."""
    base: dict[Key, Value] = {"logging": {"default": "d", "channels": {"d": {"driver": "daily", "path": "/l/x.log"}}}}
    late = effective({**base, "app": {"timezone": "Pacific/Kiritimati"}})
    assert log_files(late, _NOON) == ("/l/x-2026-11-24.log", "/l/x-2026-11-25.log")
    assert log_files(effective(base), _NOON) == ("/l/x-2026-11-23.log", "/l/x-2026-11-24.log")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            '\nIn App.php line 3:\n                \n  Class "X" not found  \n\n',
            'In App.php line 3: Class "X" not found',
        ),
        ("PHP Deprecated:  old\nFatal error: in /var/a.php\nStack trace:\n#0 secret", "Fatal error: in /var/a.php"),
        ("Error: DB_PASSWORD=hunter2 refused", "Error: … refused"),
        ("", ""),
    ],
)
def test_first_words_of_a_failure(output: str, words: str) -> None:
    """The message, without its frame, trace and secrets."""
    assert first_words(output) == words
