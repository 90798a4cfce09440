"""The rules on nginx, from facts to findings."""

from dataclasses import replace

import pytest

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Socket
from liveproof.model.facts.nginx import FastcgiPass, Listen, Nginx, NginxProcess, Server
from liveproof.model.findings import Finding, Ref, Settleable, Unknown
from liveproof.model.loaded import Difference, Loaded
from liveproof.model.verdicts import Severity
from liveproof.rules.nginx import (
    another_server_block_answers,
    binary_or_module_replaced,
    configuration_changed_since_load,
    configuration_invalid,
    upstream_socket_is_no_pool,
    web_server_not_running,
)
from liveproof.steps.service_action import ServiceAction
from tests.unit.answers import faults

APP = App("/x", "/x", "/x/public", "www-data", 33, 33, (33,), (), ("/s:1",), laravel=True)
PASS = FastcgiPass("php", "unix:/gone", ("unix:/gone",), "", "", "/s", 9)
SERVER = Server("/s", 1, (), (), "/x/public", (), (PASS,), "", "")
NGINX = Nginx(
    "/usr/sbin/nginx", "1.22", "/etc/nginx/nginx.conf", True, (), (), "www-data", 33, 33, (33,), (SERVER,),
    NginxProcess(9, 1.0, "/etc/nginx/nginx.conf", "www-data", (), ()), "nginx.service", "www-data",
    ("/usr/sbin/nginx", "-t"), "active/enabled",
)  # fmt: skip
DEAD = Socket(exists=False, listening=False, uid=0, gid=0, mode=0, web_server_connects=False, path="/gone")
ALIVE = replace(DEAD, exists=True, listening=True)


def test_valid_configuration_is_silent() -> None:
    """Nothing is told of a configuration that nginx takes."""
    assert faults(configuration_invalid.check(APP, NGINX)) == []


def test_invalid_configuration() -> None:
    """The file and the line that nginx names are told, and the file is what the finding is about."""
    errors = ('[emerg] unknown directive "server_nam" in /etc/nginx/sites-enabled/x:3',)
    (finding,) = faults(configuration_invalid.check(APP, replace(NGINX, valid=False, errors=errors)))
    assert isinstance(finding, Finding)
    assert Ref("file", "/etc/nginx/sites-enabled/x") in finding.about
    assert "line 3" in finding.advice
    assert finding.evidence[0].saw == errors[0]


def test_untested_configuration() -> None:
    """Why it was not tested is the reason."""
    assert faults(configuration_invalid.check(APP, replace(NGINX, valid=None, errors=("no root",)))) == [
        Unknown("no root")
    ]


@pytest.mark.parametrize(
    ("strangers", "said"),
    [
        ((), ""),
        ((("unix:/gone", DEAD),), "unix:/gone, where no pool listens (/s:9)"),
        ((("unix:/gone", ALIVE),), ""),
        ((("unix:/gone", Unknown("no root")),), "no root"),
    ],
)
def test_where_nginx_passes_to(strangers: tuple[tuple[str, Socket | Unknown], ...], said: str) -> None:
    """Only an address where nobody at all listens is a fault."""
    told = faults(upstream_socket_is_no_pool.check(APP, NGINX, Fpm((), strangers=strangers)))
    if not said:
        assert told == []
    else:
        (one,) = told
        assert said in (one.message if isinstance(one, Finding) else one.reason)


def test_other_servers_are_not_this_app_s_business() -> None:
    """A dead socket of another site is told with that site."""
    facts = Fpm((), strangers=(("unix:/gone", DEAD),))
    assert faults(upstream_socket_is_no_pool.check(replace(APP, servers=("/other:1",)), NGINX, facts)) == []


MAIN, SPARE = "unix:/gone", "unix:/spare"


