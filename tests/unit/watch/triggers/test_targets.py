"""targets.py: what is watched of a host, and what an event is about."""

import os
from pathlib import Path

import pytest

from liveproof.host.events.event import Event, Kind
from liveproof.watch.triggers.targets import Targets, targets
from tests.golden import incident

TARGETS = Targets(
    (("/var/www/current", "/var/www/releases/7"),),
    ("/run/php/fpm.sock",),
    ("/etc/nginx/nginx.conf", "/etc/nginx/sites-enabled/app"),
    ("/var/www/releases/7/storage/logs/laravel.log", "/var/log/nginx/error.log"),
)


@pytest.mark.parametrize(
    ("kind", "path", "reason"),
    [
        (Kind.WRITTEN, "/var/www/releases/7/app/X.php", "code"),
        (Kind.ATTRIBUTES, "/var/www/releases/7/app/X.php", "rights"),
        (Kind.ATTRIBUTES, "/var/www/releases/7", "rights"),
        (Kind.MOVED_TO, "/var/www/current", "link"),
        (Kind.DELETED, "/run/php/fpm.sock", "service"),
        (Kind.WRITTEN, "/etc/nginx/nginx.conf", "configuration"),
        (Kind.CREATED, "/etc/nginx/sites-enabled/new", "configuration"),
        (Kind.MODIFIED, "/var/log/nginx/error.log", "log"),
        (Kind.MODIFIED, "/var/www/releases/7/storage/logs/laravel.log", "log"),
        (Kind.ATTRIBUTES, "/var/www/releases/7/storage/logs/laravel.log", "rights"),
        (Kind.OVERFLOW, "", "lost"),
        (Kind.RESCAN, "/var/www/releases/7", "lost"),
        (Kind.MOVED_FROM, "/var/www", "link"),
    ],
)
def test_what_an_event_is_about(kind: Kind, path: str, reason: str) -> None:
    """Each by where it happened."""
    assert TARGETS.reasons([Event(kind, path, None, 0.0)]) == {reason}


def test_what_is_watched() -> None:
    """Trees without what every request writes, links, sockets, configuration with its directories, and logs."""
    watch = TARGETS.watch()
    assert watch.trees == ("/var/www/releases/7",)
    assert {"/var/www/current", "/run/php/fpm.sock", "/etc/nginx/nginx.conf"} <= set(watch.files)
    assert "/var/www/releases/7/storage/framework/sessions" in watch.excludes
    assert {"/var/log/nginx/error.log", "/etc/nginx/sites-enabled"} <= set(watch.modify)


def test_targets_of_a_host() -> None:
    """Everything is found in the facts of a check."""
    found = targets(incident.fixed().examination)
    assert found.trees
    assert found.sockets == ("/run/php/php8.3-fpm.sock",)
    assert {service.name for service in found.services} == {"PHP-FPM 8.3"}


def test_what_the_app_writes_itself_is_no_event(tmp_path: Path) -> None:
    """An upload is none; a file that somebody else left there is."""
    storage = tmp_path / "storage/app"
    storage.mkdir(parents=True)
    (storage / "upload.pdf").write_text("")
    here = Targets(((str(tmp_path), str(tmp_path)),), users=((str(tmp_path), os.getuid()),))
    other = Targets(((str(tmp_path), str(tmp_path)),), users=((str(tmp_path), os.getuid() + 1),))
    written = [Event(Kind.WRITTEN, str(storage / "upload.pdf"), None, 0.0)]
    assert here.reasons(written) == frozenset()
    assert other.reasons(written) == {"rights"}
    assert other.reasons([Event(Kind.DELETED, str(storage / "gone.pdf"), None, 0.0)]) == frozenset()
    assert here.reasons([Event(Kind.ATTRIBUTES, str(storage / "upload.pdf"), None, 0.0)]) == {"rights"}
