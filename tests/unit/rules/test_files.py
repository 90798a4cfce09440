"""The rules on files, their findings and the steps of their fixes, on trees written down."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.check import check
from liveproof.fixes import ownership
from liveproof.fixes.ownership import deployment
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.release import Release
from liveproof.model.facts.schedule import RootRuns, Schedule
from liveproof.model.findings import Absent, Finding, Result, Unknown
from liveproof.model.plan import Act, Step
from liveproof.model.rule import Rule, arguments, needs
from liveproof.model.settings import Policy, PolicyName, Settings
from liveproof.model.verdicts import RuleVerdict, Severity
from liveproof.planning.merge import merge
from liveproof.rules.files import (
    bootstrap_cache_not_writable,
    code_owned_by_another_user,
    code_unreadable_by_pool,
    filesystem_full_or_out_of_inodes,
    log_file_not_writable,
    mixed_owners_in_bootstrap_cache,
    storage_not_writable,
)
from liveproof.rules.release import disk_differs_from_release
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from tests.unit.owned import DEPLOY, ROOT, WWW, Has, app, laravel, tree

HEALTHY = laravel(WWW, WWW)
LOG = "storage/logs/laravel.log"


def access(*denied: str, missing: tuple[str, ...] = (), **more: Any) -> Access:
    """Everything that is asked can be written, but for what is named."""
    asked = {
        "bootstrap/cache", "storage", "storage/app", "storage/framework", "storage/framework/views", "storage/logs",
        "storage/framework/cache", LOG,
    }  # fmt: skip
    told = tuple((path, path not in denied) for path in sorted({*asked, *denied} - set(missing)))
    return Access(told, missing, more.pop("unreadable", ()), 50, view="process 7 of pool 8.2/www", **more)


def laravel_at(of: App, *logs: str) -> Laravel:
    return Laravel("10", "", "", False, (), (), (), (), tuple(of.below(log) for log in logs or (LOG,)))


def facts(
    entries: dict[str, Has | int] | Files = HEALTHY,
    can: Access | Unknown | None = None,
    of: App | None = None,
    policy: Policy = Policy(),  # noqa: B008  (frozen)
    by_root: tuple[RootRuns, ...] = (),
) -> dict[type, object]:
    of = of or app()
    return {
        App: of,
        Files: entries if isinstance(entries, Files) else tree(entries),
        Access: can or access(),
        Laravel: laravel_at(of),
        Settings: Settings(policy=policy),
        Schedule: Schedule((), (), (), by_root),
    }


def answer(rule: Rule, given_: dict[type, object]) -> Result:
    (result,) = check((rule,), given_)
    return result


def found(rule: Rule, given_: dict[type, object]) -> Finding:
    result = answer(rule, given_)
    assert result.verdict is RuleVerdict.FOUND, result
    (finding,) = result.findings
    assert finding.about[0].kind == "app"
    assert len(finding.evidence) <= 10
    return finding


def acts(rule: Rule, given_: dict[type, object], *findings: Finding) -> list[Act]:
    assert rule.fix_function
    wanted = {name: kind for name, kind in needs(rule.fix_function).items() if kind is not Finding}
    made: list[Step] = []
    for finding in findings or (found(rule, given_),):
        made += rule.fix_function(finding, **arguments(wanted, given_))  # type: ignore[arg-type]
    assert merge(made)[0] if made else True
    return [step.act for step in made]


RULES = [
    code_owned_by_another_user.rule,
    code_unreadable_by_pool.rule,
    bootstrap_cache_not_writable.rule,
    mixed_owners_in_bootstrap_cache.rule,
    storage_not_writable.rule,
    log_file_not_writable.rule,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("owners", [(WWW, WWW), (DEPLOY, WWW), (ROOT, WWW), (DEPLOY, DEPLOY)])
def test_healthy_trees_are_silent(rule: Rule, owners: tuple[int, int]) -> None:
    """Whoever owns them."""
    assert answer(rule, facts(laravel(*owners))).verdict is RuleVerdict.OK


@pytest.mark.parametrize(
    "rule",
    [
        bootstrap_cache_not_writable.rule,
        mixed_owners_in_bootstrap_cache.rule,
        storage_not_writable.rule,
        log_file_not_writable.rule,
    ],
    ids=lambda rule: rule.code,
)
def test_an_app_that_is_no_laravel_is_not_asked(rule: Rule) -> None:
    """It has no such directories."""
    assert check((rule,), {**facts(), Laravel: Absent("no artisan")}) == ()


@pytest.mark.parametrize(
    "rule",
    [
        code_unreadable_by_pool.rule,
        bootstrap_cache_not_writable.rule,
        storage_not_writable.rule,
        log_file_not_writable.rule,
    ],
    ids=lambda rule: rule.code,
)
def test_what_was_not_asked_is_unknown(rule: Rule) -> None:
    """With the reason of the probe."""
    result = answer(rule, facts(can=Unknown("only root can ask")))
    assert (result.verdict, result.reason) == (RuleVerdict.UNKNOWN, "only root can ask")


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (code_owned_by_another_user.rule, "app/x"),
        (code_unreadable_by_pool.rule, "vendor"),
        (mixed_owners_in_bootstrap_cache.rule, "bootstrap/cache"),
        (storage_not_writable.rule, "storage/app"),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_what_could_not_be_walked_is_unknown(rule: Rule, path: str) -> None:
    """Part of a tree proves nothing of the rest."""
    files = replace(tree(HEALTHY), unreadable=((path, "Permission denied"),))
    result = answer(rule, facts(files))
    assert result.verdict is RuleVerdict.UNKNOWN
    assert path in result.reason


def test_fil001_names_the_slip_and_gives_back_only_that() -> None:
    """The seed's three handlers."""
    given_ = facts(HEALTHY | {"app/F1.php": ROOT, "app/F2.php": Has(ROOT, WWW), "app": ROOT})
    finding = found(code_owned_by_another_user.rule, given_)
    assert finding.message == "3 of 49 files are owned by root, not by www-data (policy default)"
    assert finding.evidence[0].saw == "root:root 0644"
    assert finding.evidence[0].expected == "www-data:www-data"
    assert acts(code_owned_by_another_user.rule, given_) == [
        ChangeOwner("/var/www/x", (Owned("app/F2.php", ROOT, WWW),), WWW, -1, "www-data"),
        ChangeOwner(
            "/var/www/x", (Owned("app", ROOT, ROOT), Owned("app/F1.php", ROOT, ROOT)), WWW, WWW, "www-data:www-data"
        ),
    ]


