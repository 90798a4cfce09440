"""Requests on the wire: where they go, what they carry, how an answer is judged, whether it was logged."""

import threading
import time
from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Load, Master, Pool
from liveproof.model.facts.nginx import FastcgiPass, Listen, Nginx, Server
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Absent, Finding, Unknown
from liveproof.model.settings import Request
from liveproof.probes.wire.judged import judge
from liveproof.probes.wire.logged import Log
from liveproof.probes.wire.parameters import _expand, parameters
from liveproof.probes.wire.sending import _answered_by, send
from liveproof.probes.wire.target import Target, targets
from liveproof.rules import load
from liveproof.rules.wire import request_fails, request_logged_nothing
from tests.golden.filled import filled
from tests.unit.answers import faults

PASS = FastcgiPass(
    r"~ \.php$",
    "unix:/run/p.sock",
    ("unix:/run/p.sock",),
    "$document_root$fastcgi_script_name",
    "",
    "f",
    9,
    "/srv/public",
)
SERVER = Server(
    "/etc/nginx/a", 1, ("a.test",), (Listen("*", 80, False, False),), "/srv/public", ("index.php",), (PASS,), "", ""
)
APP = App("/srv", "/srv", "/srv/public", "www", 33, 33, (33,), ("8.2/www",), (SERVER.id,), True)


def target(server: Server = SERVER, *others: Server) -> Target:
    """The target of a server block among others."""
    nginx = Nginx("", "", "", True, (), (), "", 0, 0, (), (*others, server), None, "")
    return targets(Reader(), replace(APP, servers=(server.id,)), nginx, Absent(""))[0]


@pytest.mark.parametrize(
    ("listens", "address", "tls"),
    [
        ([("*", 80)], "127.0.0.1:80", False),
        ([("[::]", 80), ("*", 80)], "127.0.0.1:80", False),
        ([("[::]", 8080)], "[::1]:8080", False),
        ([("*", 80), ("*", 443, True)], "127.0.0.1:443", True),
        ([("192.0.2.7", 81)], "192.0.2.7:81", False),
        ([("unix:/run/n.sock", 0)], "unix:/run/n.sock", False),
        ([], "127.0.0.1:80", False),
    ],
)
def test_nginx_is_asked_where_visitors_ask_it(listens, address, tls):
    """Encrypted before plain, over loopback when it listens everywhere."""
    made = tuple(Listen(each[0], each[1], len(each) > 2, False) for each in listens)
    found = target(replace(SERVER, listens=made))
    assert (found.address, found.tls) == (address, tls)


def test_quic_is_not_asked():
    """A UDP socket answers no TCP connection."""
    assert target(replace(SERVER, listens=(Listen("*", 443, True, False, quic=True),))).address == ""


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (("b.test", "a.test"), "b.test"), (("*.b.test",), "liveproof.b.test"), ((".b.test",), "b.test"),
        (("~^x", "c.test"), "c.test"), (("_",), "localhost"), ((), "localhost"), (("b.*",), "b.liveproof"),
    ],
)  # fmt: skip
def test_the_host_is_one_that_leads_to_the_block(names, host):
    """A name of its own, or any when it is the default."""
    assert target(replace(SERVER, names=names)).host == host


def test_a_block_that_is_not_the_default_needs_a_name_of_its_own():
    """Where another block answers for unknown names, a made-up name would ask that one."""
    other = replace(SERVER, line=99)
    assert target(replace(SERVER, names=("~^x",)), other).host == ""
    assert target(replace(SERVER, names=("_",)), other).host == "_"
    own = (Listen("*", 80, False, True),)
    assert target(replace(SERVER, names=("~^x",), listens=own), other).host == "localhost"


@pytest.mark.parametrize(
    ("names", "host", "answers"),
    [
        (("a.test",), "A.test", True), (("a.test",), "a.test:8080", True), (("*.a.test",), "x.y.a.test", True),
        (("*.a.test",), "a.test", False), ((".a.test",), "a.test", True), ((".a.test",), "ba.test", False),
        (("a.*",), "a.org", True), (("~a",), "a", False),
    ],
)  # fmt: skip
def test_a_request_with_a_host_is_for_the_block_with_that_name(names, host, answers):
    """As nginx compares names."""
    assert target(replace(SERVER, names=names)).answers(host) is answers


