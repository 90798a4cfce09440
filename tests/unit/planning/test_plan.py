"""Findings to a plan: what is merged, ordered, held back, left to a person, refused."""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from liveproof.model.examination import AppExamination
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.facts.schedule import RootRuns, Schedule
from liveproof.model.findings import Diagnosis, Evidence, Finding, Ref, Result, Unknown
from liveproof.model.plan import EVERYTHING, Act, Plan, PlanOptions, Step, allow_option
from liveproof.model.rule import Rule
from liveproof.model.verdicts import RuleVerdict, Safety, Severity
from liveproof.planning.merge import merge
from liveproof.planning.plan import make_plan
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.merging import Contradiction
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.golden.filled import filled

REAL = "/var/www/x/releases/2"
APP = App("/var/www/x/current", REAL, "", "www-data", 33, 33, (33,), ("8.2/www",), (), True)
HERE = Ref("app", APP.path)


def finding(code: str, *refs: Ref, advice: str = "") -> Finding:
    """A finding on the app."""
    return Finding(f"{code} was found", refs or (HERE,), (Evidence("stat", "this"),), advice, code, Severity.HIGH)


def rule(
    code: str, *acts: Act, safety: Safety = Safety.SAFE, caused_by: tuple[str, ...] = (), hidden_by_memory: bool = False
) -> Rule:
    """A rule whose fix makes these acts; without acts it has no fix."""
    made = Rule(code, Severity.HIGH, caused_by=caused_by, hidden_by_memory=hidden_by_memory)
    if acts:

        @made.fix(safety)
        def fix(finding: Finding) -> Iterator[Step]:
            for act in acts:
                yield Step(act, f"{code} says so", "it comes back")

    return made


def examined(*findings: Finding, facts: dict[type, object] | None = None) -> AppExamination:
    """An examination that found these, each its own root."""
    results = tuple(Result(found.code, found.code, RuleVerdict.FOUND, (found,)) for found in findings)
    return AppExamination(APP, (), results, tuple(Diagnosis(found, (), "") for found in findings), facts or {})


def planned(*rules: Rule, allow: frozenset[Safety] = frozenset({Safety.SAFE}), **facts: Any) -> Plan:
    """The plan when every rule found its fault."""
    return make_plan(examined(*(finding(r.code) for r in rules), **facts), rules, PlanOptions(allow))


def acts(steps: Iterable[Step]) -> list[Act]:
    """What steps do."""
    return [step.act for step in steps]


def owner(*paths: str, uid: int = 33, gid: int = 33, now: int = 0, root: str = REAL) -> ChangeOwner:
    """Paths that get an owner."""
    return ChangeOwner(root, tuple(Owned(path, now, now) for path in paths), uid, gid, f"{uid}:{gid}")


def artisan(*arguments: str, writes: tuple[str, ...] = ("bootstrap/cache",)) -> RunArtisan:
    """A command of artisan."""
    return RunArtisan(REAL, "www-data", "/usr/bin/php8.2", arguments, writes)


def test_two_rules_that_want_the_same_make_one_step() -> None:
    """Entries of several findings become one step that names them all."""
    plan = planned(rule("FIL001", owner("a", "b")), rule("FIL004", owner("b", "c")))
    (step,) = plan.steps
    assert step.act == owner("a", "b", "c")
    assert step.fixes == ("FIL001", "FIL004")
    assert step.why == "FIL001 says so; FIL004 says so"
    assert plan.fixes == ("FIL001", "FIL004")


def test_a_notice_alone_changes_nothing_unless_asked() -> None:
    """Its steps are shown apart; asked for, they are planned; where something breaks beside it, they are too."""
    alone = replace(finding("LAR003"), severity=Severity.NOTICE)
    rules = (rule("LAR003", artisan("config:cache")), rule("FIL003", owner("bootstrap/cache")))
    plan = make_plan(examined(alone), rules)
    assert (plan.steps, plan.fixes, acts(plan.notices)) == ((), (), [artisan("config:cache")])
    assert plan.manual == ()
    asked = make_plan(examined(alone), rules, PlanOptions(notices=True))
    assert (acts(asked.steps), asked.notices) == ([artisan("config:cache")], ())
    root = finding("FIL003")
    seen = replace(examined(root, alone), diagnoses=(Diagnosis(root, (alone,), ""),))
    assert make_plan(seen, rules).fixes == ("FIL003", "LAR003")
    beside = make_plan(examined(root, alone), rules)
    assert (beside.fixes, acts(beside.notices)) == (("FIL003",), [artisan("config:cache")])


