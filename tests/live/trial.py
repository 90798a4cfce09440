"""One rule tried on real hosts: silent where it must be, found where the fault is, mended, and taken back exactly."""

import fnmatch
import json
import time
from dataclasses import dataclass, field
from typing import Any

from liveproof.model.rule import Rule
from tests import faults
from tests.lab import Host

# What the app and the host write by themselves while a trial runs; everything else must come back byte for byte.
LIVING = (
    "*/storage/logs*",
    "*/storage/framework/sessions*",
    "*/storage/framework/cache/data*",
    "*/storage/app/schedule.heartbeat",
    "*/storage/app",
    "*/storage/app/database.sqlite*",
    "*/database/database.sqlite*",
    "*/database",
)
WATCHED = ("/var/www", "/etc")


class TrialFailed(AssertionError):
    """A rule did not hold on a real host; the message tells which step, and what was seen."""


@dataclass
class Trial:
    """What a trial showed.

    ``fixed`` is ``fixed``, ``named`` (manual) or empty; ``asks`` whether the fix is held back until somebody allows it;
    seconds are wall time.
    """

    code: str
    suite: str
    fpm: str = "tuned"
    root: str = ""
    consequences: tuple[str, ...] = ()
    fixed: str = ""
    asks: bool = False
    rolled_back: str = ""
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def checked(host: Host, *arguments: str) -> dict[str, Any]:
    """The JSON of a check."""
    ran = host.liveproof("check", "--format", "json", *arguments)
    if ran.returncode not in (0, 1, 3):
        raise TrialFailed(f"check ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def codes(report: dict[str, Any], *, breaking: bool = True) -> set[str]:
    """The codes found in any app."""
    return {
        finding["code"]
        for app in report["apps"]
        for finding in app["findings"]
        if not breaking or finding["severity"] != "notice"
    }


def roots(report: dict[str, Any]) -> set[str]:
    """The codes of the roots of all diagnoses."""
    return {diagnosis["root"] for app in report["apps"] for diagnosis in app["diagnoses"]}


def told(report: dict[str, Any]) -> str:
    """A report as a short text for a failure's message."""
    lines = [f"verdict {report['verdict']}"]
    for app in report["apps"]:
        lines += [f"  {link['link']}: {link['verdict']} {link['reason']}" for link in app["links"]]
        lines += [f"  {f['code']} {f['severity']}: {f['message']}" for f in app["findings"]]
        lines += [f"  {d['root']} -> {d['consequences']} ({d['why']})" for d in app["diagnoses"]]
    return "\n".join(lines)


def state(host: Host) -> dict[str, Any]:
    """Everything below the watched directories that only a person or liveproof would change."""
    return {
        path: entry
        for top in WATCHED
        for path, entry in host.snapshot(top).items()
        if not any(fnmatch.fnmatch(path, pattern) for pattern in LIVING)
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two states, one line each."""
    lines = [f"gone: {path}" for path in sorted(before.keys() - after.keys())]
    lines += [f"new: {path}" for path in sorted(after.keys() - before.keys())]
    return lines + [
        f"changed: {path}: {before[path]} -> {after[path]}"
        for path in sorted(before.keys() & after.keys())
        if before[path] != after[path]
    ]


def try_lookalike(rule: Rule, suite: str, fpm: str = "tuned") -> None:
    """A host that resembles the fault stays silent.

    Raises:
        TrialFailed: something was found.
    """
    with Host.up(suite, fpm=fpm) as host:
        faults.of(rule).lookalike(host)
        report = checked(host)
        if rule.code in codes(report, breaking=False) or codes(report):
            raise TrialFailed(f"{rule.code}'s lookalike raised {codes(report, breaking=False)}:\n{told(report)}")


def try_fault(rule: Rule, suite: str, fpm: str = "tuned") -> Trial:
    """Break a healthy host in the rule's way, and see it found, mended and taken back.

    Raises:
        TrialFailed: a step did not hold.
    """
    started = time.monotonic()
    trial = Trial(rule.code, suite, fpm)
    with Host.up(suite, fpm=fpm) as host:
        faults.of(rule).fault(host)
        _hold(faults.of(rule).symptom(host), rule, "the fault did not take: its symptom is not seen")
        report = checked(host)
        found = codes(report, breaking=False)
        _hold(rule.code in found, rule, f"not found:\n{told(report)}")
        _explained(rule, report, trial)
        before = state(host)
        if rule.fix_function is None:
            _manual(host, rule, trial, before)
        else:
            _mend(host, rule, trial, before)
    trial.seconds = time.monotonic() - started
    return trial


def _explained(rule: Rule, report: dict[str, Any], trial: Trial) -> None:
    """The rule is a root, or follows from a root that it names as its cause."""
    for app in report["apps"]:
        for diagnosis in app["diagnoses"]:
            if rule.code == diagnosis["root"] or rule.code in diagnosis["consequences"]:
                trial.root, trial.consequences = diagnosis["root"], tuple(diagnosis["consequences"])
                if rule.code == diagnosis["root"]:
                    return
    _hold(trial.root in rule.caused_by, rule, f"neither a root nor led to its cause:\n{told(report)}")


def _manual(host: Host, rule: Rule, trial: Trial, before: dict[str, Any]) -> None:
    """A rule without a fix: named as work for a person, or gone with its cause."""
    plans = json.loads(host.liveproof("fix", "--dry-run", "--format", "json").stdout)["plan"]
    if rule.code in {code for plan in plans for code, _ in plan["follows"]}:
        _mend(host, rule, trial, before)
        return
    named = {code for plan in plans for code, _ in plan["manual"]}
    _hold(rule.code in named, rule, f"not named as work for a person, only {sorted(named)}")
    trial.fixed = "named"


def _mend(host: Host, rule: Rule, trial: Trial, before: dict[str, Any]) -> None:
    trial.asks = not _fixed_unasked(host, rule)
    ran = host.liveproof("fix", "--yes", "--allow", "disruptive", "--notices", "--format", "json")
    _hold(ran.stdout.startswith("{"), rule, f"fix ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    outcome = json.loads(ran.stdout)
    after = checked(host)
    left = codes(after, breaking=False)
    _hold(rule.code not in left, rule, f"still found after {outcome['outcome']}:\n{told(after)}")
    _hold(not faults.of(rule).symptom(host), rule, f"its symptom is still seen after {outcome['outcome']}")
    trial.fixed = "fixed"
    back = host.liveproof("rollback", "--yes", "--format", "json")
    _hold(back.stdout.startswith("{"), rule, f"rollback ended with {back.returncode}: {back.stdout}{back.stderr}")
    whole = all(one["complete"] for one in json.loads(back.stdout)["rolled_back"])
    _hold(whole, rule, f"rollback ended with {back.returncode}: {back.stdout}")
    differs = difference(before, state(host))
    _hold(not differs, rule, "rollback left differences:\n" + "\n".join(differs[:20]))
    # A fault that kept the site from answering does so again: then everything is as it was, and it is no success. Asked
    # last, for an answer compiles views.
    _hold(back.returncode == 0 or not _answers(host), rule, f"rollback ended with {back.returncode}: {back.stdout}")
    trial.rolled_back = "byte for byte"


def _fixed_unasked(host: Host, rule: Rule) -> bool:
    """Whether the plan has the rule's finding fixed, or gone with its cause, when nothing more is allowed."""
    ran = host.liveproof("fix", "--dry-run", "--notices", "--format", "json")
    _hold(ran.stdout.startswith("{"), rule, f"fix --dry-run ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    plans = json.loads(ran.stdout)["plan"]
    return rule.code in {code for plan in plans for code in (*plan["fixes"], *(code for code, _ in plan["follows"]))}


def _answers(host: Host) -> bool:
    """Whether the site answers, also once PHP-FPM has nothing in memory any more."""
    if host.get().status != 200 or host.get("/").status != 200:
        return False
    host.sh('systemctl reload "$FPM"')
    return host.post().status == 200 and host.get().status == 200 and host.get("/").status == 200


def _hold(holds: bool, rule: Rule, otherwise: str) -> None:
    if not holds:
        raise TrialFailed(f"{rule.code} {rule.name}: {otherwise}")
