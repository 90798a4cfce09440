"""Discovery: from what nginx serves and where the pools listen to the apps of a host, on this machine's own files."""

from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App, Apps
from liveproof.model.facts.fpm import Fpm, Master, Pool
from liveproof.model.facts.nginx import FastcgiPass, Nginx, Server
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import AppTable, Settings
from liveproof.probes.apps import probe
from liveproof.probes.apps.app_directory import app_above

UNSEEN = Unknown("not looked at")
POOL = Pool(
    "8.2", "www", "/etc/www.conf", "www-data", "www-data", 33, 33, (33,), "unix:/a", "dynamic", 5, 1,
    "", "", 0.0, 0.0, (), (), UNSEEN, UNSEEN,
)  # fmt: skip
NGINX = Nginx("nginx", "1", "/etc/nginx.conf", True, (), (), "www-data", 33, 33, (33,), (), None, "")


def fpm(*pools: Pool, routes: tuple[tuple[str, tuple[str, ...]], ...] = (("unix:/a", ("8.2/www",)),)) -> Fpm:
    return Fpm((Master("8.2", 1, 1.0, "", "", (), 0.0, "", UNSEEN, pools or (POOL,)),), routes)


def server(line: int, root: str, script: str = "", address: str = "unix:/a") -> Server:
    one = FastcgiPass("php", address, () if "$" in address else (address,), script, "", "/s", line + 1, root)
    return Server("/s", line, (), (), root, (), (one,), "", "")


def discover(
    *servers: Server, facts: Fpm | Unknown | Absent | None = None, app: str = "", user: str = "", source: str = ""
) -> Apps:
    settings = Settings(app=AppTable(app, user), sources=(("app.user", source),) if source else ())
    return probe(Reader(), settings, replace(NGINX, servers=servers), facts or fpm())


@pytest.fixture
def laravel(tmp_path: Path) -> Path:
    """A Laravel app of two releases, with a link to the first."""
    for number in "12":
        release = tmp_path / f"releases/{number}"
        (release / "public").mkdir(parents=True)
        (release / "bootstrap").mkdir()
        for name in ("artisan", "bootstrap/app.php", "public/index.php"):
            (release / name).write_text("<?php\n")
    (tmp_path / "current").symlink_to("releases/1")
    return tmp_path


def only(told: Apps) -> App:
    (app,) = told.apps
    return app


def test_a_laravel_app_behind_a_link(laravel: Path) -> None:
    """The app is the parent of its public directory; the link by which it is served stays in its path."""
    app = only(discover(server(1, f"{laravel}/current/public")))
    assert (app.path, app.real) == (f"{laravel}/current", f"{laravel}/releases/1")
    assert (app.user, app.uid, app.pools, app.servers, app.laravel) == ("www-data", 33, ("8.2/www",), ("/s:1",), True)


def test_server_blocks_of_one_tree_are_one_app(laravel: Path) -> None:
    """HTTP and HTTPS, and a block that serves the release itself, are the same app."""
    told = discover(server(1, f"{laravel}/current/public"), server(9, f"{laravel}/releases/1/public"))
    assert only(told).servers == ("/s:1", "/s:9")
    assert only(told).path == f"{laravel}/current"


def test_a_plain_php_app_and_a_site_without_php(tmp_path: Path) -> None:
    """A root with PHP in it is an app itself; one with none is served by nginx alone."""
    (tmp_path / "php").mkdir()
    (tmp_path / "php/start.php").touch()
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").touch()
    app = only(discover(server(1, f"{tmp_path}/php"), server(5, f"{tmp_path}/html")))
    assert (app.path, app.laravel) == (f"{tmp_path}/php", False)


def test_what_nginx_refuses_is_named_where_no_app_is_found() -> None:
    """A typing error in a server block hides the app: the reason says where it is."""
    refused = replace(NGINX, valid=False, errors=('unknown directive "rooot" in /etc/nginx/sites-enabled/app:5',))
    told = probe(Reader(), Settings(), refused, fpm())
    assert told.apps == ()
    assert 'nginx refuses the configuration on disk: unknown directive "rooot" in /etc/nginx/sites-enabled/app:5' in (
        told.reason
    )


def test_a_root_that_leads_nowhere_is_still_an_app(tmp_path: Path) -> None:
    """A link to a release that is gone must not make the app disappear."""
    (tmp_path / "current").symlink_to("releases/9")
    assert only(discover(server(1, f"{tmp_path}/current/public"))).path == f"{tmp_path}/current"