def test_the_pool_is_told_what_nginx_would_tell_it():
    """Script, query, type, length and headers; nothing that php-fpm would keep."""
    request = Request("/api/x?a=1", "POST", body="äö")
    headers = (("Host", "a.test"), ("Content-Type", "application/json"), ("PHP-VALUE", "x=1"))
    params = parameters(Reader(), request, target(), headers)
    assert params["SCRIPT_FILENAME"] == "/srv/public/index.php"
    assert (params["REQUEST_URI"], params["QUERY_STRING"]) == ("/api/x?a=1", "a=1")
    assert (params["CONTENT_TYPE"], params["CONTENT_LENGTH"]) == ("application/json", "4")
    assert params["HTTP_HOST"] == "a.test"
    assert "PHP_VALUE" not in params
    assert "HTTPS" not in params


def test_the_pool_gets_the_parameters_of_nginxs_own_configuration():
    """As nginx would send them: variables filled in, what only nginx knows left out, never what php-fpm would keep."""
    own = (
        ("SCRIPT_FILENAME", "$document_root$fastcgi_script_name", False),
        ("QUERY_STRING", "$query_string", False),
        ("SERVER_NAME", "$geoip_name", False),
        ("HTTPS", "$https", True),
        ("APP_ENV", "production", False),
        ("APP_ENV", "staging", False),
        ("TENANT", "$tenant", False),
        ("HTTP_PROXY", "", False),
        ("HTTP_X_REAL_HOST", "$http_host:$server_port", False),
        ("PHP_VALUE", "memory_limit=1G", False),
        ("PHP_ADMIN_VALUE", "$document_root", False),
    )
    through = target(replace(SERVER, passes=(replace(PASS, params=own),)))
    headers = (("Host", "a.test"), ("Proxy", "evil"), ("Content-Type", "text/plain"), ("PHP-VALUE", "x=1"))
    assert parameters(Reader(), Request("/x?a=1"), through, headers) == {
        "SCRIPT_FILENAME": "/srv/public/index.php",
        "QUERY_STRING": "a=1",
        "SERVER_NAME": "a.test",
        "APP_ENV": "staging",
        "HTTP_PROXY": "",
        "HTTP_HOST": "a.test",
        "HTTP_X_REAL_HOST": "a.test:80",
    }


def test_a_saturated_pool_is_not_asked():
    """A request would only wait with the others: neither way is tried, and the reason says why."""
    load = Load(5, 3, 5, 0.9, stuck=5)
    busy = filled(Pool, version="8.2", name="www", address="unix:/run/p.sock", max_children=5, load=load)
    idle = replace(busy, name="api", address="unix:/run/q.sock", load=replace(load, waiting=0, held=1))
    fpm = Fpm((filled(Master, version="8.2", pid=1, pools=(busy, idle)),), (("unix:/run/p.sock", ("8.2/www",)),))
    nginx = Nginx("", "", "", True, (), (), "", 0, 0, (), (SERVER,), None, "")
    (found,) = targets(Reader(), APP, nginx, fpm)
    for way in ("nginx", "pool"):
        with pytest.raises(CannotSee, match=r"pool 8\.2/www is saturated: all 5 workers are busy"):
            send(Reader(), Request(), found, way, "id")
    both = replace(PASS, addresses=("unix:/run/p.sock", "unix:/run/q.sock"))
    (found,) = targets(Reader(), APP, replace(nginx, servers=(replace(SERVER, passes=(both,)),)), fpm)
    assert found.waits("nginx") == ""
    assert found.waits("pool")


def test_realpath_root_is_resolved(tmp_path):
    """$realpath_root gives the release, $document_root the link."""
    (tmp_path / "r1").mkdir()
    (tmp_path / "current").symlink_to("r1")
    root = f"{tmp_path}/current"
    for variable, expected in (("$realpath_root", f"{tmp_path}/r1"), ("${document_root}", root)):
        through = replace(PASS, root=root, script_filename=f"{variable}$fastcgi_script_name")
        params = parameters(Reader(), Request(), target(replace(SERVER, passes=(through,))), ())
        assert params["SCRIPT_FILENAME"] == f"{expected}/index.php"


def test_a_variable_that_only_nginx_knows_is_said():
    """Nothing is guessed."""
    with pytest.raises(CannotSee, match=r"\$tenant"):
        _expand("/srv/$tenant/index.php", {})


@given(st.text(max_size=40))
def test_any_template_expands_or_says_why(template):
    """Whatever stands in a configuration."""
    try:
        told = _expand(template, {"a": "x"})
    except CannotSee:
        told = template
    assert isinstance(told, str)


