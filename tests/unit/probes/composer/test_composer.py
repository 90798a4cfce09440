"""probes/composer: the maps beside the files of a real directory."""

import json
import os
import time
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files import file_state
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Autoloader, Composer, PlatformCheck
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes import composer, files
from liveproof.store.cache import Cache

_STATIC = r"""<?php
class ComposerStaticInitX
{
    public static $files = array (
        'f' => __DIR__ . '/..' . '/acme/a/files.php',
    );

    public static $prefixDirsPsr4 = array (
        'App\\' =>
        array (
            0 => __DIR__ . '/../..' . '/app',
        ),
    );

    public static $classMap = array (
        'Acme\\A' => __DIR__ . '/..' . '/acme/a/A.php',
    );

    public static function getInitializer(ClassLoader $loader)
    {
    }
}
"""
_CLASS = "<?php\n\nnamespace App%s;\n\nfinal class %s\n{\n}\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(file_state, "TICK_NS", 0)
    for path, content in {
        "app/Http/Job.php": _CLASS % ("\\Http", "Job"),
        "app/helpers.php": "<?php\n\nnamespace App;\n\nfunction helper() {}\n",
        "public/index.php": "<?php",
        "vendor/acme/a/A.php": "<?php",
        "vendor/acme/a/files.php": "<?php",
        "vendor/autoload.php": "<?php",
        "vendor/composer/autoload_real.php": "<?php",
        "vendor/composer/autoload_static.php": _STATIC,
        "vendor/composer/installed.json": json.dumps(
            {"packages": [{"name": "acme/a", "version": "1", "install-path": "../acme/a"}], "dev": False}
        ),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    return tmp_path


def see(tree: Path, cache: Cache | None = None) -> Composer:
    app = App(str(tree), str(tree), "", "root", os.geteuid(), os.getegid(), (), (), (), laravel=False)
    return composer.probe(Reader(), cache or Cache(None), app, files.probe(Reader(), Settings(), app))


def loads(tree: Path) -> Autoloader:
    found = see(tree).autoloader
    assert isinstance(found, Autoloader)
    return found


def test_whole(tree: Path) -> None:
    found = see(tree)
    assert found.autoloader == Autoloader(1, 1, 1, (), (), False, ())
    assert found.platform == PlatformCheck(present=False)
    assert isinstance(found.installed, Absent)


def test_missing_files_and_namespaces(tree: Path) -> None:
    (tree / "vendor/acme/a/A.php").unlink()
    (tree / "vendor/acme/a/files.php").unlink()
    package = {"name": "acme/b", "autoload": {"psr-4": {"Acme\\B\\": "src/"}}}
    development = {"name": "acme/dev", "autoload": {"psr-4": {"Acme\\Dev\\": "src/"}}}
    (tree / "vendor/composer/installed.json").write_text(
        json.dumps({"packages": [package, development], "dev-package-names": ["acme/dev"]})
    )
    found = loads(tree)
    assert [name for name, _ in found.missing] == ["", "Acme\\A"]
    assert found.namespaces_missing == (("Acme\\B\\", "acme/b"),)


def test_authoritative(tree: Path) -> None:
    """Only what PSR-4 would have found is missing in the map: no functions, no class of another name."""
    (tree / "vendor/composer/autoload_real.php").write_text("<?php $loader->setClassMapAuthoritative(true);")
    (tree / "app/Other.php").write_text(_CLASS % ("", "Another"))
    assert loads(tree).unmapped == (("App\\Http\\Job", f"{tree}/app/Http/Job.php"),)


def test_other_case(tree: Path) -> None:
    (tree / "app/Http").rename(tree / "app/http")
    (tree / "app/helpers.php").write_text(_CLASS % ("", "Helpers"))
    assert sorted(loads(tree).other_case) == [
        ("App\\Helpers", f"{tree}/app/helpers.php"),
        ("App\\Http\\Job", f"{tree}/app/http/Job.php"),
    ]


def test_damaged(tree: Path) -> None:
    (tree / "vendor/composer/installed.json").write_text("{")
    (tree / "vendor/composer/autoload_static.php").write_text(_STATIC[:200])
    (tree / "vendor/composer/autoload_real.php").write_text("require __DIR__ . '/platform_check.php';")
    found = see(tree)
    assert isinstance(found.installed, Unknown)
    assert isinstance(found.autoloader, Unknown)
    assert isinstance(found.platform, Unknown)


def test_no_packages(tree: Path) -> None:
    (tree / "vendor").rename(tree / "packages")
    with pytest.raises(NotThere):
        see(tree)
    (tree / "composer.lock").write_text("{}")
    with pytest.raises(CannotSee, match="composer install"):
        see(tree)


def test_a_linked_package_is_looked_at_again(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What lies behind a link is no part of the walk, and yet nothing old is remembered of it."""
    place, cache = tmp_path_factory.mktemp("package"), Cache(str(tmp_path_factory.mktemp("cache")))
    (tree / "vendor/acme/a").rename(place / "a")
    (tree / "vendor/acme/a").symlink_to(place / "a")
    time.sleep(0.02)  # the clock of file times goes on
    for _ in range(2):
        found = see(tree, cache).autoloader
        assert isinstance(found, Autoloader)
        assert not found.missing
    (place / "a/A.php").unlink()
    found = see(tree, cache).autoloader
    assert isinstance(found, Autoloader)
    assert [name for name, _ in found.missing] == ["Acme\\A"]
