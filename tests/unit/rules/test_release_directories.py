"""The rules on what lies beside the release that is served: what is told, and what is no more than a notice."""

from dataclasses import replace

import pytest

from liveproof.check import check, links
from liveproof.model.facts.apps import App
from liveproof.model.facts.checkout import Checkout
from liveproof.model.facts.release import Release
from liveproof.model.facts.release_directories import LinkTo, Record, ReleaseDirectories, ReleaseDirectory
from liveproof.model.facts.tree_links import TreeLinks
from liveproof.model.findings import Absent, Answer, Finding, Holds, Unknown
from liveproof.model.rule import Check, Rule, needs
from liveproof.model.verdicts import Link, LinkVerdict, Severity
from liveproof.rules import load
from liveproof.rules.release import (
    current_points_to_another_release,
    deployed_elsewhere,
    live_release_will_be_removed,
    nested_current_link,
)

_BASE = "/srv/www/x"
_DAY = 86400.0
_NOW = 100 * _DAY
_APP = App(
    f"{_BASE}/current", f"{_BASE}/releases/7", f"{_BASE}/current/public", "www-data", 33, 33, (33,), (), ("/n:1",), True
)
_LOG = f"{_BASE}/.dep/releases_log"
_NO_RELEASE = Absent("none")


def _release(number: int, changed: float, *, bad: bool = False) -> ReleaseDirectory:
    return ReleaseDirectory(f"{_BASE}/releases/{number}", changed, bad)


_HEALTHY = ReleaseDirectories(
    directory=f"{_BASE}/releases",
    link=LinkTo(_APP.path, _APP.real, 90 * _DAY),
    releases=(_release(6, 80 * _DAY), _release(7, 90 * _DAY)),
    record=None,
    unread="",
    lock="",
    locked=0.0,
    pending=None,
    nested=(),
    current=None,
    served=None,
    now=_NOW,
)
_NEWER = replace(_HEALTHY, releases=(*_HEALTHY.releases, _release(8, 95 * _DAY)))


def _record(release: int, written: float, *, switched: bool = False) -> Record:
    return Record(_LOG, f"{_BASE}/releases/{release}", written, switched)


def _points(beside: ReleaseDirectories, named: str = "") -> list[Answer]:
    release = Release("directory", named, 0, (), (), (), 0.0) if named else _NO_RELEASE
    return list(current_points_to_another_release.check(_APP, beside, release))


def _said(answers: list[Answer]) -> str:
    (one,) = answers
    if isinstance(one, Finding):
        return "notice" if one.severity is Severity.NOTICE else "found"
    return type(one).__name__


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        (_HEALTHY, "Holds"),
        (replace(_HEALTHY, record=_record(7, 90 * _DAY)), "Holds"),
        (replace(_NEWER, record=_record(8, 95 * _DAY)), "found"),
        (replace(_NEWER, record=_record(8, _NOW - 60)), "Unknown"),
        (replace(_NEWER, record=_record(8, _NOW - 60, switched=True)), "found"),
        (replace(_NEWER, record=_record(8, 95 * _DAY), lock="/l", locked=_NOW - 60), "Unknown"),
        (replace(_NEWER, record=_record(8, 85 * _DAY)), "notice"),
        (replace(_NEWER, record=_record(7, 90 * _DAY)), "Holds"),
        (_NEWER, "notice"),
        (replace(_HEALTHY, releases=(_release(6, 95 * _DAY), _release(7, 90 * _DAY))), "Holds"),
        (replace(_HEALTHY, releases=(_release(7, 90 * _DAY), _release(8, 90 * _DAY + 60))), "Holds"),
        (replace(_HEALTHY, releases=(_release(7, 90 * _DAY), _release(8, 95 * _DAY, bad=True))), "Holds"),
        (replace(_NEWER, releases=(*_HEALTHY.releases, replace(_release(8, 95 * _DAY), served=True))), "Holds"),
        (replace(_HEALTHY, link=None), "Holds"),
        (replace(_NEWER, link=None, record=_record(8, 95 * _DAY)), "found"),
    ],
    ids=[
        "healthy",
        "as recorded",
        "recorded later than the last switch",
        "recorded a minute ago, before the switch",
        "recorded a minute ago, after the switch",
        "a deploy holds its lock",
        "link made after the record",
        "newer than the one recorded",
        "newer without a record",
        "an older release was written to",
        "written to while it was switched",
        "a newer one that was rolled back",
        "another app, or a preview",
        "a directory, nothing recorded",
        "a directory where the link should be",
    ],
)
def test_current_points_to_another_release(beside: ReleaseDirectories, expected: str) -> None:
    """A fault only where a tool's record is younger than the link; never while a deploy may run."""
    assert _said(_points(beside)) == expected