def test_a_script_that_exists_is_asked_itself(tmp_path):
    """/health.php is no route of the app; a path that leads out of the root is none either."""
    (tmp_path / "health.php").touch()
    through = replace(PASS, root=str(tmp_path))
    found = target(replace(SERVER, passes=(through,)))
    assert parameters(Reader(), Request("/health.php"), found, ())["SCRIPT_NAME"] == "/health.php"
    assert parameters(Reader(), Request("/../health.php"), found, ())["SCRIPT_NAME"] == "/index.php"


@pytest.mark.parametrize(
    ("status", "headers", "body", "by"),
    [
        (502, {}, b"<hr><center>nginx/1.22.1</center>", "nginx"),
        (200, {}, b"an article on <center>nginx</center>", ""),
        (404, {}, b"File not found.\n", "fpm"),
        (403, {}, b"Access denied.\n", "fpm"),
        (404, {"x-powered-by": "PHP/8.2"}, b"Not Found", "app"),
        (200, {"accept-ranges": "bytes", "etag": '"65f0-1a"'}, b"<html>", "file"),
        (200, {"accept-ranges": "bytes", "etag": '"release-9"'}, b"x", ""),
        (200, {}, b"", ""),
    ],
)
def test_who_answered(status, headers, body, by):
    """nginx, PHP-FPM, a file, the app, or not told."""
    assert _answered_by(target(), status, headers, body) == by


def test_an_empty_page_without_script_filename_is_php_fpms():
    """PHP-FPM runs nothing then and answers 200."""
    through = replace(PASS, script_filename="")
    assert _answered_by(target(replace(SERVER, passes=(through,))), 200, {}, b"") == "fpm"


EXCHANGE = Exchange(
    way="nginx", address="127.0.0.1:80", server=SERVER.id, method="GET", path="/", host="a.test", request_id="id",
    status=200, error="", failure="", answered_by="", location="", body="ok", seconds=0.1, expected_status=None,
    contains="", passed=True, logs="", logged=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "default", "configured"),
    [
        ({}, True, True), ({"status": 404}, True, True), ({"status": 500}, False, False),
        ({"status": 404, "answered_by": "fpm"}, False, False), ({"status": 502, "answered_by": "nginx"}, False, False),
        ({"status": 404, "answered_by": "nginx"}, None, False), ({"status": 301, "answered_by": "nginx"}, None, None),
        ({"answered_by": "file"}, None, True), ({"status": 0, "failure": "silent"}, None, None),
        ({"status": 0, "failure": "refused"}, False, False), ({"status": 0, "failure": "closed"}, None, False),
        ({"status": 0, "failure": "closed", "way": "pool"}, False, False),
        ({"status": 0, "failure": "tls"}, None, None),
        ({"status": 201, "expected_status": 201}, True, True), ({"status": 200, "expected_status": 201}, False, False),
        ({"status": 404, "expected_status": 404, "answered_by": "nginx"}, True, True),
        ({"contains": "ok"}, True, True), ({"contains": "no"}, False, False),
    ],
)  # fmt: skip
def test_judgement(changes, default, configured):
    """What keeps GET / from the app may be meant so; what keeps a configured request from it is a fault."""
    exchange = replace(EXCHANGE, **changes)
    for expected, asked in ((default, False), (configured, True)):
        judged = judge(exchange, b"it is ok", configured=asked)
        assert isinstance(judged, Unknown) if expected is None else judged is expected


def test_a_text_is_looked_for_in_the_whole_body():
    """Not only in what is kept."""
    assert judge(replace(EXCHANGE, contains="end"), b"x" * 9000 + b"end", configured=True) is True


def test_the_log_is_read_from_where_it_ended(tmp_path):
    """What stood there before proves nothing; a new file and one begun anew are read from their start."""
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    old.write_text("id-1\n")
    files = (str(old), str(new))
    for path, text in ((old, "id-1\nid-1\n"), (new, "id-1\n"), (old, "id-1")):
        log = Log(Reader(), files, "id-1")
        assert log._appended(str(old)) == b""
        path.write_text(text)
        assert log.appeared() is True


def test_a_log_line_that_comes_late_is_seen(tmp_path):
    """Some apps log after they answered."""
    path = tmp_path / "a.log"
    log = Log(Reader(), (str(path),), "id-1")
    timer = threading.Timer(0.2, path.write_text, ("id-1",))
    timer.start()
    assert log.appeared() is True
    timer.join()


def test_nothing_logged_is_said_in_time(tmp_path):
    """Two seconds, then the answer is no; a log that is none is not known."""
    start = time.monotonic()
    assert Log(Reader(), (str(tmp_path / "none"),), "id-1").appeared() is False
    assert 1.9 < time.monotonic() - start < 2.5
    assert Log(Reader(), (str(tmp_path / "none"),), "").appeared() is None
    assert Log(Reader(), Unknown("why"), "id-1").appeared() == Unknown("why")
    assert isinstance(Log(Reader(), (), "id-1").appeared(), Unknown)


