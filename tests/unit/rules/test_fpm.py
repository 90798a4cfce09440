"""The rules on PHP-FPM, from facts to findings and steps."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Load, Master, Pool, Socket, Unit, Worker
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.facts.nginx import FastcgiPass, Listen, Nginx, NginxProcess, Server
from liveproof.model.findings import Absent, Answer, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.loaded import Difference, Loaded
from liveproof.model.settings import Settings, Thresholds
from liveproof.model.verdicts import Safety, Severity
from liveproof.rules.fpm import (
    binary_or_extension_replaced,
    configuration_changed_since_start,
    configuration_invalid,
    pool_saturated,
    process_is_stopped,
    processes_run_as_another_user_than_configured,
    service_not_running,
    socket_missing,
    socket_not_accessible_by_web_server,
    too_few_processes,
    workers_die_by_signal,
)
from liveproof.steps.change_mode import ChangeMode
from liveproof.steps.change_owner import ChangeOwner
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.unit.answers import faults

PATH = "/run/php/php8.2-fpm.sock"
ADDRESS = f"unix:{PATH}"
APP = App(
    "/var/www/x", "/var/www/x", "/var/www/x/public", "www-data", 33, 33, (33,), ("8.2/www",), ("/s:1",), laravel=True
)
UNIT = Unit("php8.2-fpm.service", "loaded", "active", "running", "success", 30, False, "enabled", False)
SOCKET = Socket(exists=True, listening=True, uid=33, gid=33, mode=0o660, web_server_connects=True, path=PATH)
POOL = Pool(
    "8.2", "www", "/etc/php/8.2/fpm/pool.d/www.conf", "www-data", "www-data", 33, 33, (33,), ADDRESS,
    "dynamic", 5, 1, "/status", "", 0.0, 0.0, (), (Worker(31, 1.0, 33), Worker(32, 1.0, 33)),
    SOCKET, Unknown("not asked"), listen=PATH, load=Load(2, 0, 0, 0.0),
    source=f"[www]\nlisten = {PATH}\nlisten.owner = root\n",
)  # fmt: skip
MASTER = Master(
    "8.2", 30, 1.0, "/usr/sbin/php-fpm8.2", "/etc/php/8.2/fpm/php-fpm.conf", (), 10.0, "/var/log/php8.2-fpm.log", UNIT,
    (POOL,), ("/usr/sbin/php-fpm8.2", "-t"),
)  # fmt: skip
PASS = FastcgiPass("php", ADDRESS, (ADDRESS,), "", "", "/s", 9)
NGINX = Nginx(
    "/usr/sbin/nginx", "1.22", "/etc/nginx/nginx.conf", True, (), (), "www-data", 33, 33, (33,),
    (Server("/s", 1, (), (Listen("*", 80, tls=False, default=True),), "/var/www/x/public", (), (PASS,), "", ""),),
    NginxProcess(9, 1.0, "/etc/nginx/nginx.conf", "www-data", ((10, 1.0),), ()), "nginx.service", "www-data",
)  # fmt: skip
ROUTES = ((ADDRESS, ("8.2/www",)),)


def fpm(master: Master = MASTER, **pool: Any) -> Fpm:
    return Fpm((replace(master, pools=(replace(POOL, **pool),)),), ROUTES)


def stopped(**unit: Any) -> Fpm:
    return fpm(replace(MASTER, pid=0, unit=replace(UNIT, active="inactive", sub="dead", **unit)), workers=())


def found(said: Iterable[Answer]) -> Finding:
    (one,) = said
    assert isinstance(one, Finding), one
    return one


def reason(said: Iterable[Answer]) -> str:
    (one,) = said
    assert isinstance(one, Unknown), one
    return one.reason


CHECKS: list[Callable[[Fpm], Iterable[Answer]]] = [
    lambda facts: service_not_running.check(APP, facts),
    lambda facts: socket_missing.check(APP, facts),
    lambda facts: socket_not_accessible_by_web_server.check(APP, NGINX, facts),
    lambda facts: pool_saturated.check(APP, facts, NGINX),
    lambda facts: too_few_processes.check(APP, facts, Settings()),
]


@pytest.mark.parametrize("check", CHECKS)
def test_healthy_is_silent(check: Callable[[Fpm], Iterable[Answer]]) -> None:
    """Debian's default pool, one master and two workers, raises nothing, and what was looked at is named."""
    (holds,) = check(fpm())
    assert isinstance(holds, Holds)


