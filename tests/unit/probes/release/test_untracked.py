"""PHP that a release does not have: where it counts, and where it is nobody's business."""

import contextlib
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.release import Release
from liveproof.model.settings import AppTable, Settings
from liveproof.model.verdicts import Severity
from liveproof.probes import release
from liveproof.rules.release import untracked_code_in_release
from liveproof.store.cache import Cache
from tests.unit.answers import findings
from tests.unit.probes.release.test_release import app_at, commit, files_of, git, pytestmark, settled, tree  # noqa: F401  (fixtures)

READER = Reader()


def see(top: Path, root: str = "public", cache: Cache | None = None) -> Release:
    app = replace(app_at(top), root=f"{top}/{root}".rstrip("/"))
    return release.probe(READER, Settings(), cache or Cache(None), app, files_of(top))


def write(top: Path, *names: str) -> None:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("<?php\n")


@pytest.fixture
def released(tree: Path) -> Path:  # noqa: F811
    """A release that ignores what Laravel's skeleton does, and some more."""
    (tree / ".gitignore").write_text(
        "/vendor\n/public/build\n/public/hidden*.php\n/config/local.php\n*.bak.php\n!kept.bak.php\n/public/wp-c*.php\n"
        "/public/drop-in.php\n"
    )
    commit(tree)
    return tree


@pytest.mark.parametrize(
    "name",
    [
        "public/shell.php", "public/.x.php", "public/a b/'c'.phtml", "public/x.phar",
        "app/Http/Forgotten.php", "app/kept.bak.php", "public/caf\udce9\n.php",
    ],
)  # fmt: skip
def test_a_stranger_is_named(name: str, released: Path) -> None:
    """Below the document root and among the code, where nothing ignores it."""
    write(released, name)
    assert see(released).untracked == (name,)


@pytest.mark.parametrize("name", ["public/build/deep/x.php", "public/hidden.php", "public/old.bak.php"])
def test_a_script_that_is_ignored_where_visitors_reach_it(name: str, released: Path) -> None:
    """Told apart, with the file that ignores it, remembered tree or not: a notice."""
    write(released, name)
    cache = Cache(str(released.parent / "memory"))
    for _ in range(2):
        seen = see(released, cache=cache)
        assert (seen.untracked, seen.ignored) == ((), ((name, ".gitignore"),))
    (finding,) = findings(untracked_code_in_release.check(app_at(released), seen))
    assert finding.severity is Severity.NOTICE
    assert f"1 PHP file is below the document root and ignored by git, such as {name}" == finding.message


def test_only_the_releases_own_word_silences(released: Path) -> None:
    """What this host's exclude file names is told, with it; a foreign file named in the configuration is not read."""
    write(released, "public/x.php", "public/y.php")
    (released / ".git/info/exclude").write_text("/public/x.php\n")
    (released.parent / "foreign").write_text("y.php\n")
    git(released, "config", "core.excludesFile", str(released.parent / "foreign"))
    seen = see(released)
    assert (seen.untracked, seen.ignored) == (("public/y.php",), (("public/x.php", ".git/info/exclude"),))


def test_an_exclude_file_that_nobody_ends_is_not_waited_for(released: Path) -> None:
    """A FIFO would keep git waiting."""
    write(released, "public/x.php")
    (released / ".git/info/exclude").unlink(missing_ok=True)
    os.mkfifo(released / ".git/info/exclude")
    with pytest.raises(CannotSee, match="not a regular file"):
        see(released)


def test_ignore_files_give_no_secret_away(released: Path) -> None:
    """Neither a pattern nor what git says of a configuration comes into what is told."""
    write(released, "public/x.php")
    (released / ".git/info/exclude").write_text("*hunter2*\nx.php\n")
    assert "hunter2" not in repr(see(released))
    with (released / ".git/config").open("a") as file:
        file.write(f"[include]\n\tpath = {released.parent}/secret\n")
    (released.parent / "secret").write_text("root:hunter2:0\n")
    (released.parent / "secret").chmod(0o600)
    with contextlib.suppress(CannotSee):
        assert "hunter2" not in repr(see(released))


@pytest.mark.parametrize(
    "name",
    [
        "vendor/x/y.php", "bootstrap/cache/config.php", "storage/framework/views/a.php", "node_modules/x/a.php",
        "config/local.php", "app/old.bak.php", "app/notes.txt", "public/build/app.js", "deploy.php", ".idea/x.php",
        "public/wp-config.php", "public/drop-in.php", "storage/app/public/upload.php",
    ],
)  # fmt: skip
def test_what_nobody_commits_is_no_stranger(name: str, released: Path) -> None:
    """Packages, caches, compiled views, what is ignored among the code, and what is no code."""
    write(released, name)
    assert see(released).untracked == ()