def test_the_order_is_the_seeds() -> None:
    """Directories, owners, modes, configuration, removals, artisan in its own order, then start, reload, restart."""
    wanted: list[Act] = [
        MakeDirectory(REAL, "storage", 33, 33, 0o755),
        MakeDirectory(REAL, "storage/logs", 33, 33, 0o755),
        owner("a"),
        ChangeMode(REAL, (Moded("a", 0o600, 0o644),)),
        WriteFile("/etc/x", "", "", ()),
        RemoveFile(REAL, "bootstrap/cache/config.php"),
        artisan("package:discover"),
        artisan("config:cache"),
        artisan("route:cache"),
        artisan("view:cache"),
        ServiceAction("start", "php8.2-fpm.service"),
        ServiceAction("reload", "php8.4-fpm.service"),
        ServiceAction("reload", "nginx.service"),
        ServiceAction("restart", "queue.service"),
    ]
    assert acts(merge(Step(act, "", "back") for act in reversed(wanted))) == wanted


def test_conflicting_owners_are_refused() -> None:
    """Two rules that give one path to two users: nobody can be right, so nothing is done."""
    with pytest.raises(Contradiction, match="/releases/2/a to belong to 33:33, FIL004 to 0:0"):
        planned(rule("FIL001", owner("a")), rule("FIL004", owner("a", uid=0, gid=0, now=0)))


def test_halves_of_an_owner_join() -> None:
    """One rule sets the user, another the group: both hold; a path that is as wanted needs no step."""
    plan = planned(rule("FIL001", owner("a", gid=-1)), rule("FIL002", owner("a", uid=-1, gid=34)))
    assert acts(plan.steps) == [ChangeOwner(REAL, (Owned("a", 0, 0),), 33, 34, "33:-1, -1:34")]
    assert planned(rule("FIL001", owner("a", now=33))).steps == ()


def test_changes_of_a_mode_add_up() -> None:
    """One rule adds bits, another takes some away; both see the same mode before."""
    plan = planned(
        rule("FIL002", ChangeMode(REAL, (Moded("a", 0o602, 0o646),))),
        rule("FIL011", ChangeMode(REAL, (Moded("a", 0o602, 0o600),))),
    )
    assert acts(plan.steps) == [ChangeMode(REAL, (Moded("a", 0o602, 0o644),))]
    with pytest.raises(Contradiction, match="seen differently"):
        planned(
            rule("FIL002", ChangeMode(REAL, (Moded("a", 0o600, 0o644),))),
            rule("FIL011", ChangeMode(REAL, (Moded("a", 0o666, 0o644),))),
        )


def test_different_contents_are_refused() -> None:
    """Two edits of one file cannot both be written."""
    with pytest.raises(Contradiction, match="/etc/x"):
        planned(
            rule("FPM003", WriteFile("/etc/x", "d", "a", ())),
            rule("OPC013", WriteFile("/etc/x", "d", "b", ())),
            allow=EVERYTHING,
        )


def test_what_is_removed_is_not_given_away_first() -> None:
    """A file that goes needs no owner; one that is to be written cannot go."""
    plan = planned(rule("LAR007", RemoveFile(REAL, "c.php")), rule("FIL004", owner("c.php", "d.php")))
    assert acts(plan.steps) == [owner("d.php"), RemoveFile(REAL, "c.php")]


def test_artisan_runs_once_for_each_command() -> None:
    """The same command of two rules runs once and may write what both say."""
    plan = planned(rule("LAR001", artisan("config:cache")), rule("LAR003", artisan("config:cache", writes=("x",))))
    assert acts(plan.steps) == [artisan("config:cache", writes=("bootstrap/cache", "x"))]


