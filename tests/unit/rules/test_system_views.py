"""What the pools see at the app's paths: the host's files, others, or what cannot be compared."""

import pytest

from liveproof.analysis.unjudged import unjudged
from liveproof.model.facts.views import Shadow, View, Views
from liveproof.model.findings import Absent, Answer, Finding, Holds, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link
from liveproof.rules.system import code_shadowed_by_volume as rule
from tests.unit.opcaches import app

NONE = Absent("none")


def shadow(path: str, *, code: bool = True, theirs: str = "device 9, inode 2") -> Shadow:
    return Shadow(path, "device 1, inode 2", theirs, "/srv/app", code)


def views(*shadows: Shadow, own: bool = True) -> Views:
    return Views((("8.2/www", View(7, own=own, compared=15 if own else 0, shadows=shadows)),))


def answers(seen: Views) -> list[Answer]:
    return list(rule.check(app(), seen))


@pytest.mark.parametrize(
    ("own", "what"),
    [(False, "pool 8.2/www: no mounts of its own"), (True, "pool 8.2/www: its own mounts show the same 15 paths")],
)
def test_what_holds(own, what):
    """The host's own view, or one that shows the same."""
    assert answers(views(own=own)) == [Holds(what)]


@pytest.mark.parametrize(("theirs", "words"), [("device 9, inode 2", "sees another"), ("", "sees nothing at")])
def test_another_tree_is_found_and_leaves_what_was_judged_by_the_host_unproven(theirs, words):
    """The outermost path is named."""
    seen = views(shadow("/srv/app/vendor", theirs=theirs), shadow("/srv/app", theirs=theirs))
    (found,) = answers(seen)
    assert isinstance(found, Finding)
    assert f"{words} /srv/app" in found.message
    assert found.ids("file") == ("/srv/app",)
    beside = unjudged(app=app(), settings=Settings(), files=NONE, release=NONE, views=seen)
    assert [link for link, _ in beside] == [Link.MEMORY, Link.CACHES]


def test_what_the_app_writes_may_be_elsewhere_on_purpose():
    """Then what was judged there is unknown."""
    (said,) = answers(views(shadow("/srv/app/storage", code=False)))
    assert isinstance(said, Unknown)


def test_a_pool_that_cannot_be_compared():
    """With its reason."""
    assert answers(Views((("8.2/www", Unknown("chroot")),))) == [Unknown("chroot")]