@pytest.mark.parametrize("check", CHECKS)
def test_an_app_without_a_known_pool_is_unknown(check: Callable[[Fpm], Iterable[Answer]]) -> None:
    """Nothing is called fine where nobody knows the pool."""
    assert "no PHP-FPM pool is known" in reason(check(Fpm(())))


@pytest.mark.parametrize("check", CHECKS[1:])
def test_a_pool_that_does_not_run_is_unknown_to_the_others(check: Callable[[Fpm], Iterable[Answer]]) -> None:
    """Only FPM001 tells that it is stopped; the others cannot see."""
    assert reason(check(stopped())) == "pool 8.2/www does not run"


def test_no_fpm_at_all() -> None:
    """A host without PHP-FPM leaves the services unproven, with the probe's reason."""
    assert "nothing here" in reason(service_not_running.check(APP, Absent("nothing here")))


@pytest.mark.parametrize(
    ("unit", "said", "starts"),
    [
        ({}, "it is stopped", True),
        ({"enabled": "disabled"}, "not enabled to start at boot", True),
        ({"active": "failed", "result": "exit-code"}, "it failed: exit-code", True),
        ({"active": "activating", "sub": "auto-restart-queued", "result": "signal"}, "keeps starting", True),
        ({"active": "activating", "sub": "start", "restarts": 3}, "keeps starting", True),
        ({"enabled": "masked", "load": "masked"}, "masked", False),
    ],
)
def test_service_not_running(unit: dict[str, Any], said: str, starts: bool) -> None:
    """How it stopped is told; a masked unit is not started."""
    facts = fpm(replace(MASTER, pid=0, unit=replace(UNIT, **{"active": "inactive", "sub": "dead", **unit})), workers=())
    finding = found(service_not_running.check(APP, facts))
    assert said in finding.message
    steps = list(service_not_running.start(finding, facts))
    assert [step.act for step in steps] == (
        [ServiceAction("start", "php8.2-fpm.service", MASTER.test)] if starts else []
    )


NONSENSE = "ERROR: [/etc/php/8.2/fpm/pool.d/www.conf:13] unknown entry 'nonsense'"


@pytest.mark.parametrize(
    ("refused", "message", "advice"),
    [
        ((NONSENSE,), "refuses its configuration", "correct /etc/php/8.2/fpm/pool.d/www.conf, line 13, then"),
        (("ERROR: failed to open error_log (/x/y): No such file",), "refuses its configuration", "what it names"),
        (Unknown("php-fpm -t did not end within 5 s"), "it failed: exit-code): nothing", "did not end within 5 s, so"),
    ],
)
def test_a_refused_configuration_is_not_started(refused: tuple[str, ...] | Unknown, message: str, advice: str) -> None:
    """While its own test fails, or gives no result, the start is a person's work; the errors are the evidence."""
    unit = replace(UNIT, active="failed", sub="failed", result="exit-code")
    facts = fpm(replace(MASTER, pid=0, unit=unit, refused=refused, last_errors=("old",)), workers=())
    finding = found(service_not_running.check(APP, facts))
    assert message in finding.message
    assert advice in finding.advice
    assert "systemctl start php8.2-fpm.service" in finding.advice
    known = isinstance(refused, tuple)
    assert (refused[0] if isinstance(refused, tuple) else "old") in [each.saw for each in finding.evidence]
    assert ("old" in [each.saw for each in finding.evidence]) != known
    assert list(service_not_running.start(finding, facts)) == []


def test_service_being_started() -> None:
    """A start in progress is neither a fault nor fine."""
    facts = fpm(replace(MASTER, pid=0, unit=replace(UNIT, active="activating", sub="start")))
    assert "being started" in reason(service_not_running.check(APP, facts))


@pytest.mark.parametrize("active", ["active", "reloading", "deactivating"])
def test_systemd_and_proc_contradict_each_other(active: str) -> None:
    """A unit with a main process, but no master in /proc: it is being reloaded, and nothing is claimed."""
    facts = fpm(replace(MASTER, pid=0, unit=replace(UNIT, active=active)), workers=())
    assert "not a PHP-FPM master" in reason(service_not_running.check(APP, facts))


GONE = replace(SOCKET, exists=False, listening=False, web_server_connects=False, refusal="no such file")