def test_one_act_for_each_unit() -> None:
    """A restart absorbs the reload of its unit, keeps its test, and is as disruptive as the strictest of them."""
    plan = planned(
        rule("OPC001", ServiceAction("reload", "php8.2-fpm", ("php-fpm8.2", "-t"))),
        rule("FPM002", ServiceAction("restart", "php8.2-fpm.service"), safety=Safety.DROPS),
        allow=EVERYTHING,
    )
    (step,) = plan.steps
    assert step.act == ServiceAction("restart", "php8.2-fpm.service", ("php-fpm8.2", "-t"))
    assert step.safety is Safety.DROPS


def test_what_is_not_allowed_is_held_back_whole() -> None:
    """A disruptive fix is held back with what it would mend; a reload that is planned anyway is not held back too."""
    reload = ServiceAction("reload", "php8.2-fpm.service")
    plan = planned(
        rule("OPC001", reload), rule("OPC013", WriteFile("/etc/f", "d", "c", ()), reload, safety=Safety.DROPS)
    )
    assert acts(plan.steps) == [reload]
    assert plan.fixes == ("OPC001",)
    assert [(step.act, step.fixes) for step in plan.held_back] == [(WriteFile("/etc/f", "d", "c", ()), ("OPC013",))]


def test_a_step_costs_at_least_what_such_an_act_costs() -> None:
    """An edit of a service's configuration is never safe, nor is a restart."""
    assert Step(WriteFile("/etc/x", "d", "c", ()), "", "back").safety is Safety.CONFIG
    assert Step(ServiceAction("restart", "php8.2-fpm"), "", "").safety is Safety.DROPS
    assert Step(ServiceAction("reload", "nginx"), "", "another reload").safety is Safety.SAFE


def unsure(*steps: Step) -> AppExamination:
    """An examination in which OPC001 could not see something that these steps settle."""
    return replace(examined(), results=(Result("OPC001", "x", RuleVerdict.UNKNOWN, (), "kept times", steps),))


def test_a_person_may_accept_one_step_and_not_another() -> None:
    """By what it does; a step that is for a person alone cannot be accepted."""
    edit, restart = WriteFile("/etc/x", "d", "c", ()), ServiceAction("restart", "php8.2-fpm")
    rules = (rule("FPM003", edit), rule("FPM002", restart))
    seen = examined(finding("FPM003"), finding("FPM002"))
    plan = make_plan(seen, rules, PlanOptions(accepted=frozenset({"write /etc/x"})))
    assert (acts(plan.steps), acts(plan.held_back)) == ([edit], [restart])
    by_hand = Step(edit, "", "", Safety.MANUAL)
    assert not PlanOptions(accepted=frozenset({by_hand.what})).admits(by_hand)


def test_only_what_is_selected_is_planned() -> None:
    """By code or family; the rest is not even left to a person."""
    rules = (rule("FIL001", owner("a")), rule("FIL003", owner("b")), rule("REL001"))
    seen = examined(*(finding(r.code) for r in rules))
    for select, fixes in (({"FIL003"}, ("FIL003",)), ({"FIL"}, ("FIL001", "FIL003")), ({"OPC"}, ())):
        plan = make_plan(seen, rules, PlanOptions(select=frozenset(select)))
        assert (plan.fixes, plan.manual) == (fixes, ())


def test_what_a_reload_settles_is_planned() -> None:
    """Nothing was found, and still the reload is: what cannot be seen may be old code."""
    reload = Step(RELOAD, "then it can be reported", "another reload")
    plan = make_plan(unsure(reload), ())
    assert (acts(plan.steps), plan.fixes, plan.settles) == ([RELOAD], (), ("OPC001",))
    assert plan.steps[0].fixes == ("OPC001",)
    costly = make_plan(unsure(replace(reload, safety=Safety.DROPS)), ())
    assert (costly.steps, acts(costly.held_back), costly.settles) == ((), [RELOAD], ())
    assert len({plan.digest, costly.digest, make_plan(examined(), ()).digest}) == 3 - 1


def test_what_is_settled_is_one_with_what_is_fixed() -> None:
    """The same reload fixes one rule's finding and lets another see."""
    found = finding("OPC010")
    seen = unsure(Step(RELOAD, "then it can be reported", "another reload"))
    both = replace(examined(found), results=(*examined(found).results, *seen.results))
    plan = make_plan(both, (rule("OPC010", RELOAD),))
    (step,) = plan.steps
    assert (step.fixes, plan.fixes, plan.settles) == (("OPC001", "OPC010"), ("OPC010",), ("OPC001",))


