"""The items are found by walking, and rules and items know each other by name."""

import sys
from pathlib import Path

import pytest

from liveproof import prevention, rules
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.prevention.item import Item, Seen, State
from liveproof.prevention.judge import judge
from tests.unit.owned import app

TOY = '''
"""A toy."""
from liveproof.model.facts.apps import App
from liveproof.prevention.item import Item, Seen, State

item = Item({place}, "The app has a user")


@item.judge
def judge(app: App) -> Seen:
    """Done where it has."""
    return Seen(State.DONE if app.user else State.OPEN, app.user)
'''


def _package(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> str:
    name = f"toys_{folder.name.replace('-', '_')}"
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("")
    for file, text in files.items():
        (folder / name / f"{file}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return name


def test_a_new_item_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found, placed and judged without another edit."""
    package = _package(tmp_path, monkeypatch, late=TOY.format(place=900), early=TOY.format(place=1))
    items = prevention._loaded(package)
    assert [item.name for item in items] == ["early", "late"]
    seen = judge(AppExamination(app(), (), (), (), {}), {App: app()}, items, ())
    assert [(one.name, one.seen) for one in seen] == [(n, Seen(State.DONE, "www-data")) for n in ("early", "late")]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"empty": ""}, "is not an item"),
        ({"judgeless": "from liveproof.prevention.item import Item\nitem = Item(1, 'x')\n"}, "is not an item"),
        ({"one": TOY.format(place=3), "two": TOY.format(place=3)}, "the same place"),
    ],
)
def test_a_file_that_is_no_item_is_refused(
    files: dict[str, str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting one would leave a hole in the checklist."""
    with pytest.raises(TypeError, match=why):
        prevention._loaded(_package(tmp_path, monkeypatch, **files))


def test_what_rules_prevent_is_an_item() -> None:
    """A rule names an item that is there."""
    items = {item.name for item in prevention.load()}
    assert {rule.prevents for rule in rules.load()} - {""} <= items
    assert len(items) >= 13


def test_a_judge_that_fails_hides_nothing() -> None:
    """A bug of ours makes an item unknown, and the others are judged."""
    broken = Item(1, "x")

    @broken.judge
    def _(app: App) -> Seen:
        raise KeyError(app.user)

    (seen,) = judge(AppExamination(app(), (), (), (), {}), {App: app()}, (broken,), ())
    assert seen.state is State.UNKNOWN
    assert "KeyError" in seen.seen.saw