def test_fil001_leaves_a_hard_link_to_a_person() -> None:
    """The other name may be anything: /etc/shadow, or the next release."""
    given_ = facts(HEALTHY | {"app/F1.php": Has(ROOT, ROOT, 0o644, linked=True), "app/F2.php": ROOT})
    assert "hard link" in found(code_owned_by_another_user.rule, given_).advice
    assert acts(code_owned_by_another_user.rule, given_) == []


def test_fil001_does_not_guess() -> None:
    """Where two users own much of the code."""
    result = answer(
        code_owned_by_another_user.rule,
        facts(HEALTHY | {f"app/F{at}.php": ROOT for at in range(12)} | {"vendor/a.php": ROOT}),
    )
    assert result.verdict is RuleVerdict.UNKNOWN


def test_fil001_mends_modes_where_the_policy_asks_them() -> None:
    """Hardened: nobody but the owner writes code."""
    entries: dict[str, Has | int] = {
        path: Has(DEPLOY, WWW) if has == DEPLOY else has for path, has in laravel(DEPLOY, WWW).items()
    }
    given_ = facts(entries | {".": Has(DEPLOY, WWW), "app/F1.php": Has(DEPLOY, WWW, 0o666)}, policy=Policy("hardened"))
    assert acts(code_owned_by_another_user.rule, given_) == [
        ChangeMode("/var/www/x", (Moded("app/F1.php", 0o666, 0o644),))
    ]


def test_fil002_adds_the_missing_bit_for_whoever_the_user_is() -> None:
    """Owner, group or others; and the owner that FIL001 wants comes with it."""
    entries = laravel(DEPLOY, WWW) | {
        "app/F1.php": Has(DEPLOY, DEPLOY, 0o600),
        "app/F2.php": Has(DEPLOY, WWW, 0o600),
        "app/F3.php": Has(WWW, WWW, 0o200),
        "app/F4.php": Has(ROOT, ROOT, 0o600),
        "config": Has(DEPLOY, DEPLOY, 0o700),
        "config/app.php": DEPLOY,
    }
    unreadable = ("app/F1.php", "app/F2.php", "app/F3.php", "app/F4.php", "config")
    given_ = facts(entries, access(unreadable=unreadable))
    assert found(code_unreadable_by_pool.rule, given_).severity is Severity.CRITICAL
    owner, mode = acts(code_unreadable_by_pool.rule, given_)
    assert owner == ChangeOwner("/var/www/x", (Owned("app/F4.php", ROOT, ROOT),), DEPLOY, DEPLOY, "deploy:deploy")
    assert isinstance(mode, ChangeMode)
    assert {entry.path: entry.new for entry in mode.entries} == {
        "app/F1.php": 0o604,
        "app/F2.php": 0o640,
        "app/F3.php": 0o600,
        "app/F4.php": 0o604,
        "config": 0o705,
    }