def test_no_reload_settles_what_it_would_take_down() -> None:
    """While the pool's user cannot read code, only what is in memory keeps the site alive."""
    found = finding("FIL002")
    seen = unsure(Step(RELOAD, "then it can be reported", "another reload"))
    both = replace(examined(found), results=(*examined(found).results, *seen.results))
    plan = make_plan(both, (rule("FIL002", hidden_by_memory=True),))
    assert (plan.steps, [step.safety for step in plan.held_back]) == ((), [Safety.DROPS])


def test_each_level_is_allowed_by_its_own_name() -> None:
    """What edits a configuration does not come with what drops requests, and not the other way round."""
    edit, restart = WriteFile("/etc/x", "d", "c", ()), ServiceAction("restart", "php8.2-fpm")
    rules = (rule("FPM003", edit), rule("FPM002", restart))
    for allowed, acted, option in (
        ({Safety.CONFIG}, edit, "--allow drops"),
        ({Safety.DROPS}, restart, "--allow config"),
        (set(), None, "--allow disruptive"),
    ):
        plan = planned(*rules, allow=frozenset({Safety.SAFE, *allowed}))
        assert acts(plan.steps) == ([acted] if acted else [])
        assert allow_option(plan.held_back) == option


def test_what_has_no_step_is_left_to_a_person() -> None:
    """Without a fix the advice is told; so is why a fix could not be planned."""
    needing = Rule("FIL001", Severity.HIGH)

    @needing.fix(Safety.SAFE)
    def fix(finding: Finding, fpm: Fpm) -> Iterator[Step]:
        yield Step(owner("a"), "", "back")

    failing = Rule("FIL002", Severity.HIGH)

    @failing.fix(Safety.SAFE)
    def broken(finding: Finding) -> Iterator[Step]:
        yield Step(owner("a"), "", "back")
        raise KeyError("bug")

    found = (finding("REL001", advice="look"), finding("FIL001", advice="chown"), finding("FIL002", advice="chmod"))
    plan = make_plan(examined(*found, facts={Fpm: Unknown("no root")}), [rule("REL001"), needing, failing])
    assert plan.steps == ()
    told = dict(plan.manual)
    assert told["REL001"] == "look"
    assert "no root" in told["FIL001"]
    assert "liveproof failed in FIL002" in told["FIL002"]


def test_what_follows_from_a_mended_cause_is_told_so() -> None:
    """A finding without a fix whose cause is mended is not a person's work; one of another app's is."""
    cause, effect = rule("FIL003", owner("a")), rule("LAR011", caused_by=("FIL003",))
    plan = planned(cause, effect)
    assert plan.follows == (("LAR011", "FIL003"),)
    assert plan.manual == ()
    other = finding("LAR011", Ref("app", "/elsewhere"), advice="look")
    plan = make_plan(examined(finding("FIL003"), other), [cause, effect])
    assert plan.manual == (("LAR011", "look"),)


def test_steps_lead_to_the_real_directory() -> None:
    """A path below ``current`` becomes the release's: the writing door goes through no link."""
    plan = planned(rule("FIL001", owner("a", root="/var/www/x/current")))
    assert acts(plan.steps) == [owner("a")]
    plan = planned(rule("LAR001", replace(artisan("config:cache"), app="/var/www/x/current")))
    assert acts(plan.steps) == [artisan("config:cache")]


def test_more_old_scripts_are_the_same_reload() -> None:
    """Between two looks PHP compiles more scripts, also by our own request: the plan is not another one for that."""
    reload = ServiceAction("reload", "php8.3-fpm")
    digests = set()
    for files in (("a.php",), ("a.php", "b.php")):
        about = (Ref("app", "/a"), *(Ref("file", f"/a/{name}") for name in files))
        digests.add(make_plan(examined(replace(finding("OPC002"), about=about)), (rule("OPC002", reload),)).digest)
    assert len(digests) == 1


