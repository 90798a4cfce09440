"""Links within the app: what leads nowhere, or into another release."""

import os
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.tree_links import TreeLinks
from liveproof.model.findings import Finding, Unknown
from liveproof.model.verdicts import Severity
from liveproof.probes.tree_links import probe
from liveproof.rules.release import shared_link_leads_elsewhere
from tests.unit.trees import app


def _tree(tmp_path: Path, **links: str) -> tuple[App, TreeLinks]:
    release = tmp_path / "releases/2"
    for directory in ("public", "storage/framework", "vendor/bin"):
        (release / directory).mkdir(parents=True)
    (tmp_path / "releases/1/storage").mkdir(parents=True)
    (tmp_path / "shared/storage").mkdir(parents=True)
    found = []
    for name, target in links.items():
        path = name.replace("__", "/").replace("dot_", ".")
        (release / path).symlink_to(target)
        found.append((path, target))
    files = Files(str(release), 0, (), (), tuple(found), "", 0, (), 0.0)
    given = app(release, path=str(tmp_path / "current"))
    return given, probe(Reader(), given, files)


def _said(tmp_path: Path, **links: str) -> list[str]:
    given, tree = _tree(tmp_path, **links)
    return [
        ("notice" if one.severity is Severity.NOTICE else "found") if isinstance(one, Finding) else type(one).__name__
        for one in shared_link_leads_elsewhere.check(given, tree)
    ]


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("public__storage", "../../../shared/storage", ["Holds"]),
        ("public__storage", "../storage", ["Holds"]),
        ("public__storage", "../gone", ["found"]),
        ("dot_env", "/nonexistent/.env", ["found"]),
        ("notes", "/nonexistent/notes", ["notice", "Holds"]),
        ("vendor__bin__x", "../gone", ["Holds"]),
        ("public__files", "../../1/storage", ["found"]),
        ("public__loop", "loop", ["Holds", "Unknown"]),
    ],
)
def test_links(tmp_path: Path, name: str, target: str, expected: list[str]) -> None:
    """A fault only where Laravel or visitors need it, or where it goes with another release."""
    assert _said(tmp_path, **{name: target}) == expected


def test_what_is_said_of_many(tmp_path: Path) -> None:
    """The first by name, the others in number; more than five hundred are not followed."""
    given, tree = _tree(tmp_path, **{f"public__{number}": "../../1/storage" for number in range(502)})
    found, unseen = shared_link_leads_elsewhere.check(given, tree)
    assert isinstance(found, Finding)
    assert isinstance(unseen, Unknown)
    assert (len(found.evidence), found.more) == (10, 490)
    assert os.path.join(given.path, "public/0") in found.message