@pytest.mark.parametrize(
    ("socket", "unit", "act", "safety"),
    [
        (GONE, UNIT, ServiceAction("reload", "php8.2-fpm.service", MASTER.test), Safety.SAFE),
        (
            replace(GONE, orphaned=True),
            UNIT,
            ServiceAction("restart", "php8.2-fpm.service", MASTER.test),
            Safety.DROPS,
        ),
        (
            replace(GONE, exists=True, orphaned=True),
            UNIT,
            ServiceAction("restart", "php8.2-fpm.service", MASTER.test),
            Safety.DROPS,
        ),
        (GONE, Unknown("by hand"), ServiceAction("signal", test=MASTER.test, pid=30, start=1.0), Safety.SAFE),
        (replace(GONE, orphaned=True), Unknown("by hand"), None, None),
        (replace(GONE, hidden=True), UNIT, None, None),
    ],
)
def test_socket_missing(socket: Socket, unit: Unit | Unknown, act: object, safety: Safety | None) -> None:
    """The least disruptive step that really brings the socket back, or none."""
    facts = fpm(replace(MASTER, unit=unit), socket=socket)
    steps = list(socket_missing.make_it_listen(found(socket_missing.check(APP, facts)), facts))
    assert [(step.act, step.safety) for step in steps] == ([(act, safety)] if act else [])


REFUSED = replace(SOCKET, uid=0, gid=0, web_server_connects=False, refusal="permission denied")


def test_socket_not_accessible() -> None:
    """The socket is opened in place, and its configuration with it."""
    facts = fpm(socket=REFUSED)
    finding = found(socket_not_accessible_by_web_server.check(APP, NGINX, facts))
    assert "owner root, group root, mode 0660" in finding.evidence[1].saw
    owner, file, reload = socket_not_accessible_by_web_server.let_the_web_server_in(finding, NGINX, facts)
    assert isinstance(owner.act, ChangeOwner)
    assert (owner.act.root, owner.act.uid, owner.act.names) == ("/run/php", 33, "www-data:www-data")
    assert isinstance(file.act, WriteFile)
    assert "listen.owner = www-data\n" in file.act.content
    assert "listen.mode = 0660\n" in file.act.content
    assert isinstance(reload.act, ServiceAction)
    assert (reload.act.verb, file.further, reload.further) == ("reload", True, True)


def test_mode_too_narrow() -> None:
    """Where only the mode keeps nginx out, the owner stays."""
    facts = fpm(socket=replace(REFUSED, uid=33, gid=33, mode=0o400))
    finding = found(socket_not_accessible_by_web_server.check(APP, NGINX, facts))
    steps = list(socket_not_accessible_by_web_server.let_the_web_server_in(finding, NGINX, facts))
    assert isinstance(steps[0].act, ChangeMode)


@pytest.mark.parametrize(
    ("pool", "advice"),
    [
        ({"socket": replace(REFUSED, uid=33, gid=33)}, "namei"),
        ({"socket": REFUSED, "acl": True}, "acl_users"),
        ({"socket": replace(REFUSED, path="")}, "firewall"),
    ],
)
def test_what_is_not_the_socket_s_own_fault(pool: dict[str, Any], advice: str) -> None:
    """A directory above it, an access list or a firewall is for a person."""
    facts = fpm(**pool)
    finding = found(socket_not_accessible_by_web_server.check(APP, NGINX, facts))
    assert advice in finding.advice
    assert list(socket_not_accessible_by_web_server.let_the_web_server_in(finding, NGINX, facts)) == []


@pytest.mark.parametrize(
    ("load", "status", "verdict"),
    [
        (Load(5, 3, 5, 0.9), Unknown("saturated"), "found"),
        (Load(5, 0, 5, 0.9), Unknown("saturated"), "found"),
        (Load(5, 0, 4, 0.9), Unknown("no status page"), "ok"),
        (Load(4, 3, 4, 0.0), Unknown("no status page"), "ok"),
        (Load(5, 3, 5, 0.0), Unknown("no time"), "no time"),
        (Load(5, 0, 0, 0.9, 2.0), Unknown("silent"), "silent"),
        (Load(2, -1, 0, 0.0), Unknown("no status page"), "cannot be seen"),
        (Unknown("no root"), Unknown("no root"), "no root"),
    ],
)
def test_pool_saturated(load: Load | Unknown, status: Unknown, verdict: str) -> None:
    """Found where it is proven, silent with room left, unknown where nobody can tell."""
    if isinstance(load, Load) and load.processes == 5 and not load.seconds:
        verdict = "seems saturated"
    said = faults(pool_saturated.check(APP, fpm(load=load, status=status), NGINX))
    if verdict == "ok":
        assert said == []
    elif verdict == "found":
        assert "All 5 workers" in found(said).message
    else:
        assert verdict in reason(said)