def test_the_digest_knows_what_matters_and_nothing_else() -> None:
    """Owners, modes and findings are in it; words, processes and findings of others are not."""
    first = planned(rule("FIL001", owner("a")))
    assert planned(rule("FIL001", owner("a"))).digest == first.digest
    assert planned(rule("FIL001", owner("a", "b"))).digest != first.digest
    assert planned(rule("FIL001", owner("a", now=1))).digest != first.digest
    busy = replace(
        finding("FIL001", HERE, Ref("process", "12@3")), message="17 of 20", evidence=(Evidence("/proc/12", "now"),)
    )
    rules = [rule("FIL001", owner("a")), rule("FPM006")]
    assert make_plan(examined(busy, finding("FPM006")), rules).digest == first.digest


def blank(kind: Any, **known: object) -> Any:
    """A fact with these values, and nothing in its other fields."""
    empty: dict[object, object] = {int: 0, bool: False, str: "", float: 0.0}
    return kind(**{field.name: empty.get(field.type, ()) for field in fields(kind) if field.default is MISSING} | known)


def fpm(pid: int = 7, *, timeout: float = 10.0, unit: bool = True) -> Fpm:
    """One running master with the app's pool."""
    named = blank(Unit, name="php8.2-fpm.service")
    known = named if unit else Unknown("no systemd")
    pools = (blank(Pool, version="8.2", name="www"),)
    test = ("php-fpm8.2", "-t")
    return Fpm((blank(Master, pid=pid, start=5.0, control_timeout=timeout, unit=known, pools=pools, test=test),))


def opcache(*scripts: str, enabled: bool = True, validates: bool = True) -> Opcache:
    """The cache of the app's pool."""
    settings = (("opcache.validate_timestamps", "1" if validates else "0"),)
    kept = tuple(blank(Script, path=path, exists=True) for path in scripts)
    pool = blank(PoolOpcache, pool="8.2/www", enabled=enabled, settings=settings, scripts=kept)
    return blank(Opcache, pools=(("8.2/www", pool),))  # type: ignore[no-any-return]


RELOAD = ServiceAction("reload", "php8.2-fpm.service", ("php-fpm8.2", "-t"))


@pytest.mark.parametrize(
    ("act", "scripts", "closes"),
    [
        (owner("app/x.php"), (), True),
        (owner("app"), (f"{REAL}/app/x.php",), True),
        (owner("storage/logs/laravel.log"), (f"{REAL}/app/x.php",), False),
        (owner("storage/framework/views"), (f"{REAL}/storage/framework/views/1.php",), True),
        (owner("logs", root="/var/www/x/shared/storage"), (f"{REAL}/app/x.php",), False),
        (RemoveFile(REAL, "storage/framework/views/1.php"), (f"{REAL}/storage/framework/views/1.php",), True),
        (artisan("config:cache"), (), True),
        (artisan("view:cache", writes=("storage/framework/views",)), (), False),
    ],
)
def test_a_reload_closes_what_memory_may_hold(act: Act, scripts: tuple[str, ...], closes: bool) -> None:
    """Code that changes on disk is followed by a reload; a log file's owner is not."""
    plan = planned(rule("FIL001", act), facts={Fpm: fpm(), Opcache: opcache(*scripts)})
    assert acts(plan.steps) == [act, *([RELOAD] if closes else [])]


def test_no_reload_where_nothing_is_kept() -> None:
    """A pool without OPcache, and a master that does not run, need none; an unseen cache needs one for code."""
    changed = rule("FIL001", owner("app/x.php"))
    assert len(planned(changed, facts={Fpm: fpm(), Opcache: opcache(enabled=False)}).steps) == 1
    assert len(planned(changed, facts={Fpm: fpm(pid=0), Opcache: opcache()}).steps) == 1
    assert acts(planned(changed, facts={Fpm: fpm(), Opcache: Unknown("saturated")}).steps)[-1] == RELOAD


def test_without_systemd_the_master_gets_a_signal() -> None:
    """A master that no unit runs is reloaded as the very process that was seen."""
    plan = planned(rule("FIL001", owner("app/x.php")), facts={Fpm: fpm(unit=False), Opcache: opcache()})
    assert acts(plan.steps)[-1] == ServiceAction("signal", test=("php-fpm8.2", "-t"), pid=7, start=5.0)


