"""The seed's incident as values: the api-gateway broken by root-owned files and a cache that never looks at them."""

from dataclasses import replace
from typing import Any

from liveproof.diagnose import diagnose
from liveproof.model.examination import AppExamination, Examination, LinkState
from liveproof.model.findings import Diagnosis, Evidence, Finding, Ref, Result, Unknown
from liveproof.model.plan import Outcome, OutcomeKind, Plan, Step
from liveproof.model.rule import Rule
from liveproof.model.run_record import Record, Repair
from liveproof.model.secrets import redacted_diff
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict, Safety, Severity
from liveproof.report.content.rule_pages import Page, pages_of
from liveproof.rules import load
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from tests.golden.seed_facts import APP, AT, HANDLER, PATH, facts

_APP = Ref("app", PATH)

RULES = (
    Rule("FIL001", Severity.CRITICAL, caused_by=("SYS001",)),
    Rule("FIL003", Severity.HIGH, caused_by=("SYS001",)),
    Rule("LAR002", Severity.HIGH, caused_by=("FIL003",)),
    Rule("OPC001", Severity.HIGH, caused_by=("OPC002",)),
    Rule("OPC002", Severity.HIGH),
    Rule("OPC013", Severity.NOTICE),
    Rule("SYS001", Severity.HIGH),
)
_NAMES = {
    "FIL001": ("code_owned_by_another_user", "Code belongs to another user than the rest of the tree", Safety.SAFE),
    "FIL003": ("bootstrap_cache_not_writable", "Laravel's cache directory cannot be written by the pool", Safety.SAFE),
    "LAR002": ("route_cache_stale", "The route cache is not what its sources give", Safety.SAFE),
    "OPC001": ("cached_bytecode_differs_from_disk", "PHP executes bytecode of files that changed since", Safety.SAFE),
    "OPC002": ("timestamps_never_validated", "PHP never looks whether a file changed", Safety.SAFE),
    "OPC013": ("graceful_reload_would_drop_requests", "A reload would cut off running requests", Safety.DROPS),
    "SYS001": ("artisan_runs_as_another_user", "Something runs artisan as another user than the app's", Safety.MANUAL),
    "WIR001": ("request_fails", "A request that must work fails", Safety.MANUAL),
}


# The rules of which these reports tell; one that is added later does not change them.
_KNOWN = (
    "REL001 REL007 FIL001 FIL002 FIL003 FIL004 FIL005 FIL006 SYS001 SYS003 LAR001 LAR002 LAR003 LAR005 LAR006 LAR007 "
    "LAR011 LAR015 OPC001 OPC002 OPC004 OPC010 OPC012 OPC013 FPM001 FPM002 FPM003 FPM006 FPM013 NGX001 NGX004 NGX009 "
    "WIR001 WIR003"
)
_REAL = pages_of(rule for rule in load() if rule.code in _KNOWN)


def _page(code: str) -> Page:
    name, title, safety = _NAMES[code]
    text = (
        f"{title}.\n\n## Why\nWhat is `{code}`'s reason stands here, in a sentence or two.\n\n## Fix safety\n"
        f"{safety.value}.\n\n## Verify by hand\n```bash\nls -la {{app}}/bootstrap/cache\nsystemctl status {{unit}}\n```"
    )
    return replace(_REAL[code], name=name, title=title, text=text, safety=safety)


# What questions rules answer is theirs; the words of pages that reports quote are fixed here.
PAGES = {**_REAL, **{code: _page(code) for code in _NAMES}}

