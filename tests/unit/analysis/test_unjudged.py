"""What keeps a link from being proven though no rule says so."""

import pytest

from liveproof.analysis.unjudged import unjudged
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.release import Release
from liveproof.model.findings import Absent
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link
from tests.golden.filled import filled
from tests.golden.seed_facts import APP

SETTINGS = Settings(sources=(("files.ignore", "/etc/liveproof/liveproof.toml"),))
NO_RELEASE = Absent("no release")
NO_VIEWS = Absent("no pool")


def _files(*paths: str) -> Files:
    groups = tuple((path.rpartition("/")[0] or ".", path.rpartition("/")[2]) for path in paths)
    kind = FileClass("ignored", "d", 0o755, 0, 0, linked=False, groups=groups, count=len(paths))
    return filled(Files, classes=(kind,) if paths else ())


@pytest.mark.parametrize(
    ("paths", "release", "links"),
    [
        ((), NO_RELEASE, []),
        (("node_modules", "packages/ui/node_modules"), NO_RELEASE, []),
        (("storage/app/backups",), filled(Release), [Link.DISK]),
        (("vendor",), NO_RELEASE, [Link.DISK, Link.CACHES]),
        (("app/Legacy",), filled(Release), [Link.DISK, Link.RELEASE, Link.CACHES]),
    ],
)
def test_ignored_paths_weaken_their_links(paths: tuple[str, ...], release: Release | Absent, links: list[Link]) -> None:
    """What is ignored was not judged; node_modules holds no PHP that runs."""
    told = list(unjudged(APP, SETTINGS, _files(*paths), release, NO_VIEWS))
    assert [link for link, _ in told] == links
    assert {why for _, why in told} <= {f"ignored by /etc/liveproof/liveproof.toml: {', '.join(paths)}"}


def test_many_ignored_paths_are_counted() -> None:
    """A pattern may match thousands."""
    ((_, why),) = unjudged(APP, SETTINGS, _files(*(f"storage/{name}" for name in "abcde")), NO_RELEASE, NO_VIEWS)
    assert why.endswith(": storage/a, storage/b, storage/c and 2 more")
