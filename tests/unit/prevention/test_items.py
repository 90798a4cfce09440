"""Each item of the checklist, judged on facts."""

from dataclasses import replace
from typing import Any

import pytest

from liveproof import prevention
from liveproof.check import check
from liveproof.model.examination import AppExamination
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.deployment import Deployment, DeployScript
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.schedule import Job, Rotation, Schedule
from liveproof.model.facts.watching import Watching
from liveproof.model.facts.wire import Wire
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Request, Settings
from liveproof.model.settings.alerts import AlertChannel
from liveproof.prevention.item import Judged, State
from liveproof.prevention.judge import judge
from liveproof.prevention.listing import checklist_lines, document
from liveproof.report.style.lines import plain
from liveproof.rules import load
from tests.golden import seed_facts
from tests.unit.owned import DEPLOY, WWW, Has, app, laravel, tree

NOW = 1_000_000.0
WATCHED = Watching("active/enabled", 7, "liveproof-watch.service", NOW, NOW, ("mail",))
NOTHING = Watching("", 0, "", 0.0, NOW, ())
JOB = Job(
    "cron", "/etc/cron.d/x:1", "", "* * * * * root php /var/www/x/artisan schedule:run",
    "php /var/www/x/artisan schedule:run", "root", 0, "/var/www/x", "www-data", WWW,
    "* * * * * www-data php /var/www/x/artisan schedule:run", "In /etc/cron.d/x:1 put",
)  # fmt: skip
ROTATION = Rotation(
    "/etc/logrotate.d/x:4", "create 0640 root adm", "/var/www/x/storage/logs/laravel.log", True, "root", "adm",
    0o640, False, "create 0640 www-data www-data",
)  # fmt: skip
MAIL = AlertChannel("mail", "command", command=("/bin/true",))


def judged(facts: dict[type, Any]) -> dict[str, Judged]:
    """The checklist by name, as the rules and items have it."""
    given = {
        App: app(),
        Access: Access((("storage", True),), (), (), 5, view="process 7"),
        Files: tree(laravel(WWW, WWW)),
        Schedule: Schedule((), (), ()),
        Settings: Settings(),
        Deployment: Deployment("", "", ()),
        Watching: NOTHING,
        **facts,
    }
    results = check(load(), given)
    examination = AppExamination(given[App], (), results, (), given)
    return {one.name: one for one in judge(examination, given, prevention.load(), load())}


def item(name: str, facts: dict[type, Any]) -> Judged:
    return judged(facts)[name]


@pytest.mark.parametrize(
    ("schedule", "state", "saw"),
    [
        (Schedule((), (), ()), State.DONE, "no job"),
        (Schedule((replace(JOB, user="www-data", uid=WWW),), (), ()), State.DONE, "1 seen"),
        (Schedule((JOB,), (), ()), State.OPEN, "root runs"),
        (Schedule((replace(JOB, kind="script"),), (), ()), State.OPEN, "deploy script"),
        (Schedule((), (), (("/var/spool/cron", "Permission denied"),)), State.UNKNOWN, "/var/spool/cron"),
        (Unknown("no root"), State.UNKNOWN, "no root"),
    ],
)
def test_artisan_user(schedule: Schedule | Unknown, state: State, saw: str) -> None:
    """Who runs artisan, with the line that should stand there."""
    seen = item("artisan_user", {Schedule: schedule})
    assert (seen.state, saw in seen.seen.saw) == (state, True), seen
    assert seen.codes == ()  # no rule of it has a fix: crontabs are a person's
    if state is State.OPEN:
        assert f"- {JOB.line}" in seen.seen.commands
        assert f"+ {JOB.replacement}" in seen.seen.commands


def test_hostile_crontab_lines() -> None:
    """What stands in a crontab is shown on one printable line, its secrets hidden, and said to be so."""
    line = "* * * * * root php artisan x --password=hunter2 $(reboot) `id` \x1b]0;x\x07\n[link](x)"
    wild = replace(JOB, line=line, replacement=line.replace("root", "www-data"), command=line)
    seen = judged({Schedule: Schedule((wild,) * 30, (), ())})
    text = plain(checklist_lines("/var/www/x", seen.values(), plain=True))
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert "hunter2" not in str(document("/var/www/x", seen.values()))
    assert "and 20 more" in text
    assert all(len(row) < 700 for row in text.split("\n"))