@pytest.mark.parametrize(
    "private",
    [
        {"keys": Has(ROOT, ROOT, 0o700), "keys/api.pem": Has(ROOT, ROOT, 0o600)},
        {".ssh": Has(ROOT, ROOT, 0o700), ".ssh/config.php": Has(ROOT, ROOT, 0o600)},
        {"config/google.json": Has(ROOT, ROOT, 0o600)},
        {"app/id_rsa.bak": Has(ROOT, ROOT, 0o640)},
    ],
    ids=["directory without code", ".ssh", "file without code", "key"],
)
@pytest.mark.parametrize("policy", ["default", "app-user", "hardened"])
def test_what_is_private_is_named_and_never_changed(private: dict[str, Has | int], policy: PolicyName) -> None:
    """Neither given away nor opened, whatever the policy; the code beside it is."""
    entries = laravel(DEPLOY, WWW) | private | {"app/F4.php": Has(ROOT, ROOT, 0o600)}
    unreadable = (*private, "app/F4.php")
    for rule in (code_owned_by_another_user.rule, code_unreadable_by_pool.rule):
        given_ = facts(entries, access(unreadable=unreadable), policy=Policy(policy, "deploy"))
        findings = answer(rule, given_).findings
        assert Severity.NOTICE in {finding.severity for finding in findings}
        changes = [act for act in acts(rule, given_, *findings) if isinstance(act, ChangeOwner | ChangeMode)]
        touched = {entry.path for act in changes for entry in act.entries}
        assert "app/F4.php" in touched
        assert touched.isdisjoint(private)


@pytest.mark.parametrize("path", [".", "app/F1.php", "gone.php"])
def test_fil002_leaves_access_lists_and_parents_to_a_person(path: str) -> None:
    """Where modes allow what was denied, or the walk saw nothing."""
    given_ = facts(HEALTHY, access(unreadable=(path,)))
    assert "getfacl" in found(code_unreadable_by_pool.rule, given_).advice
    assert acts(code_unreadable_by_pool.rule, given_) == []


@pytest.mark.parametrize(
    ("owners", "now", "expected"),
    [
        ((WWW, WWW), Has(ROOT, ROOT), [(WWW, WWW, "www-data:www-data"), None]),
        ((DEPLOY, WWW), Has(ROOT, ROOT), [(WWW, WWW, "www-data:www-data"), None]),
        ((ROOT, WWW), Has(ROOT, ROOT), [(WWW, WWW, "www-data:www-data"), None]),
        ((DEPLOY, DEPLOY), Has(ROOT, ROOT), [(DEPLOY, WWW, "deploy:www-data"), 0o775]),
        ((WWW, WWW), Has(WWW, WWW, 0o555), [None, 0o755]),
        ((DEPLOY, DEPLOY), Has(DEPLOY, WWW, 0o2755), [None, 0o2775]),
        ((DEPLOY, DEPLOY), Has(DEPLOY, DEPLOY, 0o700), [(-1, WWW, ":www-data"), 0o770]),
    ],
)
def test_fil003_gives_the_directory_to_who_writes_it(
    owners: tuple[int, int], now: Has, expected: tuple[tuple[int, int, str] | None, int | None]
) -> None:
    """Owner and group where they are wrong, and only the bits that are missing."""
    given_ = facts(laravel(*owners) | {"bootstrap/cache": now}, access("bootstrap/cache"))
    owner, mode = expected
    wanted: list[Act] = []
    if owner:
        wanted.append(ChangeOwner("/var/www/x", (Owned("bootstrap/cache", now.uid, now.gid),), *owner))
    if mode:
        has = 0o755 if now.mode < 0 else now.mode
        wanted.append(ChangeMode("/var/www/x", (Moded("bootstrap/cache", has, mode),)))
    assert acts(bootstrap_cache_not_writable.rule, given_) == wanted