def test_what_root_runs_is_given_to_nobody() -> None:
    """Whoever owns a file that root executes is root; giving it back to root, or giving away others, is no harm."""
    ran = (RootRuns(f"{REAL}/storage/app/backup.sh", "/etc/cron.d/backup:3"),)
    facts: dict[type, object] = {
        Files: blank(Files, root=REAL, signature="s"),
        Schedule: Schedule((), (), (), ran),
    }
    plan = planned(rule("FIL005", owner("storage/app", "storage/app/backup.sh")), facts=facts)
    assert plan.steps == ()
    ((_, why),) = plan.manual
    assert "storage/app/backup.sh is run by root (/etc/cron.d/backup:3): what root runs belongs to root" in why
    assert planned(rule("FIL005", owner("storage/app/backup.sh", uid=0, gid=0, now=33)), facts=facts).steps
    assert planned(rule("FIL005", owner("storage/app")), facts=facts).steps


def test_a_reload_that_would_drop_requests_is_held_back() -> None:
    """Where running requests would be cut off, the closing reload needs to be allowed."""
    facts = {Fpm: fpm(timeout=0), Opcache: opcache(f"{REAL}/app/x.php")}
    plan = planned(rule("FIL001", owner("app/x.php")), facts=facts)
    assert acts(plan.steps) == [owner("app/x.php")]
    assert acts(plan.held_back) == [RELOAD]
    assert "too little to hold these scripts a second time" in plan.held_back[0].cost
    plan = planned(rule("FIL001", owner("app/x.php")), facts=facts, allow=EVERYTHING)
    assert acts(plan.steps) == [owner("app/x.php"), RELOAD]


def test_rebuilding_without_a_reload_is_held_back_where_php_never_looks() -> None:
    """With validate_timestamps=0 a new cache on disk is not live without the reload, so both wait for it."""
    facts = {Fpm: fpm(timeout=0), Opcache: opcache(f"{REAL}/bootstrap/cache/config.php", validates=False)}
    plan = planned(rule("LAR001", artisan("config:cache")), rule("FIL006", owner("storage/logs/l.log")), facts=facts)
    assert acts(plan.steps) == [owner("storage/logs/l.log")]
    assert plan.fixes == ("FIL006",)
    assert artisan("config:cache") in acts(plan.held_back)


def roomy(*scripts: str) -> Opcache:
    """The cache of the app's pool, with room to compile these scripts once more."""
    seen = opcache(*scripts, validates=False)
    return replace(seen, pools=(("8.2/www", replace(seen.seen[0], memory_free=9_000_000)),))


def compiled(*paths: str) -> InvalidateScripts:
    """These scripts are compiled again without a reload."""
    return InvalidateScripts("8.2/www", "", (("www", ""),), 7, 5.0, (0, 0), tuple(f"{REAL}/{path}" for path in paths))


def test_without_a_safe_reload_only_what_changes_is_compiled_again() -> None:
    """PHP drops the scripts whose files a step changes, or that stand below what it changes, and no others."""
    facts = {Fpm: fpm(timeout=0), Opcache: roomy(f"{REAL}/bootstrap/cache/config.php", f"{REAL}/app/x.php")}
    plan = planned(rule("LAR001", artisan("config:cache")), facts=facts)
    assert acts(plan.steps) == [artisan("config:cache"), compiled("bootstrap/cache/config.php")]
    assert plan.held_back == ()
    assert acts(planned(rule("FIL001", owner("routes/y.php")), facts=facts).steps) == [owner("routes/y.php")]


def test_what_the_cache_holds_does_not_change_a_plan() -> None:
    """Every request may add a script; which are compiled again is looked at when it is done."""
    digests = {
        planned(rule("FIL001", owner("app")), facts={Fpm: fpm(timeout=0), Opcache: roomy(*scripts)}).digest
        for scripts in ((f"{REAL}/app/x.php",), (f"{REAL}/app/x.php", f"{REAL}/app/y.php"))
    }
    assert len(digests) == 1


def test_what_a_reload_does_anyway_is_not_done_before_it() -> None:
    """One step for a master; the reload carries the codes of both."""
    facts = {Fpm: fpm(timeout=0), Opcache: roomy(f"{REAL}/app/x.php")}
    rules = (rule("OPC001", compiled("app/x.php")), rule("OPC013", RELOAD))
    plan = planned(*rules, facts=facts, allow=EVERYTHING)
    assert acts(plan.steps) == [RELOAD]
    assert plan.steps[0].fixes == ("OPC001", "OPC013")