@pytest.mark.parametrize(
    ("rotations", "state"),
    [
        ((), State.NOT_APPLICABLE),
        ((replace(ROTATION, writable=True),), State.DONE),
        ((ROTATION, replace(ROTATION, writable=True)), State.OPEN),
    ],
)
def test_log_rotation(rotations: tuple[Rotation, ...], state: State) -> None:
    """Whose the next log is, and the line that should stand there."""
    seen = item("log_rotation", {Schedule: Schedule((), rotations, ())})
    assert seen.state is state
    if state is State.OPEN:
        assert seen.seen.commands[1:3] == ("- create 0640 root adm", "+ create 0640 www-data www-data")
        assert seen.seen.commands[-1] == "# test: logrotate --debug /etc/logrotate.d/x"


def _shared(mode: int, uid: int = DEPLOY, gid: int = WWW) -> Files:
    return tree({**laravel(DEPLOY, WWW), "storage": Has(uid, gid, mode), "storage/logs": Has(uid, gid, mode)})


@pytest.mark.parametrize(
    ("files", "inherited", "state"),
    [
        (_shared(0o775), (), State.OPEN),
        (_shared(0o775), ("storage",), State.OPEN),
        (_shared(0o775), ("storage", "storage/logs"), State.DONE),
        (_shared(0o2775), (), State.DONE),
        (_shared(0o755), (), State.NOT_APPLICABLE),  # its owner's alone
        (_shared(0o775, gid=DEPLOY), (), State.NOT_APPLICABLE),  # not by the app's group
        (_shared(0o775, uid=0), (), State.NOT_APPLICABLE),  # root's: another fault
        (_shared(0o775, uid=WWW), (), State.NOT_APPLICABLE),  # nobody else is meant to write
        (tree(laravel(WWW, WWW)), (), State.NOT_APPLICABLE),
        (replace(_shared(0o2775), unreadable=(("storage/x", "Permission denied"),)), (), State.UNKNOWN),
    ],
)
def test_shared_directories(files: Files, inherited: tuple[str, ...], state: State) -> None:
    """Setgid or a default ACL, where a second user writes by the group."""
    seen = item("shared_directories", {Files: files, Access: Access((), (), (), 5, inherited=inherited)})
    assert seen.state is state, seen
    assert seen.codes == (("FIL012",) if state is State.OPEN else ())


def test_a_host_that_works() -> None:
    """The seed's host after its fix: what is seen there, and what nobody had set up."""
    facts = {**seed_facts.facts(broken=False), Watching: WATCHED, Deployment: Deployment("git", "/x/.git", ())}
    results = check(load(), facts)
    examination = AppExamination(facts[App], (), results, (), facts)  # type: ignore[arg-type]
    seen = {one.name: one for one in judge(examination, facts, prevention.load(), load())}
    assert {seen[name].state for name in ("watcher", "alert_channel")} == {State.DONE}
    assert seen["resolved_root"].state is State.NOT_APPLICABLE
    assert seen["deploy_hook"].state is State.UNKNOWN


@pytest.mark.parametrize("fact", [Fpm, Nginx, Opcache, Files, Laravel, Schedule, Watching, Deployment])
def test_what_is_not_seen_is_unknown(fact: type) -> None:
    """Nothing unseen is done, and what does not exist is not asked for."""
    facts = {**seed_facts.facts(broken=False), Watching: WATCHED, Deployment: Deployment("", "", ()), Schedule: None}
    facts[Schedule] = Schedule((), (), ())
    by = {name: one.state for name, one in judged({**facts, fact: Unknown("no root")}).items()}
    whole = {name: one.state for name, one in judged(facts).items()}
    changed = {name for name, state in by.items() if state is not whole[name]}
    assert changed
    assert {by[name] for name in changed} == {State.UNKNOWN}
    absent = judged({**facts, fact: Absent("there is none")})
    assert {absent[name].state for name in changed} <= {State.NOT_APPLICABLE, State.UNKNOWN}


@pytest.mark.parametrize(
    ("watching", "state", "saw"),
    [
        (WATCHED, State.DONE, "active and enabled"),
        (replace(WATCHED, unit="active/disabled"), State.OPEN, "active, but disabled"),
        (replace(NOTHING, process=812), State.DONE, "was not seen"),
        (replace(NOTHING, looked=NOW - 3600), State.DONE, "1.0 h ago"),
        (replace(NOTHING, looked=NOW - 90_000_0), State.OPEN, "there is no"),
        (replace(NOTHING, looked=NOW + 3600), State.OPEN, "there is no"),  # a clock that jumped proves nothing
        (replace(NOTHING, unit="failed/enabled"), State.OPEN, "failed and enabled"),
        (replace(NOTHING, unit=Unknown("no systemd")), State.OPEN, "no systemd"),
        (NOTHING, State.OPEN, "there is no"),
    ],
)
def test_watcher(watching: Watching, state: State, saw: str) -> None:
    """By unit, process, or what cron's watcher kept; else the command."""
    seen = item("watcher", {Watching: watching})
    assert (seen.state, saw in seen.seen.saw) == (state, True), seen
    assert bool(seen.seen.commands) is (state is State.OPEN)