def test_a_link_and_uploads_that_a_link_makes_public(released: Path) -> None:
    """A link named like a script is one; PHP among public uploads is run as well, remembered tree or not."""
    (released / "public/x.php").symlink_to("/etc/hostname")
    (released / "public/storage").symlink_to(f"{released}/storage/app/public")
    cache = Cache(str(released.parent / "memory"))
    assert see(released, cache=cache).untracked == ("public/x.php",)
    write(released, "storage/app/public/upload.php")
    for _ in range(2):
        assert see(released, cache=cache).untracked == ("public/x.php", "storage/app/public/upload.php")


def test_what_is_remembered_changes_with_what_is_ignored(released: Path) -> None:
    """The repository's own exclude file lies in no section that is walked."""
    cache = Cache(str(released.parent / "memory"))
    write(released, "app/New.php")
    assert see(released, cache=cache).untracked == ("app/New.php",)
    (released / ".git/info/exclude").write_text("New.php\n")
    assert see(released, cache=cache).untracked == ()


def test_what_composer_installs_below_the_document_root(released: Path) -> None:
    """As Drupal's and WordPress's installer paths do; a file beside the packages is still a stranger."""
    write(released, "public/core/lib.php", "public/corefile.php")
    assert see(released).untracked == ("public/core/lib.php", "public/corefile.php")
    write(released, "vendor/composer/installed.json")
    told = {"packages": [{"name": "drupal/core", "install-path": "../../public/core"}, {"name": "meta/package"}]}
    (released / "vendor/composer/installed.json").write_text(json.dumps(told))
    assert see(released).untracked == ("public/corefile.php",)


def test_what_composer_scaffolds(released: Path) -> None:
    """Drupal's front controllers, below the place that the app's own composer.json names; nothing else beside them."""
    names = ("public/index2.php", "public/autoload.php", "public/sites/default.php", "public/update.php")
    write(released, *names, "public/shell.php", "vendor/composer/installed.json")
    mapping = {"[web-root]/index2.php": "a", "[web-root]/sites/default.php": {"path": "b"}, "[project-root]/x.php": "c"}
    drupal = {"name": "drupal/core", "extra": {"drupal-scaffold": {"file-mapping": mapping}}}
    (released / "vendor/composer/installed.json").write_text(json.dumps({"packages": [drupal]}))
    own = {"extra": {"drupal-scaffold": {"locations": {"web-root": "./public"}}}}
    (released / "composer.json").write_text(json.dumps(own))
    commit(released)
    git(released, "rm", "-q", "--cached", *names, "public/shell.php")
    git(released, "commit", "-q", "-m", "scaffolded")
    assert see(released).untracked == ("public/shell.php", "public/update.php")


def test_no_package_is_the_document_root(released: Path) -> None:
    """Who can write installed.json cannot hide everything by it."""
    write(released, "public/shell.php", "vendor/composer/installed.json")
    told = {"packages": [{"name": "a/b", "install-path": "../../public"}]}
    (released / "vendor/composer/installed.json").write_text(json.dumps(told))
    assert see(released).untracked == ("public/shell.php",)


def test_an_app_that_is_its_document_root(tree: Path) -> None:  # noqa: F811
    """There the repository's word on what it ignores counts: settings and caches lie among the code."""
    (tree / ".gitignore").write_text("/cache\nwp-config.php\n")
    commit(tree)
    write(tree, "cache/a.php", "wp-config.php", "new.php", ".hidden.php")
    assert see(tree, "").untracked == (".hidden.php", "new.php")


def test_a_manifest(tree: Path) -> None:  # noqa: F811
    """It has all files of a document root, too."""
    names = ("public/index.php", "app/Http/Handler.php", "app/Http/Other.php")
    lines = (f"{hashlib.sha256((tree / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (tree.parent / "manifest").write_text("".join(lines))
    write(tree, "public/shell.php", "app/Http/New.php", "config/x.php")
    app = replace(app_at(tree), root=f"{tree}/public")
    seen = release.probe(
        READER, Settings(app=AppTable(release=f"{tree.parent}/manifest")), Cache(None), app, files_of(tree)
    )
    assert seen.untracked == ("app/Http/New.php", "public/shell.php")


def test_a_submodule_is_not_looked_into(released: Path) -> None:
    """Its files are another repository's."""
    write(released, "app/module/x.php")
    head = git(released, "rev-parse", "HEAD")
    git(released, "update-index", "--add", "--cacheinfo", f"160000,{head},app/module")
    git(released, "commit", "-q", "-m", "module")
    assert see(released).untracked == ()