FINDINGS = {
    "SYS001": Finding(
        "a crontab runs artisan as root: every file that it writes belongs to root",
        (_APP, Ref("file", "/etc/cron.d/api-gateway")),
        (Evidence("/etc/cron.d/api-gateway:3", f"* * * * * root php {PATH}/artisan schedule:run", "user www-data"),),
        "in /etc/cron.d/api-gateway line 3, write www-data in the place of root",
    ),
    "FIL001": Finding(
        "3 files belong to root:root, while 3,212 of 3,215 belong to www-data:www-data",
        (_APP, Ref("file", HANDLER)),
        (
            Evidence(HANDLER, "root:root", "www-data:www-data"),
            Evidence(HANDLER.replace("FunctionCallHandler", "WebhookController"), "root:root", "www-data:www-data"),
        ),
    ),
    "FIL003": Finding(
        "www-data cannot write bootstrap/cache",
        (_APP, Ref("file", f"{PATH}/bootstrap/cache")),
        (Evidence(f"access as www-data: {PATH}/bootstrap/cache", "root:root 0755, not writable", "writable"),),
    ),
    "LAR002": Finding(
        "the route cache differs from routes/: api/retell/function",
        (_APP, Ref("file", f"{PATH}/bootstrap/cache")),
        (Evidence("bootstrap/cache/routes-v7.php, rebuilt as www-data", "1 route differs", "no difference"),),
    ),
    "OPC002": Finding(
        "opcache.validate_timestamps=0 and no reload since the deploy",
        (_APP, Ref("pool", "8.3/www")),
        (Evidence("pool 8.3/www", "opcache.validate_timestamps=0", "1, or a reload after each deploy"),),
    ),
    "OPC001": Finding(
        "1 of 612 cached scripts is not the file on disk",
        (_APP, Ref("pool", "8.3/www"), Ref("file", HANDLER)),
        (
            Evidence(
                HANDLER, "cache older than 2025-10-24 10:19:22 UTC", "not older than the file's change at 10:27:38"
            ),
        ),
    ),
    "OPC013": Finding(
        "process_control_timeout is 0: a reload ends workers in mid-request",
        (_APP, Ref("pool", "8.3/www")),
        (Evidence("/etc/php/8.3/fpm/php-fpm.conf", "process_control_timeout=0", "10 s or more"),),
    ),
}


def _result(code: str, found: Finding | Unknown | None) -> Result:
    name = _NAMES.get(code, (code.lower(), "", None))[0]
    if isinstance(found, Unknown):
        return Result(code, name, RuleVerdict.UNKNOWN, reason=found.reason)
    if found is None:
        return Result(code, name, RuleVerdict.OK)
    severity = next(rule.severity for rule in RULES if rule.code == code)
    return Result(code, name, RuleVerdict.FOUND, (replace(found, code=code, severity=severity),))


_QUIET = ("FIL002", "FIL005", "FPM001", "FPM002", "FPM003", "FPM013", "LAR001", "LAR006", "NGX001", "NGX004", "OPC012")


def app(*codes: str, unseen: dict[str, str] | None = None) -> AppExamination:
    """The app with these codes found and the rest as it should be."""
    unseen = unseen or {}
    told: dict[str, Any] = {
        code: FINDINGS.get(code) if code in codes else None for code in (*FINDINGS, *_QUIET, "WIR001")
    }
    told |= {code: Unknown(reason) for code, reason in unseen.items()}
    results = tuple(_result(code, found) for code, found in sorted(told.items()))
    findings = [finding for result in results for finding in result.findings]
    return AppExamination(
        APP, _links(codes, unseen), results, diagnose(RULES, findings), facts(broken=bool(set(codes) - {"OPC013"}))
    )


def _links(codes: tuple[str, ...], unseen: dict[str, str]) -> tuple[LinkState, ...]:
    family = {
        Link.DISK: ("FIL", "SYS"),
        Link.CACHES: ("LAR",),
        Link.MEMORY: ("OPC",),
        Link.SERVICES: ("FPM", "NGX"),
        Link.WIRE: ("WIR",),
    }
    states = [LinkState(Link.RELEASE, LinkVerdict.NOT_ASKED, "no release is named and the app is not a git repository")]
    for link, prefixes in family.items():
        broken = [code for code in codes if code.startswith(prefixes) and code != "OPC013"]
        reasons = [reason for code, reason in unseen.items() if code.startswith(prefixes)]
        verdict = LinkVerdict.BROKEN if broken else LinkVerdict.UNPROVEN if reasons else LinkVerdict.PROVEN
        states.append(LinkState(link, verdict, ", ".join(broken) or "; ".join(reasons)))
    return tuple(states)


