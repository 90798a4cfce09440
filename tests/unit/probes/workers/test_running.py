"""Which release a process runs, and what of its code changed: on real directories, with processes that are given."""

import time
from pathlib import Path

import pytest

from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.nginx import Nginx, Server
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.findings import Absent
from liveproof.model.settings import Settings
from liveproof.probes.files import probe as walk_files
from liveproof.probes.workers.changes import changes, unwalked
from liveproof.probes.workers.moved import moved_away
from liveproof.probes.workers.running import is_of_another, located, served_elsewhere
from tests.golden.filled import filled

PAST = 1_000_000_000.0


class Standing(Reader):
    """A reader that tells what a process has open, and that it sees the files that this one sees."""

    def __init__(self, *opened: str, elsewhere: bool = False) -> None:
        super().__init__()
        self._opened = opened
        self._elsewhere = elsewhere

    def list(self, path: str) -> tuple[str, ...]:
        return tuple(map(str, range(len(self._opened)))) if path.startswith("/proc/8/fd") else super().list(path)

    def readlink(self, path: str) -> str:
        return self._opened[int(path[11:])] if path.startswith("/proc/8/fd/") else super().readlink(path)

    def stat(self, path: str, *, follow: bool = True) -> Stat | None:
        if path == "/proc/8":
            path = "/"
        elif path.startswith("/proc/8/root"):
            path = "/" if self._elsewhere else path.removeprefix("/proc/8/root")
        return super().stat(path, follow=follow)


@pytest.fixture
def releases(tmp_path: Path) -> App:
    for number in "12":
        (tmp_path / "releases" / number / "app").mkdir(parents=True)
        (tmp_path / "releases" / number / "artisan").write_text("<?php")
        (tmp_path / "releases" / number / "app/X.php").write_text("<?php")
    (tmp_path / "current").symlink_to("releases/2")
    path, real = str(tmp_path / "current"), str(tmp_path / "releases/2")
    return App(path, real, "", "www-data", 33, 33, (33,), (), (), True)


def process(cwd: str, script: str = "artisan", began: float = PAST) -> PhpProcess:
    return PhpProcess(8, began, 33, "www-data", ("php", script, "queue:work"), cwd, "", began=began)


def test_the_directory_tells_the_release(releases: App) -> None:
    """Whether it is the current one, another one, or gone."""
    old = releases.real[:-1] + "1"
    here = located(Standing(), releases, process(releases.real))
    assert (here.release, here.gone, here.unseen) == (releases.real, "", ())
    assert located(Standing(), releases, process(old)).release == old
    gone = located(Standing(), releases, process(f"{releases.real[:-1]}0 (deleted)"))
    assert (gone.release, gone.gone) == (releases.real[:-1] + "0",) * 2


def test_a_script_that_is_open_tells_what_a_link_no_longer_does(releases: App) -> None:
    """Started elsewhere by the path through the link, which was changed since."""
    old = releases.real[:-1] + "1"
    started = process("/", f"{releases.path}/artisan")
    assert located(Standing(f"{old}/artisan"), releases, started).release == old
    unseen = located(Standing(), releases, started)
    assert unseen.release == ""
    assert "a link on the path of" in unseen.unseen[0]
    since = located(Standing(), releases, process("/", f"{releases.path}/artisan", time.time() + 5))
    assert (since.release, since.unseen) == (releases.real, ())


def test_a_script_that_was_replaced_in_place_is_no_deleted_directory(releases: App) -> None:
    """rsync and git put new files in the place of those that are open."""
    found = located(Standing(f"{releases.real}/artisan (deleted)"), releases, process(releases.real))
    assert (found.release, found.gone) == (releases.real, "")


def test_a_tree_of_its_own_is_not_judged_by_ours(releases: App) -> None:
    """In a mount namespace with another tree at that path."""
    (why,) = located(Standing(elsewhere=True), releases, process(releases.real)).unseen
    assert "it sees another" in why


def test_what_another_app_serves_beside_is_not_ours(releases: App) -> None:
    """Staging beside the releases."""
    other = releases.real[:-1] + "1"
    nginx = filled(
        Nginx, servers=(filled(Server, root=f"{other}/public"), filled(Server, root=f"{releases.path}/public"))
    )
    assert served_elsewhere(Standing(), releases, nginx) == {other}
    assert served_elsewhere(Standing(), releases, Absent("no nginx")) == frozenset()


def _walked(app: App) -> Files:
    return walk_files(Reader(), Settings(), app)