def said(rule: ModuleType, wire: Wire) -> list[Finding | Unknown]:
    """What a rule says."""
    return faults(rule.check(APP, wire))


def test_a_right_answer_is_silent():
    """No finding, no doubt."""
    assert said(request_fails, Wire((EXCHANGE,), True)) == []


def test_a_failure_through_nginx_only_is_told_as_such():
    """The fault lies between nginx and the pool."""
    failed = replace(EXCHANGE, status=502, passed=False)
    (finding,) = said(request_fails, Wire((replace(EXCHANGE, way="pool"), failed), True))
    assert isinstance(finding, Finding)
    assert "between nginx and the pool" in finding.message
    assert len(finding.evidence) == 2


def test_a_failure_over_both_ways_is_the_apps():
    """And several requests are one finding."""
    wire = Wire(
        tuple(
            replace(EXCHANGE, status=500, passed=False, path=path, way=way)
            for path in "ab"
            for way in ("pool", "nginx")
        ),
        True,
    )
    (finding,) = said(request_fails, wire)
    assert isinstance(finding, Finding)
    assert "the app's or PHP's" in finding.message
    assert "2 of the requests" in finding.message


def test_a_pool_that_misses_nginx_parameters_is_no_fault():
    """Visitors are answered; what the pool lacked is not known."""
    (told,) = said(request_fails, Wire((replace(EXCHANGE, way="pool", status=500, passed=False), EXCHANGE), True))
    assert isinstance(told, Unknown)


def test_maintenance_is_named():
    """503 on purpose is told with the command that ends it."""
    wire = Wire((replace(EXCHANGE, status=503, passed=False),), False, maintenance=True)
    (finding,) = said(request_fails, wire)
    assert isinstance(finding, Finding)
    assert "artisan up" in finding.advice


def test_what_could_not_be_asked_is_unknown():
    """With its reason."""
    assert said(request_fails, Wire((), True, unasked=(("GET / (pool)", "why"),))) == [Unknown("GET / (pool): why")]


def test_silence_in_the_log_is_a_finding_only_where_a_text_was_asked_for():
    """Not asked, logged, not logged, not known."""
    kinds = [
        said(request_logged_nothing, Wire((replace(EXCHANGE, logs="id", logged=logged),), True, logs=("/l",)))
        for logged in (None, True, False, Unknown("why"))
    ]
    assert [[type(each) for each in found] for found in kinds] == [[], [], [Finding], [Unknown]]


def test_nginxs_own_503_is_called_maintenance():
    """`return 503` is how maintenance is switched on; what else answers 503 is named."""
    closed = replace(EXCHANGE, status=503, answered_by="nginx", passed=False)
    finding = next(iter(request_fails.check(APP, Wire((closed,), configured=False))))
    assert isinstance(finding, Finding)
    assert "503 by nginx itself, as for maintenance" in finding.message
    assert "limit_req" in finding.advice


@pytest.mark.parametrize(
    ("changes", "causes", "others"),
    [
        ({"status": 502, "answered_by": "nginx"}, {"FPM001", "FPM002", "NGX004"}, {"FIL003", "LAR001", "OPC001"}),
        ({"status": 504, "answered_by": "nginx"}, {"FPM001", "FPM006"}, {"FIL003", "FIL005"}),
        ({"status": 0, "error": "connection refused"}, {"NGX009", "FPM001"}, {"FIL003", "FIL002"}),
        ({"status": 500}, {"FIL003", "FIL005", "LAR001"}, {"FPM001", "NGX009"}),
        ({"status": 502}, {"FIL003", "LAR001"}, {"FPM001"}),  # the app's own answer
        ({"status": 404, "answered_by": "fpm"}, {"FIL002", "OPC004"}, {"FPM001"}),
    ],
)
def test_what_kept_a_request_from_the_app_is_no_fault_of_its_files(changes, causes, others):
    """Only what lies on the way explains that nothing answered, and only what the app uses that it answered wrongly."""
    load()  # what other rules say of this one is joined then
    (finding,) = said(request_fails, Wire((replace(EXCHANGE, passed=False, **changes),), configured=True))
    assert isinstance(finding, Finding)
    assert causes <= set(finding.caused_by)
    assert not others & set(finding.caused_by)
    assert set(finding.caused_by) <= set(request_fails.rule.caused_by)