def test_connections_that_nginx_keeps_open_are_not_requests() -> None:
    """Idle kept connections occupy workers without saturating the pool."""
    keeping = replace(NGINX, servers=(replace(NGINX.servers[0], passes=(replace(PASS, keeps=True),)),))
    said = faults(pool_saturated.check(APP, fpm(load=Load(5, 0, 5, 0.9)), keeping))
    assert "fastcgi_keep_conn" in reason(said)


@pytest.mark.parametrize(
    ("pool", "least", "said"),
    [
        ({"workers": ()}, 2, "0 workers"),
        ({"pm": "static", "max_children": 2}, 2, ""),
        ({"pm": "static", "max_children": 3}, 2, "2 workers, but should always have 3"),
        ({"pm": "ondemand", "workers": ()}, 2, ""),
        ({}, 3, ""),
        ({}, 5, "3 processes; 5 are asked for"),
        ({"pm": "ondemand", "workers": ()}, 5, ""),
    ],
)
def test_too_few_processes(pool: dict[str, Any], least: int, said: str) -> None:
    """The pool's own minimum counts, and what is asked for of master and workers together."""
    settings = Settings(thresholds=Thresholds(min_processes=least))
    told = faults(too_few_processes.check(APP, fpm(**pool), settings))
    assert said in found(told).message if said else told == []


def test_a_reload_in_progress_has_no_count() -> None:
    """While the old workers finish and the new ones are not there yet, nothing is judged."""
    facts = fpm(replace(MASTER, unit=replace(UNIT, active="reloading")), workers=())
    assert "being reloaded" in reason(too_few_processes.check(APP, facts, Settings()))


EDITED = Loaded(100.0, "OPcache's lock file", (Difference("/etc/php/8.2/fpm/php.ini", "changed", 200.0),))
UNSURE = Loaded(100.0, "OPcache's lock file", (), (Difference("/etc/php/8.2/fpm/conf.d", "listing", 200.0),))


def test_an_edit_that_php_fpm_has_not_loaded() -> None:
    """Told with the file and both moments; a tested graceful reload loads it, and says what it costs here."""
    facts = fpm(replace(MASTER, loaded=EDITED))
    finding = found(configuration_changed_since_start.check(APP, facts))
    assert "php.ini (changed)" in finding.message
    assert {Ref("pool", "8.2/www"), Ref("file", "/etc/php/8.2/fpm/php.ini")} <= set(finding.about)
    (step,) = configuration_changed_since_start.reload(finding, facts)
    assert isinstance(step.act, ServiceAction)
    assert (step.act.verb, step.act.test, step.safety) == ("reload", MASTER.test, Safety.SAFE)
    (step,) = configuration_changed_since_start.reload(finding, fpm(replace(MASTER, control_timeout=0.0)))
    assert step.safety is Safety.DROPS


def test_what_nobody_knows_of_the_load_is_settled_by_a_reload() -> None:
    """Neither fault nor proof; the reason names what changed."""
    (said,) = faults(configuration_changed_since_start.check(APP, fpm(replace(MASTER, loaded=UNSURE))))
    assert isinstance(said, Settleable)
    assert "/etc/php/8.2/fpm/conf.d" in said.reason
    assert isinstance(said.settled_by.act, ServiceAction)


@pytest.mark.parametrize("loaded", [None, Loaded(100.0, "x"), Unknown("no root")])
def test_loaded_as_it_is(loaded: Loaded | Unknown | None) -> None:
    """Silent where all is loaded, and where nobody looked (facts of an earlier version); else why it is not known."""
    said = faults(configuration_changed_since_start.check(APP, fpm(replace(MASTER, loaded=loaded))))
    assert said == ([loaded] if isinstance(loaded, Unknown) else [])


def test_a_master_that_does_not_run_has_loaded_nothing() -> None:
    """It will read the files as they are then; and another app's master is not this app's."""
    assert faults(configuration_changed_since_start.check(APP, stopped())) == []
    other = replace(APP, pools=("8.3/other",))
    assert faults(configuration_changed_since_start.check(other, fpm(replace(MASTER, loaded=EDITED)))) == []


def test_a_refused_configuration_of_a_running_master() -> None:
    """Its next reload would end it; what it has loaded was taken, and what nobody could test is unknown."""
    refused = replace(MASTER, refused=("ERROR: unknown entry 'x'",), loaded=EDITED)
    finding = found(configuration_invalid.check(APP, fpm(refused)))
    assert "would not survive a reload: ERROR: unknown entry 'x'" in finding.message
    assert configuration_invalid.rule.fix_function is None
    assert "did not end" in reason(
        configuration_invalid.check(APP, fpm(replace(MASTER, refused=Unknown("did not end"))))
    )
    assert "as root" in reason(configuration_invalid.check(APP, fpm(replace(MASTER, loaded=Unknown("run as root")))))
    assert "does not run" in reason(configuration_invalid.check(APP, stopped()))
    assert faults(configuration_invalid.check(APP, fpm())) == []