def _changed(app: App, since: float) -> set[str]:
    found = changes(Standing(), app, _walked(app), since)
    return {change.path.removeprefix(f"{app.real}/") for change in found if change.path.startswith(app.real)}


def test_only_what_a_worker_loads_counts(releases: App, tmp_path: Path) -> None:
    """Views, tests, logs, migrations and what browsers get do not; .env does, also over the link to the shared one."""
    app, root = releases, Path(releases.real)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/.env").write_text("A=1")
    (root / ".env").symlink_to(tmp_path / "shared/.env")
    time.sleep(0.05)
    since = time.time()
    time.sleep(0.05)
    assert _changed(app, since) == set()
    for path in (
        "resources/views/x.blade.php", "tests/XTest.php", "storage/logs/x.log", "database/x.php", "README.md",
        "public/build/x.js", "resources/js/x.js", ".github/x.php",
    ):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    assert _changed(app, since) == set()
    for path in ("app/Y.php", "bootstrap/cache/config.php", "config/services.yaml", "vendor/x/y.php"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    found = _changed(app, since)
    assert {"app/Y.php", "bootstrap/cache/config.php", "config/services.yaml", "vendor/x/y.php", "app"} <= found
    (tmp_path / "shared/.env").write_text("A=2")
    every = {change.path for change in changes(Standing(), app, _walked(app), since)}
    assert str(tmp_path / "shared/.env") in every


def test_code_behind_links_of_vendor_counts(releases: App, tmp_path: Path) -> None:
    """Composer's path repositories are linked."""
    package = tmp_path / "packages/x/src"
    package.mkdir(parents=True)
    (Path(releases.real) / "vendor").mkdir()
    (Path(releases.real) / "vendor/x").symlink_to(tmp_path / "packages/x")
    time.sleep(0.05)
    since = time.time()
    assert not list(changes(Standing(), releases, _walked(releases), since))
    (package / "Y.php").write_text("<?php")
    assert any(
        change.path.startswith(str(package.parent))
        for change in changes(Standing(), releases, _walked(releases), since)
    )


def test_what_was_not_walked_is_said(releases: App) -> None:
    """A directory that nobody may read."""
    assert list(unwalked(_walked(releases))) == []
    assert list(unwalked(filled(Files, unreadable=(("app/x", "Permission denied"),))))


@pytest.mark.parametrize(("key", "ours"), [("base64:one", True), ("base64:two", False), ("", False)])
def test_a_directory_with_the_key_of_the_app_was_the_app(tmp_path: Path, key: str, ours: bool) -> None:
    """A tree that was moved away keeps its key; another app has another, or none."""
    app, other = tmp_path / "app", tmp_path / "elsewhere/app.old"
    for place, value in ((app, "base64:one"), (other, key)):
        place.mkdir(parents=True)
        (place / ".env").write_text(f'A=1\nAPP_KEY="{value}"\n' if value else "A=1\n")
    assert moved_away(Reader(), _plain(app), time.time(), str(other)) is ours


def test_a_directory_beside_the_app_that_was_moved_since_may_have_been_the_app(tmp_path: Path) -> None:
    """One in which only files were made is another app."""
    for name in ("app", "other", "was"):
        (tmp_path / name).mkdir()
    start = time.time() - 5
    time.sleep(0.05)
    (tmp_path / "was").rename(tmp_path / "app.old")
    (tmp_path / "other/x").write_text("x")
    assert moved_away(Reader(), _plain(tmp_path / "app"), start, str(tmp_path / "app.old"))
    assert not moved_away(Reader(), _plain(tmp_path / "app"), start, str(tmp_path / "other"))
    assert not moved_away(Reader(), _plain(tmp_path / "app"), start + 60, str(tmp_path / "app.old"))


def _plain(place: Path) -> App:
    return App(str(place), str(place), "", "www-data", 33, 33, (33,), (), (), True)


def test_another_app_that_nginx_serves_has_workers_of_its_own(releases: App) -> None:
    """Also one with the same key, as staging often has."""
    nginx = filled(Nginx, servers=(filled(Server, root="/srv/staging/public"),))
    assert is_of_another(Standing(), releases, process("/srv/staging"), nginx)
    assert not is_of_another(Standing(), releases, process("/srv/old"), nginx)
    assert not is_of_another(Standing(), releases, process("/srv"), nginx)
    assert not is_of_another(Standing(), releases, process("/srv/staging", "bin/daemon.php"), nginx)
    assert not is_of_another(Standing(), releases, process(releases.real), nginx)