@pytest.mark.parametrize(
    ("dead", "backups", "retries", "pool", "severity", "words"),
    [
        ((MAIN,), (), True, False, Severity.NOTICE, "another server"),
        ((MAIN,), (), False, False, Severity.CRITICAL, "(/s:9)."),
        ((SPARE,), (SPARE,), True, False, Severity.NOTICE, "it is a backup"),
        ((SPARE,), (SPARE,), False, False, Severity.NOTICE, "it is a backup"),
        ((MAIN,), (SPARE,), True, True, Severity.NOTICE, "only the backup unix:/spare, a pool of this app"),
        ((MAIN,), (SPARE,), True, False, Severity.HIGH, "which is not a pool of this app"),
        ((MAIN,), (SPARE,), False, True, Severity.CRITICAL, "(/s:9)."),
        ((MAIN, SPARE), (SPARE,), True, True, Severity.CRITICAL, "(/s:9)."),
        ((MAIN, SPARE), (), True, False, Severity.CRITICAL, "(/s:9)."),
    ],
)
def test_a_dead_server_of_an_upstream(
    dead: tuple[str, ...], backups: tuple[str, ...], retries: bool, pool: bool, severity: Severity, words: str
) -> None:
    """As nginx passes requests on (nginx.org: backup, fastcgi_next_upstream)."""
    passed = replace(PASS, addresses=(MAIN, SPARE), backups=backups, retries=retries)
    nginx = replace(NGINX, servers=(replace(SERVER, passes=(passed,)),))
    routes = ((SPARE, ("8.2/www",)),) if pool else ()
    fpm = Fpm((), strangers=tuple((address, DEAD) for address in dead), routes=routes)
    told = faults(upstream_socket_is_no_pool.check(replace(APP, pools=("8.2/www",)), nginx, fpm))
    assert len(told) == len(dead)
    for one in told:
        assert isinstance(one, Finding)
        assert one.severity is severity
        assert words in one.message


def test_the_worst_place_counts() -> None:
    """The same dead address, once with another server beside it and once alone."""
    server = replace(SERVER, passes=(replace(PASS, addresses=(MAIN, SPARE)), PASS))
    facts = Fpm((), strangers=((MAIN, DEAD),))
    (one,) = faults(upstream_socket_is_no_pool.check(APP, replace(NGINX, servers=(server,)), facts))
    assert isinstance(one, Finding)
    assert one.severity is Severity.CRITICAL


def test_a_variable_that_nobody_can_resolve() -> None:
    """It is told with its place."""
    server = replace(SERVER, passes=(replace(PASS, address="$php", addresses=()),))
    (one,) = faults(upstream_socket_is_no_pool.check(APP, replace(NGINX, servers=(server,)), Fpm(())))
    assert isinstance(one, Unknown)
    assert "/s:9 passes to $php" in one.reason


@pytest.mark.parametrize(
    ("state", "found", "starts"),
    [
        ("inactive/enabled", True, True),
        ("failed/enabled", True, True),
        ("failed/disabled", True, False),
        ("inactive/disabled", False, False),
        ("inactive/masked", False, False),
        ("", False, False),
    ],
)
def test_web_server_not_running(state: str, found: bool, starts: bool) -> None:
    """A unit that should run is a fault; one that nobody enabled may have been replaced by another web server."""
    nginx = replace(NGINX, process=None, unit_state=state)
    (one,) = faults(web_server_not_running.check(APP, nginx))
    assert isinstance(one, Finding) is found
    if isinstance(one, Finding):
        steps = [step.act for step in web_server_not_running.start(one, nginx)]
        assert steps == ([ServiceAction("start", "nginx.service", NGINX.test)] if starts else [])


def test_nginx_that_does_not_serve_the_app() -> None:
    """Whether it runs is of no interest then."""
    assert faults(web_server_not_running.check(replace(APP, servers=()), replace(NGINX, process=None))) == []
    assert faults(web_server_not_running.check(APP, NGINX)) == []


def test_a_pool_that_leaves_nginx_at_its_next_reload() -> None:
    """The site answers, so the proof holds; that a reload would end it is told."""
    pool = Pool(
        "8.2", "www", "/www.conf", "www-data", "www-data", 33, 33, (33,), "unix:/old",
        "dynamic", 5, 1, "", "", 0.0, 0.0, (), (), ALIVE, Unknown("not asked"), pending="unix:/new",
    )  # fmt: skip
    master = Master("8.2", 1, 1.0, "", "", (), 0.0, "", Unknown("no unit"), (pool,))
    (one,) = faults(upstream_socket_is_no_pool.check(replace(APP, pools=("8.2/www",)), NGINX, Fpm((master,))))
    assert isinstance(one, Finding)
    assert one.severity is Severity.NOTICE
    assert "unix:/new" in one.message


EDITED = Loaded(
    100.0,
    "the last reload of nginx.service",
    (
        *(Difference(f"/etc/nginx/conf.d/{number}.conf", "added", 200.0) for number in range(12)),
        Difference("/etc/nginx/sites-enabled/x", "removed", 0.0),
    ),
)
UNSURE = Loaded(100.0, "the start of its master", (), (Difference("/etc/nginx/nginx.conf", "changed", 200.0),))


