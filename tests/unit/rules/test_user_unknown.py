"""An app of which nobody knows as whom it runs: no rule may speak of a user without a name."""

import inspect
import re
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.check import check
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import CompiledView, Laravel
from liveproof.model.facts.schedule import Job, Rotation, Schedule
from liveproof.model.facts.wire import Wire
from liveproof.model.findings import Evidence
from liveproof.model.rule import Rule
from liveproof.model.settings import Policy, Settings
from liveproof.model.verdicts import RuleVerdict
from liveproof.rules import load
from tests.golden.filled import filled
from tests.golden.seed_facts import APP, facts

_NAMELESS = re.compile(
    r"  |\buser '{2}|\buser \.|\bas [,.;:)]|-u (?:php|$)|^ | to \(chown|\bas\s*$|^[ ']*cannot|^was denied"
)


def broken_host() -> dict[type, object]:
    """The seed's host with every fault that speaks of the app's user."""
    seen = facts(broken=True)
    access, laravel, wire = seen[Access], seen[Laravel], seen[Wire]
    assert isinstance(access, Access)
    assert isinstance(laravel, Laravel)
    assert isinstance(wire, Wire)
    caches = tuple(replace(one, fresh=False, readable=False, differs=("a",)) for one in laravel.caches)
    stale = CompiledView("resources/views/a.blade.php", "storage/framework/views/a.php", "its source is newer")
    writable = tuple(
        (path, False) for path in ("bootstrap/cache", "storage", "storage/logs", "storage/logs/laravel.log")
    )
    return {
        **seen,
        Access: replace(access, writable=writable, unreadable=("routes/api.php",), view="process 812"),
        Laravel: replace(
            laravel, caches=caches, stale_views=(stale,), missing_providers=("Acme\\\\Gone",), packages_differ=("acme",)
        ),
        Schedule: filled(
            Schedule,
            jobs=(filled(Job, kind="cron", source="/etc/cron.d/x:1", uid=0, right_uid=33),),
            rotations=(filled(Rotation, source="/etc/logrotate.d/x", log="/l", writable=False),),
        ),
        Wire: replace(wire, maintenance=True, exchanges=tuple(replace(one, passed=False) for one in wire.exchanges)),
        Settings: Settings(policy=Policy("app-user")),
    }


def texts(seen: dict[type, object]) -> dict[str, list[str]]:
    """Everything that the findings of each rule say."""
    return {
        result.code: [
            text
            for finding in result.findings
            for text in (finding.message, finding.advice, *(part for e in finding.evidence for part in _parts(e)))
        ]
        for result in check(load(), seen)
        if result.findings
    }


def _parts(evidence: Evidence) -> tuple[str, ...]:
    return evidence.source, evidence.saw, evidence.expected


def test_the_host_is_broken_in_these_ways() -> None:
    """With the user known the rules do speak, and name it: else the tests below would prove nothing."""
    told = texts(broken_host())
    assert told.keys() >= {
        "FIL001", "FIL002", "FIL003", "FIL005", "LAR001", "LAR002", "LAR005", "LAR006", "LAR007", "LAR011", "LAR015",
        "SYS001", "SYS003", "WIR001",
    }  # fmt: skip
    assert any(APP.user in text for text in told["LAR015"])


def test_no_finding_speaks_of_a_user_without_a_name() -> None:
    """They answer UNKNOWN and say why; what others find holds no gap where a name should be."""
    nobody = {**broken_host(), App: replace(APP, user="", uid=-1, gid=-1, groups=())}
    for result in check(load(), nobody):
        if result.code.startswith(("FIL", "LAR", "SYS")):
            assert result.verdict is RuleVerdict.UNKNOWN, result
            assert result.reason, result
    for code, said in texts(nobody).items():
        assert not [text for text in said if _NAMELESS.search(text)], code


@given(st.sets(st.sampled_from([Access, Files, Laravel, Wire, Schedule])), st.booleans())
def test_whatever_else_was_seen(left_out: set[type], laravel: bool) -> None:
    """No combination of facts lets a nameless user through."""
    seen = {kind: fact for kind, fact in broken_host().items() if kind not in left_out}
    seen[App] = replace(APP, user="", uid=-1, gid=-1, groups=(), laravel=laravel)
    for code, said in texts(seen).items():
        assert not code.startswith(("FIL", "LAR", "SYS")), code
        assert not [text for text in said if _NAMELESS.search(text)], code


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.code)
def test_who_names_the_user_waits_for_its_name(rule: Rule) -> None:
    """A rule that writes the user's name into its words is of those that are not asked without one."""
    source = inspect.getsource(sys.modules[rule.module])
    names = re.findall(r"\{(?:tree\.)?app\.user\}", source)
    assert not names or rule.of_user or "if app.user" in source