def examination(*apps: AppExamination, at: float = AT, reason: str = "") -> Examination:
    """One look at the host."""
    return Examination("gateway-1", at, 0.183, apps, reason, (("files", 0.041), ("opcache", 0.012), ("rules", 0.008)))


ALL = ("SYS001", "FIL001", "FIL003", "LAR002", "OPC001", "OPC002", "OPC013")


def broken() -> Record:
    """A check of the broken host, with the plan that `fix` would show."""
    return Record("20251024-103000-3f", "check", "0.1.0", examination(app(*ALL)), repairs=(Repair(plan()),))


def five_causes() -> Record:
    """The same findings, with no cause in common: as many as must fit the first screen."""
    seen = app(*ALL)
    roots = [finding for finding in seen.findings if finding.code not in ("OPC001", "OPC013")]
    apart = tuple(Diagnosis(root, (), "") for root in roots)
    return replace(broken(), examination=examination(replace(seen, diagnoses=apart)))


def plan() -> Plan:
    """What mends it."""
    owned = (Owned(HANDLER[len(PATH) + 1 :], 0, 0), Owned("bootstrap/cache", 0, 0))
    artisan = RunArtisan(PATH, "www-data", "/usr/bin/php8.3", ("route:cache",), ("bootstrap/cache",))
    steps = (
        Step(
            ChangeOwner(PATH, owned, 33, 33, "www-data:www-data"),
            "they belong to root",
            "their owner returns",
            fixes=("FIL001", "FIL003"),
        ),
        Step(artisan, "the route cache is stale", "the old cache file returns", fixes=("LAR002",)),
        Step(
            ServiceAction("reload", "php8.3-fpm.service", ("/usr/sbin/php-fpm8.3", "-t")),
            "PHP keeps old code",
            "another reload",
            fixes=("OPC001",),
        ),
    )
    advice = FINDINGS["SYS001"].advice
    notice = Step(
        WriteFile(
            "/etc/php/8.3/fpm/php-fpm.conf",
            "d2",
            test=("/usr/sbin/php-fpm8.3", "-t"),
            diff=redacted_diff(
                "/etc/php/8.3/fpm/php-fpm.conf", "[global]\n", "[global]\nprocess_control_timeout = 10s\n"
            ),
        ),
        "requests that run during a reload are cut off",
        "the old file returns",
        Safety.DROPS,
        ("OPC013",),
    )
    fixes = ("FIL001", "FIL003", "LAR002", "OPC001", "OPC002")
    return Plan(PATH, steps, (), fixes, (("SYS001", advice),), "d1", notices=(notice,))


def fixed() -> Record:
    """The fix that mended all but what a person must do."""
    after = examination(app("OPC013"), at=AT + 3)
    outcome = Outcome(OutcomeKind.FIXED, "", "20251024-103000-3f")
    return Record("20251024-103000-3f", "fix", "0.1.0", after, broken().examination, (Repair(plan(), outcome),))


def proven() -> Record:
    """A check of the host as it should be."""
    return Record("20251024-103000-3f", "check", "0.1.0", examination(app()))


def unproven() -> Record:
    """A check without root: little could be seen."""
    why = "opcache: Permission denied '/run/php/php8.3-fpm.sock'; run liveproof as root"
    seen = app(
        unseen={"OPC001": why, "OPC002": why, "WIR001": "the pool is saturated: all 10 workers are busy for 5 s"}
    )
    return Record("20251024-103000-3f", "check", "0.1.0", examination(seen))


def nothing() -> Record:
    """A host on which no app was found."""
    return Record("", "check", "0.1.0", examination(reason="nginx is not running and no path was given"))


def several() -> Record:
    """A host with two apps, one of them healthy."""
    other = app()
    other = replace(other, app=replace(APP, path="/var/www/shop", real="/var/www/shop"))
    return Record("20251024-103000-3f", "check", "0.1.0", examination(other, app("FIL003")))