def test_where_the_pool_is_too_busy_a_reload_takes_the_place() -> None:
    """With its cost, and only where that is allowed."""
    facts: dict[type, object] = {Fpm: fpm(timeout=0), Opcache: roomy(f"{REAL}/app/x.php")}
    rules = (rule("OPC001", compiled("app/x.php")), rule("FIL001", owner("app/x.php")))
    seen = examined(*(finding(r.code) for r in rules), facts=facts)
    held = make_plan(seen, rules, PlanOptions(reload=True))
    assert (acts(held.steps), acts(held.held_back)) == ([owner("app/x.php")], [RELOAD])
    assert acts(make_plan(seen, rules, PlanOptions(EVERYTHING, reload=True)).steps) == [owner("app/x.php"), RELOAD]


def test_a_reload_in_that_place_moves_no_socket() -> None:
    """It is barred like every other reload of a master whose pool would leave nginx."""
    facts = moved(timeout=0)
    seen = examined(finding("OPC001"), facts=facts)
    plan = make_plan(seen, (rule("OPC001", compiled("app/x.php")),), PlanOptions(EVERYTHING, reload=True))
    ((_, why),) = plan.manual
    assert (plan.steps, plan.held_back) == ((), ())
    assert "would listen on unix:/run/new.sock" in why


def test_nothing_is_compiled_again_that_keeps_a_site_alive() -> None:
    """While the pool's user cannot read code, what PHP has compiled of it must stay."""
    facts = {Fpm: fpm(timeout=0), Opcache: roomy(f"{REAL}/app/x.php")}
    rules = (rule("FIL002", hidden_by_memory=True), rule("OPC001", compiled("app/x.php")))
    plan = planned(*rules, facts=facts)
    assert (plan.steps, [step.safety for step in plan.held_back]) == ((), [Safety.DROPS])


def moved(**given: Any) -> dict[type, object]:
    """A pool whose file names another address than the one where it listens and nginx passes to."""
    seen = fpm(**given)
    (master,) = seen.masters
    pools = tuple(replace(pool, address="unix:/run/old.sock", pending="unix:/run/new.sock") for pool in master.pools)
    return {Fpm: replace(seen, masters=(replace(master, pools=pools),)), Opcache: opcache(validates=False)}


@pytest.mark.parametrize("act", [ServiceAction("reload", "php8.2-fpm"), ServiceAction("restart", "php8.2-fpm.service")])
def test_nothing_reloads_a_master_whose_pool_would_leave_nginx(act: Act) -> None:
    """A socket that moved on disk only: reloads are work for a person, whatever is allowed, and the reason is told."""
    for allow in (frozenset({Safety.SAFE}), EVERYTHING):
        plan = planned(rule("OPC002", act), rule("FIL006", owner("storage/logs/l.log")), facts=moved(), allow=allow)
        assert acts(plan.steps) == [owner("storage/logs/l.log")]
        assert plan.held_back == ()
        ((code, why),) = plan.manual
        assert code == "OPC002"
        assert "would listen on unix:/run/new.sock" in why
        assert "nginx passes to unix:/run/old.sock" in why


def test_no_closing_reload_moves_a_socket() -> None:
    """What is only live after a reload waits with it; what needs none is done."""
    rules = rule("LAR001", artisan("config:cache")), rule("FIL006", owner("storage/logs/l.log"))
    for unit in (True, False):
        plan = planned(*rules, facts=moved(unit=unit), allow=EVERYTHING)
        assert (acts(plan.steps), plan.held_back) == ([owner("storage/logs/l.log")], ())
        assert [code for code, why in plan.manual if "unix:/run/new.sock" in why] == ["LAR001"]


def test_another_service_may_be_reloaded_while_a_socket_is_moved() -> None:
    """nginx is not PHP-FPM."""
    plan = planned(rule("OPC004", ServiceAction("reload", "nginx.service")), facts=moved())
    assert acts(plan.steps) == [ServiceAction("reload", "nginx.service")]


