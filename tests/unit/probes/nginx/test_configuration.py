"""nginx's configuration: includes, what is inherited, where PHP requests go, and what is told of a broken one."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.files.file_state import Inputs, state
from liveproof.host.reader import Reader
from liveproof.model.facts.nginx import FastcgiPass, Listen
from liveproof.probes.nginx import _parse, directives, test_inputs
from liveproof.probes.nginx import configuration as ngxconf
from liveproof.probes.nginx.configuration import Configuration
from liveproof.probes.nginx.directives import Tree

MAIN = """
user deploy staff;
error_log /var/log/nginx/error.log;
events { worker_connections 100; }
http {
    include mime.types;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    access_log /var/log/nginx/access.log;
    include sites/*.conf;
}
"""
SITE = """
upstream php { server unix:/run/php/a.sock; server 127.0.0.1:9000 down; server 127.0.0.1:9001; }
server {
    listen 80 default_server;
    listen [::]:443 ssl;
    server_name example.com www.example.com;
    root /var/www/x/current/public;
    location / { try_files $uri /index.php?$query_string; }
    location ~ \\.php$ { fastcgi_pass php; }
}
"""


def tree_of(files: dict[str, str], directory: Path) -> Tree:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    reader = Reader()

    def read(path: str) -> str | None:
        return None if Path(path).is_dir() else reader.read(path).decode(errors="surrogateescape")

    return directives.load(str(directory / "nginx.conf"), _parse, read, reader.glob)


def configuration(files: dict[str, str], directory: Path) -> Configuration:
    return ngxconf.configuration(tree_of(files, directory), "/usr/share/nginx")


def only_pass(site: str, directory: Path) -> FastcgiPass:
    found = configuration({"nginx.conf": f"http {{ {site} }}"}, directory)
    (one,) = (one for server in found.servers for one in server.passes)
    return one


def test_all_parameters_in_force(tmp_path: Path) -> None:
    """Of one level, all; with the variables that the server sets once, and whether an empty one is left out."""
    one = only_pass(
        """fastcgi_param FROM_HTTP 1;
        server {
            set $tenant blue;
            location / {
                fastcgi_param SCRIPT_FILENAME $document_root/index.php;
                fastcgi_param HTTPS $https if_not_empty;
                fastcgi_param TENANT $tenant-$geo;
                fastcgi_pass 127.0.0.1:9000;
            }
        }""",
        tmp_path,
    )
    assert one.params == (
        ("SCRIPT_FILENAME", "$document_root/index.php", False),
        ("HTTPS", "$https", True),
        ("TENANT", "blue-$geo", False),
    )
    assert "blue" not in repr(one), "a parameter may be a secret"


def test_a_site_in_an_included_file(tmp_path: Path) -> None:
    """Servers of included files keep their file and line, and inherit what stands around the include."""
    found = configuration(
        {"nginx.conf": MAIN, "mime.types": "types { text/html html; }", "sites/x.conf": SITE}, tmp_path
    )
    (server,) = found.servers
    assert (found.user, found.group, found.error_log) == ("deploy", "staff", "/var/log/nginx/error.log")
    assert server.id == f"{tmp_path}/sites/x.conf:3"
    assert server.names == ("example.com", "www.example.com")
    assert server.listens == (Listen("*", 80, tls=False, default=True), Listen("[::]", 443, tls=True, default=False))
    assert server.access_log == "/var/log/nginx/access.log"
    assert server.passes == (
        FastcgiPass(
            r"~ \.php$",
            "unix:/run/php/a.sock",
            ("unix:/run/php/a.sock", "127.0.0.1:9001"),
            "$document_root$fastcgi_script_name",
            "",
            f"{tmp_path}/sites/x.conf",
            9,
            "/var/www/x/current/public",
            params=(("SCRIPT_FILENAME", "$document_root$fastcgi_script_name", False),),
        ),
    )


@pytest.mark.parametrize(
    ("site", "script"),
    [
        ("fastcgi_param SCRIPT_FILENAME /a; server { location / { fastcgi_pass x:1; } }", "/a"),
        (
            "fastcgi_param SCRIPT_FILENAME /a; server { fastcgi_param OTHER b; location / { fastcgi_pass x:1; } }",
            "",
        ),
        ("PARAM /a; server { location / { PARAM /b; fastcgi_pass x:1; } }", "/b"),
        ("server { PARAM /a; PARAM /b; location / { fastcgi_pass x:1; } }", "/b"),
        ("server { location / { fastcgi_param SCRIPT_FILENAME /a; location ~ x { fastcgi_pass x:1; } } }", "/a"),
    ],
)
def test_parameters_of_one_level_replace_all_above(site: str, script: str, tmp_path: Path) -> None:
    """fastcgi_param is inherited only by a level that has none of its own; of one name the last counts."""
    assert only_pass(site.replace("PARAM", "fastcgi_param SCRIPT_FILENAME"), tmp_path).script_filename == script


@pytest.mark.parametrize(
    ("site", "root"),
    [
        ("root /a; server { location / { fastcgi_pass x:1; } }", "/a"),
        ("server { root /a; location / { root /b; fastcgi_pass x:1; } }", "/b"),
        ("server { root /a; location /b { alias /c; location ~ php { fastcgi_pass x:1; } } }", "/c"),
        ("server { location / { fastcgi_pass x:1; } }", "/usr/share/nginx/html"),
        ("server { root sites/a; location / { fastcgi_pass x:1; } }", "/usr/share/nginx/sites/a"),
        ("server { set $base /var/www; root $base/public; location / { fastcgi_pass x:1; } }", "/var/www/public"),
        ("server { set $b /w; set $bc /v; root ${bc}$b; location / { fastcgi_pass x:1; } }", "/v/w"),
        ("server { root /var/www/$host; location / { fastcgi_pass x:1; } }", "/var/www/$host"),
        ("server { root /a; location / { if ($x) { fastcgi_pass x:1; } } }", "/a"),
    ],
)
def test_document_root_in_force(site: str, root: str, tmp_path: Path) -> None:
    """The root of the innermost level counts, made absolute, with the variables that are set once put in."""
    assert only_pass(site, tmp_path).root == root


@pytest.mark.parametrize(
    ("servers", "addresses", "backups"),
    [
        ("server a:1 backup; server b:1; server c:1 down;", ("b:1", "a:1"), ("a:1",)),
        ("server a:1 down; server b:1 backup;", ("b:1",), ("b:1",)),
        ("server a:1 weight=2; server b:1 max_fails=1 backup;", ("a:1", "b:1"), ("b:1",)),
    ],
)
def test_backup_servers(servers: str, addresses: tuple[str, ...], backups: tuple[str, ...], tmp_path: Path) -> None:
    """They come last, and what is marked down never gets a request."""
    site = f"upstream u {{ {servers} }} server {{ location / {{ fastcgi_pass u; }} }}"
    one = only_pass(site, tmp_path)
    assert (one.address, one.addresses, one.backups) == (addresses[0], addresses, backups)


@pytest.mark.parametrize(
    ("http", "server", "retries"),
    [
        ("", "", True), ("", "fastcgi_next_upstream off;", False), ("", "fastcgi_next_upstream timeout;", False),
        ("fastcgi_next_upstream off;", "", False), ("fastcgi_next_upstream off;", "fastcgi_next_upstream error;", True),
        ("", "fastcgi_next_upstream_tries 1;", False), ("", "fastcgi_next_upstream_tries 2;", True),
    ],
)  # fmt: skip
def test_whether_the_next_server_is_asked(http: str, server: str, retries: bool, tmp_path: Path) -> None:
    """By default after an error; each level says it anew."""
    site = f"{http} server {{ {server} location / {{ fastcgi_pass unix:/a; }} }}"
    assert only_pass(site, tmp_path).retries is retries


@pytest.mark.parametrize(
    ("site", "address", "addresses"),
    [
        ("server { location / { fastcgi_pass unix:/a; } }", "unix:/a", ("unix:/a",)),
        ("server { set $p unix:/a; location / { fastcgi_pass $p; } }", "unix:/a", ("unix:/a",)),
        ("upstream u { server x:1; } server { set $p u; location / { fastcgi_pass $p; } }", "x:1", ("x:1",)),
        ("server { set $p a:1; if ($x) { set $p b:1; } location / { fastcgi_pass $p; } }", "$p", ()),
        ("map $host $p { default a:1; } server { location / { fastcgi_pass $p; } }", "$p", ()),
    ],
)
def test_address_of_fastcgi_pass(site: str, address: str, addresses: tuple[str, ...], tmp_path: Path) -> None:
    """Upstream blocks and variables that hold one value are resolved; any other variable is told as it stands."""
    one = only_pass(site, tmp_path)
    assert (one.address, one.addresses) == (address, addresses)


def test_kept_connections(tmp_path: Path) -> None:
    """fastcgi_keep_conn is inherited."""
    assert only_pass("fastcgi_keep_conn on; server { location / { fastcgi_pass x:1; } }", tmp_path).keeps


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("server { root /b; nonsense on; location / { fastcgi_pass y:1; } }", ""),
        ("server { root /b; location / { fastcgi_pass y:1; }", 'expecting "}"'),
        ("server { root /b; } } location / { fastcgi_pass y:1; }", 'unexpected "}"'),
        ('server { root "/b; }', 'expecting """'),
    ],
)
def test_a_broken_file_does_not_hide_the_others(broken: str, problem: str, tmp_path: Path) -> None:
    """What is broken is told with its file, and the sites in other files are still found."""
    files = {
        "nginx.conf": "http {\ninclude s/*;\n}",
        "s/1": broken,
        "s/2": "server { location / { fastcgi_pass x:1; } }",
    }
    tree = tree_of(files, tmp_path)
    found = ngxconf.configuration(tree, "/p")
    assert "x:1" in [one.address for server in found.servers for one in server.passes]
    assert bool(problem) == bool(tree.problems)
    assert all(problem in told and f"{tmp_path}/s/1" in told for told in tree.problems)


def test_includes_that_cannot_be_read(tmp_path: Path) -> None:
    """A FIFO, a loop of links, a missing file and a file that includes itself are told and waited for by nobody."""
    (tmp_path / "s").mkdir()
    os.mkfifo(tmp_path / "s/fifo")
    (tmp_path / "s/loop").symlink_to(tmp_path / "s/loop")
    (tmp_path / "s/directory").mkdir()
    files = {"nginx.conf": "http { include s/*; include gone; include self; server { } }", "self": "include self;"}
    tree = tree_of(files, tmp_path)
    assert len(ngxconf.configuration(tree, "/p").servers) == 1
    told = "\n".join(tree.problems)
    assert all(word in told for word in ("fifo", "loop", "gone", "includes itself"))
    assert "s/directory" not in told


def test_includes_that_multiply_end(tmp_path: Path) -> None:
    """Each file includes the next one ten times, and the last all of them: told, and not followed for ever."""
    files = {f"x{number}": f"include x{number + 1};" * 10 for number in range(12)}
    tree = tree_of({"nginx.conf": "include x0;", **files, "x12": "include x0;" * 10}, tmp_path)
    assert any("directives" in problem for problem in tree.problems)
    assert len(tree.problems) <= 100
    assert sum(1 for _ in tree.top.walk()) <= 200_001


def test_blocks_that_are_nested_without_end(tmp_path: Path) -> None:
    """Told, and what stands beside them still counts."""
    files = {"nginx.conf": "include deep; http { server { } }", "deep": "map $a $b { " * 3000 + "}" * 3000}
    tree = tree_of(files, tmp_path)
    assert len(ngxconf.configuration(tree, "/p").servers) == 1
    assert any("nested" in problem for problem in tree.problems)


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    """No text makes the parser of a file fail."""
    statements, errors = _parse(text, "/x")
    assert isinstance(statements, list)
    assert all(isinstance(error, str) for error in errors)


def test_what_the_test_of_a_configuration_depends_on(tmp_path: Path) -> None:
    """Certificates count with their content, logs with their presence; addresses within a site are no files."""
    tree = tree_of(
        {
            "nginx.conf": "error_log logs/e.log; http { server { ssl_certificate c.pem; access_log /var/log/a.log; "
            "location /admin { root /var/www; } rewrite ^/a /b; } }"
        },
        tmp_path,
    )
    files, present = test_inputs.opened(tree, "/prefix")
    assert files == (f"{tmp_path}/c.pem", "/prefix/c.pem")
    assert {"/var/log/a.log", "/var/log", "/prefix/logs/e.log", "/prefix/logs"} <= set(present)


@pytest.mark.parametrize(
    ("site", "asks"),
    [
        ("server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } }", False),
        ("server { location / { proxy_pass http://localhost:3000/x; } }", False),
        ("server { location / { proxy_pass http://$backend; } }", False),
        ("upstream u { server unix:/x; } server { location / { proxy_pass http://u/; } }", False),
        ("upstream u { server backend.example:80; } server { }", True),
        ("server { location / { fastcgi_pass php.example:9000; } }", True),
        ("server { listen example.com:80; }", True),
        ("server { access_log syslog:server=logs.example; }", True),
    ],
)
def test_whether_a_name_server_has_a_say(site: str, asks: bool, tmp_path: Path) -> None:
    """A configuration with a host's name in it is tested each time: its answer may change while no file does."""
    assert test_inputs.asks_resolver(tree_of({"nginx.conf": f"http {{ {site} }}"}, tmp_path)) is asks


def test_state_of_inputs_moves_with_each_of_them(tmp_path: Path) -> None:
    """A changed, replaced, added or removed file changes the state; a growing log does not."""
    (tmp_path / "a").write_text("1")
    (tmp_path / "log").write_text("1")
    inputs = Inputs((f"{tmp_path}/a", f"{tmp_path}/gone"), (f"{tmp_path}/log",), (f"{tmp_path}/*.conf",))
    seen = [state(Reader(), inputs).text]
    (tmp_path / "log").write_text("grown")
    assert state(Reader(), inputs).text == seen[0]
    for change in (
        lambda: (tmp_path / "a").write_text("22"),
        lambda: (tmp_path / "a").chmod(0o600),
        lambda: (tmp_path / "gone").write_text(""),
        lambda: (tmp_path / "new.conf").write_text(""),
        (tmp_path / "log").unlink,
    ):
        change()
        seen.append(state(Reader(), inputs).text)
    assert len(set(seen)) == len(seen)


def test_what_has_just_changed_is_not_settled(tmp_path: Path) -> None:
    """A file that changed within the last seconds may change again without its times telling."""
    (tmp_path / "a").write_text("1")
    seen = state(Reader(), Inputs((f"{tmp_path}/a",), (), ()))
    assert not seen.settled(Reader().now())
    assert seen.settled(Reader().now() + 3)
