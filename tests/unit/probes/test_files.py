"""The Files fact: what it says of a tree, and a signature that no change of the code escapes."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.files import file_state, mounts
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.settings import FilesTable, OwnerRule, Policy, Settings
from liveproof.probes import files


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files made a moment ago count as old."""
    monkeypatch.setattr(file_state, "TICK_NS", 0)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path in (
        ".env", ".git/HEAD", "app/A.php", "app/B.php", "bootstrap/app.php", "bootstrap/cache/config.php",
        "node_modules/x/y.js", "public/index.php", "storage/logs/laravel.log", "vendor/autoload.php", "vendor/bin/tool",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    return tmp_path


def see(tree: Path, settings: Settings = Settings()) -> Files:  # noqa: B008  (frozen)
    app = App(str(tree), str(tree), "", "root", os.geteuid(), os.getegid(), (), (), (), laravel=True)
    return files.probe(Reader(), settings, app)


def test_every_entry_has_its_section(tree: Path) -> None:
    """As the fact's words have it."""
    sections: dict[str, set[str]] = {}
    for kind in see(tree).classes:
        sections.setdefault(kind.section, set()).update(kind.paths())
    assert sections == {
        "cache": {"bootstrap/cache", "bootstrap/cache/config.php"},
        "code": {".", "app", "app/A.php", "app/B.php", "bootstrap", "bootstrap/app.php"},
        "env": {".env"},
        "git": {".git", ".git/HEAD"},
        "ignored": {"node_modules"},
        "public": {"public", "public/index.php"},
        "storage": {"storage", "storage/logs", "storage/logs/laravel.log"},
        "vendor": {"vendor", "vendor/autoload.php", "vendor/bin", "vendor/bin/tool"},
    }


def test_counts_agree(tree: Path) -> None:
    """Of the whole, of the classes, of the paths."""
    seen = see(tree)
    assert (
        seen.count == sum(kind.count for kind in seen.classes) == sum(len(list(kind.paths())) for kind in seen.classes)
    )


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda tree: (tree / "app/A.php").write_text("x"),
    "mode": lambda tree: (tree / "app/A.php").chmod(0o600),
    "owner": lambda tree: os.chown(tree / "app/A.php", os.geteuid(), os.getegid()),
    "time": lambda tree: os.utime(tree / "app/A.php", (1, 1)),
    "new file": lambda tree: (tree / "vendor/new").write_text(""),
    "lost file": lambda tree: (tree / "public/index.php").unlink(),
    "lost directory": lambda tree: shutil.rmtree(tree / "vendor/bin"),
    "renamed": lambda tree: (tree / "app/A.php").rename(tree / "app/C.php"),
    "exchanged": lambda tree: [
        (tree / a).rename(tree / b) for a, b in (("app/A.php", "t"), ("app/B.php", "app/A.php"))
    ],
    "linked": lambda tree: os.link(tree / "app/A.php", tree / "app/L.php"),
    "cache": lambda tree: (tree / "bootstrap/cache/config.php").write_text("x"),
    "environment": lambda tree: (tree / ".env").write_text("x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_signature_changes_with_the_code(tree: Path, change: Callable[[Path], object]) -> None:
    """Whatever the change."""
    before = see(tree).signature
    change(tree)
    assert see(tree).signature != before


@pytest.mark.parametrize("path", ["storage/logs/laravel.log", ".git/HEAD", "node_modules/x/y.js"])
def test_signature_stays_while_the_code_stays(tree: Path, path: str) -> None:
    """Logs, the repository and what is ignored are no code."""
    before = see(tree)
    (tree / path).write_text("more")
    assert see(tree).signature == before.signature
    assert before.settled


def test_another_tree_has_another_signature(tree: Path) -> None:
    """A release is not taken for the other, however alike."""
    before = see(tree).signature
    (tree / "app").rename(tree.parent / "app")
    moved = tree.rename(tree.parent / "moved")
    (tree.parent / "app").rename(moved / "app")
    assert see(moved).signature != before


def test_a_fresh_change_is_never_trusted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a tick of the clock another change could have the same times."""
    monkeypatch.setattr(file_state, "TICK_NS", 2_000_000_000)
    first = see(tree)
    assert not first.settled
    assert see(tree).signature != first.signature


def test_ignored_paths_are_told_and_not_looked_into(tree: Path) -> None:
    """By the patterns of the configuration."""
    seen = see(tree, Settings(files=FilesTable(ignore=("vendor", "app/*.php"))))
    assert {path for kind in seen.classes if kind.section == "ignored" for path in kind.paths()} == {
        "node_modules",
        "vendor",
        "app/A.php",
        "app/B.php",
    }


def test_names_of_owners_and_of_the_policy(tree: Path) -> None:
    """So that nobody else needs to look them up."""
    policy = Policy("own", owner="daemon", rules=(OwnerRule("**", "bin", "mail"), OwnerRule("**", "nobody-here")))
    seen = see(tree, Settings(policy=policy))
    assert dict(seen.users)[1] == "daemon"
    assert {"bin", "daemon"} <= set(dict(seen.users).values())
    assert "mail" in dict(seen.groups).values()
    assert seen.owner(0, 0) == "root:root" or os.geteuid() != 0
    assert seen.owner(4711, 4712) == "4711:4712"


def test_a_release_with_a_shared_storage(tree: Path) -> None:
    """The place of a path is where no link is on the way."""
    release = tree / "releases/1"
    release.mkdir(parents=True)
    (tree / "shared/storage/logs").mkdir(parents=True)
    (release / "storage").symlink_to("../../shared/storage")
    seen = see(release)
    assert seen.links == (("storage", "../../shared/storage"),)
    assert seen.place("storage/logs") == (f"{tree}/shared/storage", "logs")
    assert seen.place("storage") == (f"{tree}/shared/storage", ".")
    assert seen.place("app") == (f"{release}", "app")


def test_a_walk_that_takes_too_long(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a reason, with what to do."""
    monkeypatch.setattr(files, "_PATIENCE", -1.0)
    with pytest.raises(CannotSee, match="ignore"):
        see(tree)


MOUNTS = """\
24 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 24 0:5 / /srv/with\\040blank rw shared:5 - nfs4 server:/x rw
31 24 0:6 / /mnt/fuse rw - fuse.sshfs host:/ rw
32 24 0:7 / /mnt/fuse/inner rw - tmpfs tmpfs rw
33 24 0:8 / /srv/local rw - xfs /dev/vdb rw
nonsense
"""


@pytest.mark.parametrize(
    ("path", "hangs"),
    [
        ("/var/www", False),
        ("/srv/with blank/app", True),
        ("/srv/with blank", True),
        ("/srv", True),
        ("/srv/local/app", False),
        ("/srv/with", False),
        ("/mnt/fuse/app", True),
        ("/mnt/fuse/inner/app", False),
        ("/", True),
    ],
)
def test_file_systems_that_may_hang(path: str, hangs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest mount above counts, and every one below."""
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(mounts, "_TABLE", str(tmp_path / "mountinfo"))
    assert mounts.hangs(path) is hangs


@pytest.fixture
def based(tree: Path) -> Path:
    """The tree with a database among its code."""
    (tree / "database/migrations").mkdir(parents=True)
    (tree / "database/migrations/1.php").write_text("")
    (tree / "database/database.sqlite").write_text("")
    time.sleep(0.02)  # a tick of the file system's clock, so that the next change has a time of its own
    return tree


def test_what_the_app_writes_to_its_database_changes_no_source(based: Path) -> None:
    """The whole tree's signature moves with each write, and what caches are derived from stays."""
    before = see(based)
    os.utime(based / "database/database.sqlite")
    (based / "database/database.sqlite-journal").write_text("")
    during = see(based)
    (based / "database/database.sqlite-journal").unlink()
    after = see(based)
    assert before.sources == during.sources == after.sources
    assert len({before.signature, during.signature, after.signature}) == 3
    newest = {times.section: times.newest_ctime_path for times in after.times}
    assert newest["data"].startswith("database")
    assert newest["code"] not in {"database", "database/database.sqlite"}
    assert any("database/database.sqlite" in kind.paths() for kind in after.classes if kind.section == "code")


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "database/migrations/2.php").write_text(""),
        lambda tree: (tree / "database/seed.php").write_text(""),
        lambda tree: os.utime(tree / "database/migrations/1.php"),
        lambda tree: (tree / "database/migrations/1.php").unlink(),
        lambda tree: (tree / "database/database.sqlite").unlink(),
        lambda tree: (tree / "database/other.sqlite").write_text(""),
        lambda tree: (tree / "app/x.sqlite").write_text(""),
        lambda tree: shutil.rmtree(tree / "database"),
    ],
)
def test_what_else_changes_beside_a_database_is_a_source(based: Path, change: Callable[[Path], object]) -> None:
    """Code, databases that come and go, and such names elsewhere."""
    before = see(based)
    change(based)
    assert see(based).sources != before.sources