def test_a_further_step_is_held_back_alone() -> None:
    """Without the leave to disturb, the fault is mended and what would bring it back is not."""
    mends = Rule("OPC004", Severity.HIGH)
    edit = WriteFile("/etc/nginx/n", "d", "c", ())

    @mends.fix(Safety.SAFE)
    def fix(finding: Finding) -> Iterator[Step]:
        yield Step(RELOAD, "forget", "another reload")
        yield Step(edit, "resolve", "it comes back", Safety.DROPS, further=True)

    plan = planned(mends)
    assert (acts(plan.steps), acts(plan.held_back), plan.fixes) == ([RELOAD], [edit], ("OPC004",))
    plan = planned(mends, allow=EVERYTHING)
    assert (acts(plan.steps), acts(plan.held_back)) == ([edit, RELOAD], [])


def test_memory_that_keeps_a_site_alive_is_not_thrown_away() -> None:
    """While code stays unreadable, every reload is disruptive: the site may live by what PHP-FPM has compiled."""
    reload = ServiceAction("reload", "php8.2-fpm.service")
    plan = planned(
        rule("FIL002", hidden_by_memory=True), rule("OPC001", reload), rule("FIL006", owner("storage/logs/l.log"))
    )
    assert acts(plan.steps) == [owner("storage/logs/l.log")]
    assert acts(plan.held_back) == [reload]
    assert "FIL002 is not fixed" in plan.held_back[0].cost
    plan = planned(rule("FIL002", owner("app/x.php"), hidden_by_memory=True), rule("OPC001", reload))
    assert acts(plan.steps) == [owner("app/x.php"), reload]


@pytest.mark.parametrize(
    "act",
    [
        owner("app/A.php", "app/B.php"), ChangeMode(REAL, (Moded("app/B.php", 0o600, 0o644),)),
        RemoveFile(REAL, "app/B.php"), RemoveFile(REAL, "app/B.php/c"), MakeDirectory(REAL, "app/B.php/c", 1, 1, 0o755),
        RunArtisan(REAL, "x", "/php", ("a",), ("config", "app/B.php")),
        RunArtisan(REAL, "x", "/php", ("a",), ("app",)),
        ChangeOwner(REAL, (Owned(".", 0, 0),), 33, 33, "x:x"), WriteFile("/etc/x.conf", ""),
    ],
)  # fmt: skip
def test_nothing_is_planned_on_what_nobody_can_change(act: Act) -> None:
    """The whole finding is a person's, with the command; other findings are fixed all the same."""
    why = "is immutable; if it should not be: chattr -i"
    held = tuple((path, f"{why} {path}") for path in (REAL, f"{REAL}/app/B.php", "/etc/x.conf"))
    fine = owner("config/app.php")
    facts: dict[type, object] = {Access: filled(Access, fixed=held), Files: filled(Files, root=REAL, followed=())}
    plan = planned(rule("FIL001", act), rule("FIL002", fine), facts=facts)
    assert acts(plan.steps) == [fine]
    ((code, told),) = plan.manual
    assert code == "FIL001"
    assert told.startswith("By hand: ")
    assert "chattr -i /" in told


@pytest.mark.parametrize(
    "act",
    [
        owner("storage/logs"), MakeDirectory("/shared", "logs/new", 1, 1, 0o755), RemoveFile(REAL, "storage/logs/a"),
        RunArtisan(REAL, "x", "/php", ("a",), ("storage/logs/a",)), owner("logs/a", root="/shared"),
    ],
)  # fmt: skip
def test_nothing_is_planned_behind_a_read_only_mount(act: Act) -> None:
    """As the pool sees it; through the link that leads there, too."""
    followed = (("storage", "/shared"),) if "/shared" in str(act) or isinstance(act, RunArtisan) else ()
    facts: dict[type, object] = {
        Access: filled(Access, fixed=(), read_only=("storage/logs",)),
        Files: filled(Files, root=REAL, followed=followed),
    }
    plan = planned(rule("FIL001", act), facts=facts)
    assert plan.steps == ()
    assert "storage/logs is mounted read-only" in plan.manual[0][1]
    assert planned(rule("FIL001", owner("storage")), facts=facts).steps, "what lies above it is changed"