def test_an_edit_that_nginx_has_not_loaded() -> None:
    """The first files are told with both moments, the rest as a number; a reload loads them when the test passes."""
    facts = replace(NGINX, loaded=EDITED)
    (finding,) = faults(configuration_changed_since_load.check(APP, facts))
    assert isinstance(finding, Finding)
    assert "/etc/nginx/conf.d/0.conf (added) and 12 more" in finding.message
    assert (len(finding.evidence), finding.more) == (10, 3)
    (step,) = configuration_changed_since_load.reload(finding, facts)
    assert step.act == ServiceAction("reload", "nginx.service", NGINX.test)
    for refused in (
        replace(facts, valid=False),
        replace(facts, valid=None),
        replace(facts, unit_state="failed/enabled"),
    ):
        assert list(configuration_changed_since_load.reload(finding, refused)) == []


def test_a_removed_file_that_nginx_has_loaded() -> None:
    """There is no time to tell of what is gone."""
    facts = replace(NGINX, loaded=replace(EDITED, differing=EDITED.differing[-1:]))
    (finding,) = faults(configuration_changed_since_load.check(APP, facts))
    assert isinstance(finding, Finding)
    assert finding.evidence[0].saw == "it is not included any more"


def test_what_nobody_knows_of_the_load_is_settled_by_a_reload() -> None:
    """Only where nginx takes the files and its unit runs; else the reason alone is told."""
    (said,) = faults(configuration_changed_since_load.check(APP, replace(NGINX, loaded=UNSURE)))
    assert isinstance(said, Settleable)
    assert "/etc/nginx/nginx.conf" in said.reason
    for other in (replace(NGINX, loaded=UNSURE, valid=False), replace(NGINX, loaded=UNSURE, unit="", unit_state="")):
        (said,) = faults(configuration_changed_since_load.check(APP, other))
        assert type(said) is Unknown


@pytest.mark.parametrize("loaded", [None, Loaded(100.0, "x"), Unknown("the clock was set")])
def test_loaded_as_it_is(loaded: Loaded | Unknown | None) -> None:
    """Silent where all is loaded, and where nobody looked (facts of an earlier version); else why it is not known."""
    said = faults(configuration_changed_since_load.check(APP, replace(NGINX, loaded=loaded)))
    assert said == ([loaded] if isinstance(loaded, Unknown) else [])


def test_a_name_that_another_block_takes() -> None:
    """It is named with its file; a block that only redirects takes nothing, and what was not read is no proof."""
    port = (Listen("*", 80, tls=False, default=False),)
    own = replace(SERVER, names=("shop.example",), listens=port)
    old = Server("/old", 3, ("shop.example",), port, "/srv/old", (), (), "", "")
    (finding,) = faults(another_server_block_answers.check(APP, replace(NGINX, servers=(old, own))))
    assert isinstance(finding, Finding)
    assert Ref("file", "/old") in finding.about
    assert "For shop.example on *:80 nginx asks another server block than the app's: /old:3." in finding.message
    quiet = (replace(NGINX, servers=(own, old)), replace(NGINX, servers=(replace(old, root=""), own)))
    assert [faults(another_server_block_answers.check(APP, nginx)) for nginx in quiet] == [[], []]
    (said,) = faults(another_server_block_answers.check(APP, replace(quiet[0], unread=("/x cannot be read",))))
    assert isinstance(said, Unknown)


@pytest.mark.parametrize(
    ("replaced", "severity"),
    [
        (("/usr/sbin/nginx",), Severity.MEDIUM),
        (("/usr/lib/nginx/modules/ngx_http_geoip_module.so", "/usr/lib/libssl.so.3"), Severity.MEDIUM),
        (("/usr/lib/libssl.so.3",), Severity.NOTICE),
    ],
)
def test_a_replaced_program(replaced: tuple[str, ...], severity: Severity) -> None:
    """nginx's own files break the link, a library of the system is a notice."""
    assert NGINX.process
    nginx = replace(NGINX, process=replace(NGINX.process, replaced=replaced))
    (finding,) = faults(binary_or_module_replaced.check(APP, nginx))
    assert isinstance(finding, Finding)
    assert finding.severity is severity
    assert "systemctl restart nginx.service" in finding.advice


def test_a_program_that_nobody_could_look_at() -> None:
    """Its reason is told; one that does not run is no proof either."""
    assert NGINX.process
    unseen = replace(NGINX, process=replace(NGINX.process, replaced=Unknown("run as root")))
    assert faults(binary_or_module_replaced.check(APP, unseen)) == [Unknown("run as root")]
    assert faults(binary_or_module_replaced.check(APP, NGINX)) == []
    (said,) = faults(binary_or_module_replaced.check(APP, replace(NGINX, process=None)))
    assert isinstance(said, Unknown)
