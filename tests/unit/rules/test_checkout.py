"""The rules on the git work tree: what git left, what is meant, and whose the repository is."""

from dataclasses import replace

import pytest

from liveproof.model.facts.checkout import Checkout, Unfinished
from liveproof.model.facts.release import Release
from liveproof.model.findings import Absent, Answer, Finding, Holds, Unknown
from liveproof.model.verdicts import Severity
from liveproof.rules.release import repository_ownership_dubious, wrong_commit_checked_out
from tests.golden.seed_facts import APP

_A, _B = "a" * 40, "b" * 40
_GIT = f"{APP.real}/.git"
_NOW = 1_000_000.0
_CLEAN = Checkout(_GIT, _A, "main", "", "", False, "", (), (), (1000, "deploy"), (1000, "deploy"), False, (), _NOW)
_OLD = Unfinished("merge", f"{_GIT}/MERGE_HEAD", _NOW - 3600)
_LOCK = Unfinished("lock", f"{_GIT}/index.lock", _NOW - 3600)


def _kinds(checkout: Checkout, release: Release | Unknown | Absent) -> list[str]:
    return [_kind(one) for one in wrong_commit_checked_out.check(APP, checkout, release)]


def _kind(one: Answer) -> str:
    if isinstance(one, Finding):
        return "notice" if one.severity is Severity.NOTICE else "found"
    return type(one).__name__


@pytest.mark.parametrize(
    ("checkout", "meant", "expected"),
    [
        (_CLEAN, _A, ["Holds"]),
        (_CLEAN, _B, ["found"]),
        (_CLEAN, "", ["Holds"]),
        (replace(_CLEAN, unfinished=(_OLD,)), _A, ["found"]),
        (replace(_CLEAN, unfinished=(replace(_OLD, since=_NOW - 5),)), _A, ["Unknown"]),
        (replace(_CLEAN, locks=(_LOCK,)), _A, ["Holds", "notice"]),
        (replace(_CLEAN, locks=(replace(_LOCK, since=_NOW - 5),)), _A, ["Unknown"]),
        (replace(_CLEAN, upstream="refs/remotes/origin/main", fetched=_B, ahead=True), _A, ["Holds", "notice"]),
        (replace(_CLEAN, upstream="refs/remotes/origin/main", fetched=_B, ahead=False), _A, ["Holds"]),
        (replace(_CLEAN, upstream="refs/remotes/origin/main", fetched=_B, ahead=None, unseen="x"), _A, ["Holds"]),
    ],
)
def test_wrong_commit_checked_out(checkout: Checkout, meant: str, expected: list[str]) -> None:
    """Another HEAD than the one named and an unfinished merge are faults; what may be meant so is a notice."""
    release = Release("git", meant, 1, (), (), (), 0.0) if meant else Unknown("not looked at")
    assert _kinds(checkout, release) == expected


def test_the_evidence_names_both_commits() -> None:
    """So that a person need not look for them."""
    answers = list(wrong_commit_checked_out.check(APP, _CLEAN, Release("git", _B, 1, (), (), (), 0.0)))
    (found,) = answers
    assert isinstance(found, Finding)
    assert (found.evidence[0].saw, found.evidence[0].expected) == (f"{_A} (main)", _B)
    assert not any(isinstance(one, Holds) for one in answers)


def test_repository_ownership_dubious() -> None:
    """Owners that differ, and files that each pull writes to and that are another's, are notices."""
    assert list(repository_ownership_dubious.check(APP, _CLEAN)) == []
    (other,) = repository_ownership_dubious.check(APP, replace(_CLEAN, tree_owner=(33, "www-data")))
    assert "belongs to www-data and its .git to deploy" in other.message
    assert list(repository_ownership_dubious.check(APP, replace(_CLEAN, tree_owner=(33, "x"), trusted=True))) == []
    (roots,) = repository_ownership_dubious.check(APP, replace(_CLEAN, foreign=((f"{_GIT}/FETCH_HEAD", "root"),)))
    assert "root ran git" in roots.message