def test_fil003_makes_a_missing_directory() -> None:
    """For whom the caches belong to."""
    entries = {path: has for path, has in HEALTHY.items() if not path.startswith("bootstrap/cache")}
    given_ = facts(entries, access(missing=("bootstrap/cache",)))
    assert "does not exist" in found(bootstrap_cache_not_writable.rule, given_).message
    assert acts(bootstrap_cache_not_writable.rule, given_) == [
        MakeDirectory("/var/www/x", "bootstrap/cache", WWW, WWW, 0o755)
    ]


def test_fil003_does_not_mind_a_read_only_mount() -> None:
    """What is stale behind it is another rule's; where nobody knows that, neither does this one."""
    given_ = facts(HEALTHY, access("bootstrap/cache", read_only=("bootstrap/cache",)))
    assert answer(bootstrap_cache_not_writable.rule, given_).verdict is RuleVerdict.OK
    assert (
        answer(bootstrap_cache_not_writable.rule, {**given_, Laravel: Unknown("no PHP")}).verdict is RuleVerdict.UNKNOWN
    )


def test_fil004_finds_files_of_root_among_the_apps() -> None:
    """And gives back only those."""
    given_ = facts(HEALTHY | {"bootstrap/cache/packages.php": ROOT, "bootstrap/cache/services.php": ROOT})
    assert (
        found(mixed_owners_in_bootstrap_cache.rule, given_).message
        == "the files in bootstrap/cache belong to root and www-data"
    )
    (act,) = acts(mixed_owners_in_bootstrap_cache.rule, given_)
    assert isinstance(act, ChangeOwner)
    assert [entry.path for entry in act.entries] == ["bootstrap/cache/packages.php", "bootstrap/cache/services.php"]


@pytest.mark.parametrize(
    "changes",
    [
        {f"bootstrap/cache/{name}.php": ROOT for name in ("config", "packages", "services")},
        {"bootstrap/cache/.gitignore": ROOT},
        {"bootstrap/cache": ROOT},
    ],
    ids=["all of one", "not a cache", "the directory"],
)
def test_fil004_is_silent(changes: dict[str, Has | int]) -> None:
    """On consistent files, on others than caches; the directory is another rule's."""
    assert answer(mixed_owners_in_bootstrap_cache.rule, facts(HEALTHY | changes)).verdict is RuleVerdict.OK


def test_fil004_is_silent_on_deploy_and_app_side_by_side() -> None:
    """Both have business there."""
    assert (
        answer(
            mixed_owners_in_bootstrap_cache.rule, facts(laravel(DEPLOY, WWW) | {"bootstrap/cache/config.php": DEPLOY})
        ).verdict
        is RuleVerdict.OK
    )


def test_fil005_finds_directories_and_what_root_left_in_them() -> None:
    """But no view that the one who deploys compiled."""
    entries = laravel(DEPLOY, WWW) | {
        "storage/framework/views": ROOT,
        "storage/framework/views/a.php": ROOT,
        "storage/framework/views/b.php": DEPLOY,
    }
    denied = ("storage/framework/views", "storage/framework/views/a.php", "storage/framework/views/b.php")
    given_ = facts(entries, access(*denied))
    finding = found(storage_not_writable.rule, given_)
    assert finding.severity is Severity.CRITICAL
    assert finding.message == "www-data cannot write storage/framework/views, storage/framework/views/a.php"
    (act,) = acts(storage_not_writable.rule, given_)
    assert isinstance(act, ChangeOwner)
    assert [entry.path for entry in act.entries] == ["storage/framework/views", "storage/framework/views/a.php"]