@pytest.mark.parametrize(
    "script", ["{0}/current/public$fastcgi_script_name", "{0}/current/public/index.php", "$document_root/x.php"]
)
def test_the_scripts_that_php_runs_tell_the_tree(script: str, laravel: Path) -> None:
    """A path in SCRIPT_FILENAME counts more than the document root."""
    root = "/nowhere" if script.startswith("{") else f"{laravel}/current/public"
    assert only(discover(server(1, root, script.format(laravel)))).path == f"{laravel}/current"


def test_a_pool_in_a_chroot(laravel: Path) -> None:
    """Paths that PHP is told start at the pool's own root."""
    pool = replace(POOL, chroot=f"{laravel}/current")
    assert (
        only(discover(server(1, "/elsewhere", "/public$fastcgi_script_name"), facts=fpm(pool))).path
        == f"{laravel}/current"
    )


def test_a_root_with_a_variable_is_told() -> None:
    """Discovery says where it could not follow."""
    told = discover(server(1, "/var/www/$host"))
    assert told.apps == ()
    assert "/s:2 holds a variable" in told.reason


def test_a_pass_that_leads_to_no_pool(laravel: Path) -> None:
    """The app is there without a pool; it runs as the one user that all pools of the host share."""
    app = only(discover(server(1, f"{laravel}/current/public", address="$php")))
    assert (app.pools, app.user) == ((), "www-data")
    two = fpm(POOL, replace(POOL, name="b", user="b", uid=5))
    assert only(discover(server(1, f"{laravel}/current/public", address="$php"), facts=two)).uid == -1


def test_the_user_that_is_configured_counts(laravel: Path) -> None:
    """A name of this host; one that nobody knows has no number."""
    assert only(discover(server(1, f"{laravel}/current/public"), user="root")).uid == 0
    app = only(discover(server(1, f"{laravel}/current/public"), user="no such user"))
    assert (app.user, app.uid) == ("no such user", -1)


@pytest.mark.parametrize("below", ["current", "current/", "current/public", "releases/1", "."])
def test_the_app_that_is_named(below: str, laravel: Path) -> None:
    """By its path, its document root, the release behind it, or the directory of its releases: it is the served app."""
    told = discover(server(1, f"{laravel}/current/public"), app=f"{laravel}/{below}".replace("/.", ""))
    assert only(told).path == f"{laravel}/current"
    assert only(told).pools == ("8.2/www",)


def test_an_app_that_nobody_serves(laravel: Path) -> None:
    """It is examined all the same, and the reason tells that no request reaches it."""
    told = discover(server(1, f"{laravel}/current/public"), app=f"{laravel}/releases/2")
    assert (only(told).path, only(told).pools, only(told).laravel) == (f"{laravel}/releases/2", (), True)
    assert "nginx passes no request" in told.reason


@pytest.mark.parametrize(
    ("path", "reason"), [("/nowhere/at/all", "does not exist"), ("/etc/passwd", "is not a directory")]
)
def test_a_path_that_is_no_directory(path: str, reason: str) -> None:
    """The reason names it."""
    assert discover(app=path) == Apps((), f"{path} {reason}")


@pytest.mark.parametrize("path", ["/", "/etc", "/etc/ssl", "/usr", "/var", "/root", "/proc", "/boot", "/home", "/dev"])
def test_a_directory_of_the_system_is_refused(path: str) -> None:
    """Also where nginx serves it: what it holds is not the app's alone."""
    for told in (discover(app=path), discover(server(1, path), app=path)):
        assert told.apps == ()
        assert f"{path} is a directory of the system" in told.refused
    assert discover(server(1, path)).apps == ()


def test_a_user_who_does_not_exist_is_refused_where_it_was_typed(laravel: Path) -> None:
    """On the command line it is a usage error; in the file of a host it may come back (a name service that is down)."""
    served = server(1, f"{laravel}/current/public")
    typed = discover(served, user="nosuch", source="command line")
    assert typed.refused == "there is no user 'nosuch' on this host"
    filed = only(discover(served, user="nosuch", source="/etc/liveproof/liveproof.toml"))
    assert (filed.user, filed.uid) == ("nosuch", -1)


def test_a_link_to_a_directory_of_the_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").symlink_to("/etc")
    assert "is a directory of the system" in discover(app=f"{tmp_path}/shop").refused


def test_a_directory_that_is_no_app_is_refused(tmp_path: Path) -> None:
    """Unless nginx serves it, or it holds what only an app holds."""
    (tmp_path / "readme.txt").touch()
    assert "holds none of artisan, public/index.php" in discover(app=str(tmp_path)).refused
    (tmp_path / "start.php").touch()
    assert discover(app=str(tmp_path)).refused
    assert not discover(server(1, str(tmp_path)), app=str(tmp_path)).refused
    (tmp_path / "composer.json").touch()
    assert not discover(app=str(tmp_path)).refused