def test_only_a_comparison_proves_the_release() -> None:
    """Where no release is named and the app is no git tree, that its link is right does not prove its files."""
    alone = [rule for rule in load() if rule.link is Link.RELEASE and Release not in needs(_check_of(rule)).values()]
    assert [rule.code for rule in alone if not rule.only_breaks] == []
    facts = {App: _APP, ReleaseDirectories: _HEALTHY, TreeLinks: TreeLinks((), 3)}
    rules = [rule for rule in load() if rule.link is Link.RELEASE]
    unasked = {Release: _NO_RELEASE, Checkout: Absent("no git")}
    results = check(rules, {**facts, **unasked})
    assert len(results) >= 5
    assert links(rules, results)[0].verdict is LinkVerdict.NOT_ASKED


def _check_of(rule: Rule) -> Check:
    assert rule.check_function is not None
    return rule.check_function


def test_a_named_directory_is_what_is_meant() -> None:
    """Whatever any record says."""
    beside = replace(_NEWER, record=_record(8, 95 * _DAY))
    assert _said(_points(beside, _APP.real)) == "Holds"
    assert _said(_points(_HEALTHY, f"{_BASE}/releases/6")) == "found"


def test_what_could_not_be_read_and_what_was_left_behind() -> None:
    """A record that cannot be read proves nothing; the lock of a deploy that is gone is a notice."""
    first, second = _points(replace(_HEALTHY, unread="Permission denied"))
    assert isinstance(first, Holds)
    assert isinstance(second, Unknown)
    (_, lock) = _points(replace(_HEALTHY, lock=f"{_BASE}/.dep/deploy.lock", locked=95 * _DAY))
    assert isinstance(lock, Finding)
    assert lock.severity is Severity.NOTICE


@pytest.mark.parametrize(
    ("name", "target", "made", "link", "expected"),
    [
        ("6", "6", 95 * _DAY, True, "found"),
        ("6", "6", 85 * _DAY, True, "notice"),
        ("current", "7", 95 * _DAY, True, "notice"),
        ("6", "6", 85 * _DAY, False, "found"),
        ("reports", "6/storage", 95 * _DAY, True, "notice"),
    ],
)
def test_nested_current_link(name: str, target: str, made: float, link: bool, expected: str) -> None:
    """A fault only where the link should have become the app's own."""
    nested = (LinkTo(f"{_APP.real}/{name}", f"{_BASE}/releases/{target}", made),)
    beside = replace(_HEALTHY, nested=nested, link=_HEALTHY.link if link else None)
    assert _said(list(nested_current_link.check(_APP, beside))) == expected
    assert _said(list(nested_current_link.check(_APP, _HEALTHY))) == "Holds"


@pytest.mark.parametrize(
    ("target", "served", "servers", "expected"),
    [
        ("6", False, ("/n:1",), "found"),
        ("6", True, ("/n:1",), "Holds"),
        ("6", None, ("/n:1",), "Unknown"),
        ("6", False, (), "Holds"),
        ("gone", False, ("/n:1",), "Holds"),
    ],
)
def test_deployed_elsewhere(target: str, served: bool | None, servers: tuple[str, ...], expected: str) -> None:
    """Only where no server block serves what deploys switch."""
    current = LinkTo(f"{_BASE}/current", f"{_BASE}/releases/{target}", 95 * _DAY)
    app = replace(_APP, path=_APP.real, servers=servers)
    assert _said(list(deployed_elsewhere.check(app, replace(_HEALTHY, current=current, served=served)))) == expected
    assert _said(list(deployed_elsewhere.check(app, _HEALTHY))) == "Holds"


@pytest.mark.parametrize(
    ("target", "made", "told"), [("7", 95 * _DAY, True), ("8", 95 * _DAY, False), ("7", _NOW, False)]
)
def test_live_release_will_be_removed(target: str, made: float, told: bool) -> None:
    """Only of the live release, and not in the moment of a switch in two steps."""
    pending = LinkTo(f"{_BASE}/release", f"{_BASE}/releases/{target}", made)
    assert bool(list(live_release_will_be_removed.check(_APP, replace(_HEALTHY, pending=pending)))) == told