def test_what_is_not_told_one_by_one_is_counted() -> None:
    """In the message, and beside the evidence."""
    entries = HEALTHY | {"storage/framework/views": ROOT}
    many = access("storage/framework/views", more_unwritable=99_999)
    finding = found(storage_not_writable.rule, facts(entries, many))
    assert finding.message == "www-data cannot write storage/framework/views and 99999 more"
    assert (finding.more, finding.at_least) == (99_999, False)
    entries |= {f"storage/framework/views/{name}.php": ROOT for name in "abc"}
    denied = [path for path in entries if path.startswith("storage/framework/views")]
    many = access(*denied, more_unwritable=99_999, uncounted=True)
    finding = found(storage_not_writable.rule, facts(entries, many))
    assert finding.message.endswith("views/b.php and at least 100000 more")
    assert (finding.more, finding.at_least) == (99_999, True)
    entries = HEALTHY | {"app/x.php": Has(ROOT, ROOT, 0o600)}
    finding = found(code_unreadable_by_pool.rule, facts(entries, access(unreadable=("app/x.php",), more_unreadable=41)))
    assert "cannot read 42 code files" in finding.message
    assert finding.more == 41
    entries = HEALTHY | {"app/x.json": Has(ROOT, ROOT, 0o600)}
    finding = found(code_unreadable_by_pool.rule, facts(entries, access(unreadable=("app/x.json",), more_private=41)))
    assert "cannot read 42 private entries" in finding.message
    assert finding.more == 41


def test_too_many_entries_are_left_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be listed whole is not begun, and the reason is said before anything is changed."""
    entries = HEALTHY | {"storage/framework/views": ROOT, "app/x.php": Has(ROOT, ROOT, 0o600)}
    given_ = facts(entries, access("storage/framework/views", more_unwritable=999_999))
    many = "1000000 entries are to be changed, and liveproof changes 250000 in one run at most"
    assert found(storage_not_writable.rule, given_).advice.startswith(f"change it by hand: {many}")
    assert acts(storage_not_writable.rule, given_) == []
    given_ = facts(entries, access(unreadable=("app/x.php",), more_unreadable=999_999))
    assert found(code_unreadable_by_pool.rule, given_).advice.startswith(f"change it by hand: {many}")
    assert acts(code_unreadable_by_pool.rule, given_) == []
    given_ = facts(HEALTHY | {f"app/{name}.php": ROOT for name in "abc"})
    assert len(acts(code_owned_by_another_user.rule, given_)) == 1
    monkeypatch.setattr(ownership, "MOST", 2)
    assert "3 entries are to be changed, and" in found(code_owned_by_another_user.rule, given_).advice
    assert acts(code_owned_by_another_user.rule, given_) == []


NIGHTLY = (
    RootRuns("/var/www/x/bin/backup.sh", "/etc/cron.d/nightly:1"),
    RootRuns("/var/www/x/jobs", "backup.service"),
    RootRuns("/usr/local/sbin/other", "/etc/crontab:3"),
)


@pytest.mark.parametrize("policy", [Policy(), Policy("app-user"), Policy(owner="www-data")])
def test_what_root_runs_is_given_to_nobody(policy: Policy) -> None:
    """The script, the directory it lies in and a directory of run-parts stay root's; other code is given back."""
    scripts = ("bin", "bin/backup.sh", "jobs", "jobs/one")
    entries = HEALTHY | dict.fromkeys((*scripts, "bin/other.php", "app/Http/Kernel.php"), ROOT)
    given_ = facts(entries, policy=policy, by_root=NIGHTLY)
    wrong, roots = answer(code_owned_by_another_user.rule, given_).findings
    (act,) = acts(code_owned_by_another_user.rule, given_, wrong, roots)
    assert isinstance(act, ChangeOwner)
    assert {entry.path for entry in act.entries}.isdisjoint(scripts)
    assert {"bin/other.php", "app/Http/Kernel.php"} <= {entry.path for entry in act.entries}
    assert roots.severity is Severity.NOTICE
    assert roots.message.startswith("bin/backup.sh is run by root (/etc/cron.d/nightly:1), and 3 more")
    assert "/usr/local/sbin" in roots.advice


def test_a_tree_whose_only_wrong_owners_are_what_root_runs_is_not_broken() -> None:
    """It is a notice: what root runs is right to be root's."""
    given_ = facts(HEALTHY | {"bin": ROOT, "bin/backup.sh": ROOT}, by_root=NIGHTLY)
    finding = found(code_owned_by_another_user.rule, given_)
    assert not finding.breaks
    assert acts(code_owned_by_another_user.rule, given_) == []


def test_what_root_runs_is_opened_and_not_given_away() -> None:
    """PHP-FPM may have to read it; to write it is root's alone."""
    by_root = (RootRuns("/var/www/x/app/nightly.php", "/etc/crontab:3"),)
    entries = HEALTHY | {"app/nightly.php": Has(ROOT, ROOT, 0o600)}
    given_ = facts(entries, access(unreadable=("app/nightly.php",)), by_root=by_root)
    (act,) = acts(code_unreadable_by_pool.rule, given_)
    assert act == ChangeMode("/var/www/x", (Moded("app/nightly.php", 0o600, 0o604),))


