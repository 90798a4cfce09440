"""probes/php_files: which files are parsed, and what is remembered of them."""

from liveproof.analysis.laravel.composer_maps import Maps
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.probes.php_files.candidates import Candidate, candidates

_APP = App("/srv/a", "/srv/a", "/srv/a/public", "www", 33, 33, (), ("8.2/www",), (), laravel=True)


def _files(**sections: tuple[str, ...]) -> Files:
    classes = tuple(
        FileClass(section, "f", 0o644, 33, 33, False, ((where or ".", name),), 1)
        for section, paths in sections.items()
        for where, _, name in (path.rpartition("/") for path in paths)
    )
    return Files("/srv/a", 1, classes, (), (), "", 0, (), 0.0)


def _seen(files: Files, maps: Maps | None, *held: str) -> dict[str, Candidate]:
    found = candidates(_APP, files, maps, frozenset(f"/srv/a/{path}" for path in held))
    return {one.path.removeprefix("/srv/a/"): one for one in found}


def test_own_code() -> None:
    files = _files(
        code=(
            "artisan",
            "app/Job.php",
            "app/helpers.php",
            "app/stubs/x.php",
            "resources/views/a.blade.php",
            "tool.php",
        ),
        public=("public/index.php", "public/style.css"),
    )
    found = _seen(files, None)
    assert {path: one.loaded for path, one in found.items()} == {
        "artisan": True, "app/Job.php": True, "app/helpers.php": True, "tool.php": False, "public/index.php": True,
    }  # fmt: skip
    assert [path for path, one in found.items() if one.holds] == ["artisan", "public/index.php"]
    assert _seen(files, None, "tool.php", "app/stubs/x.php")["tool.php"].loaded
    assert _seen(files, None, "app/stubs/x.php")["app/stubs/x.php"].loaded


def test_packages() -> None:
    """What the autoloader names; of other files those that PSR-4 may find, and no tests of packages."""
    vendor = (
        "vendor/autoload.php", "vendor/composer/ClassLoader.php", "vendor/a/b/src/Lazy.php",
        "vendor/a/b/src/bootstrap80.php", "vendor/a/b/src/Tests/Broken.php",
        "vendor/a/b/files.php", "vendor/a/b/other.php", "vendor/a/b/src/Known.php",
    )  # fmt: skip
    maps = Maps(
        {"A\\Known": "/srv/a/vendor/a/b/src/Known.php", "A\\Tests\\T": "/srv/a/vendor/a/b/src/Tests/T.php"},
        ("/srv/a/vendor/a/b/files.php",),
        {"A\\": ("/srv/a/vendor/a/b/src",)},
    )
    found = _seen(_files(vendor=vendor), maps)
    assert {path: (one.loaded, one.classes) for path, one in found.items()} == {
        "vendor/autoload.php": (True, False),
        "vendor/composer/ClassLoader.php": (True, False),
        "vendor/a/b/files.php": (True, False),
        "vendor/a/b/src/Known.php": (False, True),
        "vendor/a/b/src/Lazy.php": (False, False),
    }
