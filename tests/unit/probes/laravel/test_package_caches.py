"""What packages keep below bootstrap/cache, in a tree on this machine's own file system."""

import json
from pathlib import Path

from liveproof.host.reader import Reader
from liveproof.model.facts.laravel import PackageCache
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.laravel_app import LaravelApp, Place
from liveproof.probes.laravel.package_caches import Sources, package_caches
from liveproof.probes.laravel.packages import read_installed
from liveproof.store.cache import Cache
from tests.unit.opcaches import app


def _look(tmp_path: Path, files: dict[str, str]) -> dict[str, PackageCache]:
    top = tmp_path / "bootstrap/cache"
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    place = Place("10.0.0", "", "", {"config": f"{top}/config.php"})
    composer = json.dumps({"autoload": {"psr-4": {"App\\": "app/"}}}).encode()
    sources = Sources(read_installed(b"[]", composer, str(tmp_path)), b"")
    one = LaravelApp(Reader(), Cache(None), app(str(tmp_path)), place, Unknown("not run"), None, ())
    return {cache.path: cache for cache in package_caches(one, lambda: sources)}


def test_classes_and_files_that_are_gone_are_named(tmp_path):
    """Also deep in it and as keys; what Composer does not know, addresses, and where Filament searches are not."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/There.php").touch()
    found = _look(
        tmp_path,
        {
            "livewire-components.php": r"<?php return ['there' => 'App\\There', 'gone' => '\\App\\Gone'];",
            "filament/panels/admin.php": rf"""<?php return [
                'pages' => ['{tmp_path}/app/There.php' => 'App\\There', '{tmp_path}/app/Gone.php' => 'x'],
                'pageNamespaces' => ['App\\Filament\\Pages'], 'pageDirectories' => ['{tmp_path}/app/Filament'],
                'address' => '/admin', 'vendor' => 'Nobody\\Knows', 'html' => '<a href="/x">'];""",
            "config.php": r"<?php return ['App\\Gone'];",
            "events.php": r"<?php return ['App\\Gone'];",
            ".gitignore": "*",
        },
    )
    one, other = "bootstrap/cache/livewire-components.php", "bootstrap/cache/filament/panels/admin.php"
    assert found == {one: PackageCache(one, (r"App\Gone",)), other: PackageCache(other, ("app/Gone.php",))}


def test_what_is_no_array_is_unknown(tmp_path):
    """Cut off, or code; without the directory there is nothing."""
    assert _look(tmp_path, {}) == {}
    found = _look(tmp_path, {"a.php": "<?php return [", "b.php": "<?php echo 1;"})
    assert all(isinstance(cache.gone, Unknown) for cache in found.values())
    assert len(found) == 2