def test_fil005_tells_the_directories_above_as_a_notice() -> None:
    """Laravel writes only below them; when something below is mended they are mended too."""
    entries = HEALTHY | {"storage": ROOT, "storage/framework": ROOT}
    given_ = facts(entries, access("storage", "storage/framework"))
    assert found(storage_not_writable.rule, given_).severity is Severity.NOTICE
    given_ = facts(entries | {"storage/logs": ROOT}, access("storage", "storage/logs"))
    assert found(storage_not_writable.rule, given_).severity is Severity.CRITICAL
    (act,) = acts(storage_not_writable.rule, given_)
    assert isinstance(act, ChangeOwner)
    assert [entry.path for entry in act.entries] == ["storage", "storage/logs"]


def test_fil005_makes_what_laravel_would_not() -> None:
    """Missing views are a fault; missing cache directories only where they cannot be made."""
    entries = {path: has for path, has in HEALTHY.items() if path != "storage/framework/views"}
    given_ = facts(entries, access(missing=("storage/framework/views", "storage/framework/cache")))
    assert acts(storage_not_writable.rule, given_) == [
        MakeDirectory("/var/www/x", "storage/framework/views", WWW, WWW, 0o755)
    ]
    given_ = facts(HEALTHY, access(missing=("storage/framework/cache",)))
    assert answer(storage_not_writable.rule, given_).verdict is RuleVerdict.OK


def test_fil005_makes_a_whole_storage() -> None:
    """Parents first, each once."""
    entries = {path: has for path, has in HEALTHY.items() if not path.startswith("storage")}
    missing = ("storage", "storage/app", "storage/framework", "storage/framework/views", "storage/logs")
    made = acts(storage_not_writable.rule, facts(entries, access(missing=missing)))
    assert [act.path for act in made if isinstance(act, MakeDirectory)] == [
        "storage",
        "storage/framework",
        "storage/framework/views",
    ]


SHARED = (("storage", "/var/www/x/shared/storage"),)


def test_steps_reach_a_shared_storage_by_its_real_path() -> None:
    """The writing door goes through no link."""
    of = app("/var/www/x/current", "/var/www/x/releases/1")
    files = tree(HEALTHY | {"storage/logs": ROOT}, root=of.real, followed=SHARED)
    assert acts(storage_not_writable.rule, facts(files, access("storage/logs"), of)) == [
        ChangeOwner("/var/www/x/shared/storage", (Owned("logs", ROOT, ROOT),), WWW, WWW, "www-data:www-data")
    ]


def test_a_storage_outside_of_the_deployment_is_left_to_a_person() -> None:
    """Whoever can change the link could otherwise have root give away any directory."""
    files = tree(HEALTHY | {"storage/logs": ROOT}, followed=(("storage", "/etc"),))
    given_ = facts(files, access("storage/logs"))
    assert "/etc" in found(storage_not_writable.rule, given_).advice
    assert acts(storage_not_writable.rule, given_) == []


@pytest.mark.parametrize(
    ("path", "real", "base"),
    [
        ("/var/www/x", "/var/www/x", "/var/www/x"),
        ("/var/www/x/current", "/var/www/x/releases/1", "/var/www/x"),
        ("/srv/current", "/srv/releases/1", "/srv/releases/1"),
        ("/current", "/releases/1", "/releases/1"),
        ("/home/u/site", "/opt/site", "/opt/site"),
    ],
)
def test_what_belongs_to_a_deployment(path: str, real: str, base: str) -> None:
    """Never a directory that holds others too."""
    assert deployment(app(path, real)) == base


def test_fil006_gives_back_the_log() -> None:
    """To whom logs belong."""
    given_ = facts(HEALTHY | {LOG: ROOT}, access(LOG))
    assert found(log_file_not_writable.rule, given_).severity is Severity.CRITICAL
    assert acts(log_file_not_writable.rule, given_) == [
        ChangeOwner("/var/www/x", (Owned(LOG, ROOT, ROOT),), WWW, WWW, "www-data:www-data")
    ]