def test_a_home_needs_more_than_composer_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many a home has a composer.json or an index.php; only one that is served or is a Laravel app is an app."""
    monkeypatch.setattr("liveproof.host.process.accounts.Accounts.homes", lambda _: frozenset({str(tmp_path)}))
    (tmp_path / "composer.json").touch()
    (tmp_path / "index.php").touch()
    assert "is a home directory that nginx does not serve" in discover(app=str(tmp_path)).refused
    assert not discover(server(1, str(tmp_path)), app=str(tmp_path)).refused
    (tmp_path / "artisan").touch()
    assert not discover(app=str(tmp_path)).refused


def test_without_nginx_and_fpm(laravel: Path) -> None:
    """Nothing is discovered and both reasons are told; a named app is examined."""
    absent = probe(Reader(), Settings(), Absent("no nginx here"), Absent("no FPM here"))
    assert absent.apps == ()
    assert all(word in absent.reason for word in ("no nginx here", "no FPM here", "name its directory"))
    named = probe(
        Reader(), Settings(app=AppTable(f"{laravel}/current")), Unknown("no nginx here"), Unknown("no FPM here")
    )
    assert (only(named).uid, only(named).root) == (-1, "")


def tree(top: Path, *names: str) -> Path:
    """Empty PHP files, with the directories above them."""
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("<?php\n")
    return top


@pytest.mark.parametrize("root", ["public", "web", "public_html", "htdocs", "docroot", "html"])
@pytest.mark.parametrize(
    "beside",
    ["composer.json", "vendor/autoload.php", "bin/console", "wp-config.php", ".git/HEAD", "src/lib.php", "lib.php"],
)
def test_an_app_is_not_its_document_root(root: str, beside: str, tmp_path: Path) -> None:
    """What stands beside the document root tells that the app begins above it; both paths name it."""
    top = tree(tmp_path / "two", f"{root}/index.php", beside)
    for named in ("", str(top), f"{top}/{root}"):
        app = only(discover(server(1, f"{top}/{root}"), app=named))
        assert (app.path, app.root, app.pools) == (str(top), f"{top}/{root}", ("8.2/www",))


@pytest.mark.parametrize(
    ("root", "beside"),
    [
        ("public", ()),
        ("public", ("logs/error.log",)),
        ("public", ("shop/index.php", "src/lib.php")),
        ("public", ("blog/public/index.php", "lib.php")),
        ("shop", ("src/lib.php",)),
        ("blog", ("wp-config.php", "wp-settings.php")),
        ("public", ("public/composer.json", "composer.json")),
    ],
)
def test_several_apps_side_by_side_are_not_one(root: str, beside: tuple[str, ...], tmp_path: Path) -> None:
    """A parent without code, with another app in it, or around a root of any name, is not taken for the app."""
    top = tree(tmp_path / "two", f"{root}/index.php", *beside)
    assert only(discover(server(1, f"{top}/{root}"))).path == f"{top}/{root}"


@pytest.mark.parametrize(
    "parent", ["/", "/srv", "/var", "/var/www", "/usr", "/usr/share", "/home", "/opt", "/root", "/etc", "/tmp"]
)
def test_no_directory_of_the_system_and_no_home_is_an_app(parent: str) -> None:
    """Whatever stands in it."""

    class Everything(Reader):
        def stat(self, path: str, *, follow: bool = True) -> Stat | None:  # noqa: ARG002
            return super().stat("/etc/passwd", follow=follow)

    assert app_above(Everything(), f"{parent.rstrip('/')}/public") == ""


def test_a_home_is_no_app(tmp_path: Path) -> None:
    """Nor is it through a link."""
    tree(tmp_path, "home/u/public_html/index.php", "home/u/src/lib.php", "home/u/composer.json")
    (tmp_path / "link").symlink_to("home/u")

    class Homes(Reader):
        def read(self, path: str, limit: int = 1 << 20) -> bytes:
            return (
                f"u:x:1:1::{tmp_path}/home/u/:/bin/sh\n".encode()
                if path == "/etc/passwd"
                else super().read(path, limit)
            )

    assert app_above(Homes(), f"{tmp_path}/home/u/public_html") == ""
    assert app_above(Homes(), f"{tmp_path}/link/public_html") == ""


def test_two_levels_below_its_composer_file(tmp_path: Path) -> None:
    """As Yii's advanced template has it."""
    top = tree(tmp_path / "yii", "composer.json", "frontend/web/index.php", "frontend/config/main.php")
    (top / "frontend/config").rename(top / "common")
    assert only(discover(server(1, f"{top}/frontend/web"))).path == str(top)