@pytest.mark.parametrize(
    ("replaced", "severity"),
    [
        (("/usr/sbin/php-fpm8.2",), Severity.MEDIUM),
        (("/usr/lib/php/20220829/opcache.so", "/usr/lib/libssl.so.3"), Severity.MEDIUM),
        (("/usr/lib/libssl.so.3",), Severity.NOTICE),
    ],
)
def test_a_replaced_program(replaced: tuple[str, ...], severity: Severity) -> None:
    """PHP's own files break the link, a library of the system is a notice; a reload executes what is installed."""
    facts = fpm(replace(MASTER, replaced=replaced))
    finding = found(binary_or_extension_replaced.check(APP, facts))
    assert finding.severity is severity
    (step,) = binary_or_extension_replaced.reload(finding, facts)
    assert isinstance(step.act, ServiceAction)
    assert step.act.verb == "reload"


def test_a_program_that_nobody_could_look_at() -> None:
    """Its reason is told."""
    facts = fpm(replace(MASTER, replaced=Unknown("run as root")))
    assert reason(binary_or_extension_replaced.check(APP, facts)) == "run as root"


def test_workers_of_another_user() -> None:
    """Those that do not run as whom the file names; a master that is not root's has no choice."""
    rule = processes_run_as_another_user_than_configured
    facts = fpm(configured=("gateway", 1001))
    finding = found(rule.check(APP, facts))
    assert "run as user 33, while its file names gateway (1001)" in finding.message
    assert len(list(rule.reload(finding, facts))) == 1
    assert faults(rule.check(APP, fpm(configured=("www-data", 33)))) == []
    assert faults(rule.check(APP, fpm(configured=None))) == []
    assert "nobody on this host knows" in reason(rule.check(APP, fpm(configured=("gone", -1))))


CRASH = LogGroup(
    MASTER.error_log, "fpm", "x", "warning", "[pool …] child 3 exited on signal 11 (SIGSEGV) after …", 2, 90.0, 95.0, ()
)


def _logs(*groups: LogGroup, read: tuple[str, ...] = (MASTER.error_log,), **more: Any) -> Logs:
    return Logs(50.0, groups, read, (("/var/log/x", "no right"),), (), "the app changed", **more)


def test_workers_that_crashed() -> None:
    """Since the deploy, and since the last load; whoever was ended on purpose did not crash."""
    check = workers_die_by_signal.check
    assert "2 workers of PHP-FPM crashed since the deploy (SIGSEGV)" in found(check(APP, _logs(CRASH), fpm())).message
    loaded = fpm(replace(MASTER, loaded=Loaded(96.5, "its lock")))
    assert faults(check(APP, _logs(CRASH), loaded)) == []
    ended = replace(CRASH, sample="[pool …] child 3 exited on signal 15 (SIGTERM) after …")
    assert faults(check(APP, _logs(ended), fpm())) == []


def test_a_log_that_does_not_tell_of_crashes_is_no_proof() -> None:
    """It was not read, or holds more than is told apart; that of a container is its master's standard error."""
    check = workers_die_by_signal.check
    assert "no right" in reason(check(APP, _logs(read=()), fpm()))
    assert "too many" in reason(check(APP, _logs(more=((MASTER.error_log, "fpm", 9),)), fpm()))
    assert faults(check(APP, _logs(read=("/var/log/out",), fpm=("/var/log/out",)), fpm())) == []


def test_stopped_processes() -> None:
    """A worker, the master, and nginx's own; each goes on holds."""
    check = process_is_stopped.check
    assert faults(check(APP, fpm(), NGINX)) == []
    worker = fpm(workers=(Worker(31, 1.0, 33), Worker(32, 1.0, 33, stopped=True)))
    assert found(faults(check(APP, worker, NGINX))).message == "1 worker of PHP-FPM 8.2 is stopped (process 32)."
    master = fpm(replace(MASTER, stopped=True))
    assert "The master of PHP-FPM 8.2 is stopped" in found(faults(check(APP, master, NGINX))).message
    assert NGINX.process
    nginx = replace(NGINX, process=replace(NGINX.process, stopped=(10, 11)))
    assert "2 workers of nginx are stopped (process 10)" in found(faults(check(APP, fpm(), nginx))).message
    assert "does not run" in reason(faults(check(APP, stopped(), Absent("no nginx"))))