def test_fil006_names_a_log_elsewhere_and_leaves_it() -> None:
    """No step goes outside of the app."""
    of = app()
    log = Laravel("10", "", "", False, (), (), (), (), ("/var/log/x.log",))
    given_ = {**facts(of=of, can=access("/var/log/x.log")), Laravel: log}
    assert "/var/log/x.log" in found(log_file_not_writable.rule, given_).advice
    assert acts(log_file_not_writable.rule, given_) == []


def test_fil006_leaves_the_directory_of_logs_to_fil005() -> None:
    """A file that is still to be made is told only where no other rule looks."""
    given_ = facts(HEALTHY, access("storage/logs", missing=(LOG,)))
    assert answer(log_file_not_writable.rule, given_).verdict is RuleVerdict.OK
    log = Laravel("10", "", "", False, (), (), (), (), ("/var/log/x/a.log",))
    given_ = {**facts(can=access("/var/log/x", missing=("/var/log/x/a.log",))), Laravel: log}
    assert "will fail" in found(log_file_not_writable.rule, given_).message


def test_fil006_does_not_know_without_the_configuration() -> None:
    """The reason is Laravel's."""
    log = Laravel("10", "", "", False, (), (), (), (), Unknown("no PHP"))
    result = answer(log_file_not_writable.rule, {**facts(), Laravel: log})
    assert (result.verdict, result.reason) == (RuleVerdict.UNKNOWN, "no PHP")


@given(
    st.sampled_from(sorted(HEALTHY)), st.sampled_from([ROOT, DEPLOY]), st.sampled_from([0o600, 0o644, 0o755, 0o2750])
)
def test_no_two_fixes_contradict_each_other(path: str, uid: int, mode: int) -> None:
    """Whatever one entry has become, the steps of all rules go together, under every policy."""
    for policy in (Policy(), Policy("app-user")):
        can = access(path, unreadable=(path,) if path.startswith(("app", "vendor")) else ())
        given_ = facts(HEALTHY | {path: Has(uid, uid, mode)}, can, policy=policy)
        steps: list[Step] = []
        for rule in RULES:
            assert rule.fix_function
            wanted = {name: kind for name, kind in needs(rule.fix_function).items() if kind is not Finding}
            for finding in answer(rule, given_).findings:
                steps += rule.fix_function(finding, **arguments(wanted, given_))  # type: ignore[arg-type]
        merge(steps)


def release(**more: Any) -> Release:
    empty: dict[str, Any] = {"changed": (), "missing": (), "skipped": (), "modes": ()}
    return Release("git", "0123456789abcdef", 10, seconds=0.0, **{**empty, **more})


@pytest.mark.parametrize(
    ("more", "verdict", "severity"),
    [
        ({}, RuleVerdict.OK, None),
        ({"changed": ("a",), "missing": ("b",)}, RuleVerdict.FOUND, Severity.HIGH),
        ({"modes": ("artisan",)}, RuleVerdict.FOUND, Severity.NOTICE),
        ({"skipped": (("a", "a submodule"),)}, RuleVerdict.UNKNOWN, None),
        ({"changed": ("a",), "skipped": (("b", "a filter"),)}, RuleVerdict.FOUND, Severity.HIGH),
        ({"changed": tuple(f"f{at}" for at in range(100))}, RuleVerdict.FOUND, Severity.HIGH),
    ],
)
def test_rel001(more: dict[str, Any], verdict: RuleVerdict, severity: Severity | None) -> None:
    """Differences break, lost bits are a notice, what was skipped is not proven."""
    given_: dict[type, object] = {App: app(), Release: release(**more)}
    result = answer(disk_differs_from_release.rule, given_)
    assert result.verdict is verdict
    assert [finding.severity for finding in result.findings] == ([severity] if severity else [])


def test_fil010_tells_where_there_is_no_room() -> None:
    """All rights are as they should be, so only this rule speaks; where nothing is written nothing is proven."""
    rule = filesystem_full_or_out_of_inodes.rule
    full = replace(access(), full=("storage/logs", "storage/framework/views"))
    finding = found(rule, facts(can=full))
    assert "to write storage/logs and 1 more" in finding.message
    assert answer(rule, facts(can=replace(access(), writable=(("storage/logs", True),)))).verdict is RuleVerdict.OK
    assert answer(rule, facts(can=replace(access(), writable=(), missing=()))).verdict is RuleVerdict.OK
    assert answer(rule, facts(can=replace(access(), writable=(), missing=("storage",)))).verdict is RuleVerdict.UNKNOWN