@pytest.mark.parametrize(
    ("tool", "word"),
    [
        ("Deployer", "deploy.php"),
        ("Capistrano", "config/deploy.rb"),
        ("releases", "Envoyer"),
        ("git", "git pull"),
        ("", ""),
    ],
)
def test_deploy_hook(tool: str, word: str) -> None:
    """The lines for the end of the deploy, for the tool that is seen; done only where a script names them."""
    script = DeployScript("/var/www/x/deploy.sh", proves=False, reloads=True)
    seen = item("deploy_hook", {Deployment: Deployment(tool, "/var/www/x", (script,))})
    assert seen.state is State.OPEN
    assert word in seen.seen.todo[-1]
    assert "liveproof check /var/www/x" in seen.seen.commands
    assert any("artisan config:cache" in line and line.startswith("runuser -u www-data") for line in seen.seen.commands)
    assert item("deploy_hook", {Deployment: Deployment(tool, "", ())}).state is State.UNKNOWN
    done = Deployment(tool, "", (replace(script, proves=True),))
    assert item("deploy_hook", {Deployment: done}).state is State.DONE
    other = item("deploy_hook", {Deployment: Deployment(tool, "", (script,)), App: replace(app(), laravel=False)})
    assert not any("artisan" in line for line in other.seen.commands)


@pytest.mark.parametrize(
    ("validates", "scripts", "state"),
    [
        ("1", (), State.DONE),
        ("0", (), State.UNKNOWN),
        ("0", (DeployScript("/x/deploy.sh", proves=True, reloads=False),), State.OPEN),
        ("0", (DeployScript("/x/deploy.sh", proves=False, reloads=True),), State.DONE),
    ],
)
def test_reload_after_deploy(validates: str, scripts: tuple[DeployScript, ...], state: State) -> None:
    """opcache.validate_timestamps=0 needs a reload at the end of each deploy."""
    facts = seed_facts.facts(broken=False)
    opcache = facts[Opcache]
    assert isinstance(opcache, Opcache)
    settings = (("opcache.validate_timestamps", validates),)
    pools = tuple((pool.pool, replace(pool, loaded=True, enabled=True, settings=settings)) for pool in opcache.seen)
    given = {**facts, Opcache: replace(opcache, pools=pools), Deployment: Deployment("", "", scripts)}
    examination = AppExamination(facts[App], (), (), (), given)  # type: ignore[arg-type]
    entry = next(one for one in prevention.load() if one.name == "reload_after_deploy")
    (seen,) = judge(examination, given, (entry,), ())
    assert seen.state is state
    assert bool(seen.seen.commands) is (state is not State.DONE)


def test_alert_channel() -> None:
    """Configured, not proven to arrive."""
    assert item("alert_channel", {Watching: WATCHED}).seen.todo == (
        "Whether it arrives is tried with: liveproof alert test",
    )
    assert item("alert_channel", {}).state is State.OPEN


def test_real_request() -> None:
    """Configured and sent; what was not sent is not claimed to be answered."""
    facts = seed_facts.facts(broken=False)
    wire = facts[Wire]
    assert isinstance(wire, Wire)
    configured = Settings(request=(Request(path="/api/status"),))
    given: dict[type, Any] = {Wire: wire, Settings: Settings()}
    (entry,) = (one for one in prevention.load() if one.name == "real_request")

    def state(**more: Any) -> State:
        now = {**given, **more.pop("facts", {})}
        (seen,) = judge(AppExamination(app(), (), (), (), {}), now, (entry,), ())
        return seen.state

    assert state() is State.OPEN
    assert state(facts={Settings: configured}) is State.DONE
    late = replace(wire, unasked=(("GET / (nginx)", "no time was left"),))
    assert state(facts={Settings: configured, Wire: late}) is State.UNKNOWN
    assert state(facts={Settings: configured, Wire: replace(wire, exchanges=())}) is State.UNKNOWN
