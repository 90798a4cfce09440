"""What keeps a link from being proven though no rule says so."""

import pytest

from liveproof.analysis.unjudged import unjudged
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.release import Release
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link
from tests.golden.filled import filled
from tests.golden.seed_facts import APP

SETTINGS = Settings(sources=(("files.ignore", "/etc/liveproof/liveproof.toml"),))
NO_RELEASE = Absent("no release")
NOBODY = Absent("no worker")


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
    told = list(unjudged(APP, SETTINGS, _files(*paths), release, NOBODY))
    assert [link for link, _ in told] == links
    assert {why for _, why in told} <= {f"ignored by /etc/liveproof/liveproof.toml: {', '.join(paths)}"}


def test_many_ignored_paths_are_counted() -> None:
    """A pattern may match thousands."""
    ((_, why),) = unjudged(APP, SETTINGS, _files(*(f"storage/{name}" for name in "abcde")), NO_RELEASE, NOBODY)
    assert why.endswith(": storage/a, storage/b, storage/c and 2 more")


def _process(*argv: str, unit: str = "") -> PhpProcess:
    return PhpProcess(812, 0.0, 33, "www-data", argv, "/srv/app", unit)


@pytest.mark.parametrize(
    ("command", "unit", "words"),
    [
        ("artisan queue:work --sleep=1", "", ("artisan queue:work, ", "`php artisan queue:restart` as www-data")),
        ("-d a=b artisan horizon:supervisor", "", ("artisan horizon:supervisor, ", "horizon:terminate")),
        ("artisan octane:start", "", ("artisan octane:start, ", "octane:reload")),
        ("daemon.php s3cret", "d.service", ("(php daemon.php, ", "`systemctl restart d.service`")),
        ("artisan x:listen", "cron.service", ("(artisan x:listen, ", "in the way that it was")),
    ],
)
def test_a_php_process_beside_fpm_leaves_memory_unproven(command: str, unit: str, words: tuple[str, ...]) -> None:
    """It is named by its command alone, with what makes it load the code again."""
    process = _process("php", *command.split(), unit=unit)
    ((link, why),) = unjudged(APP, SETTINGS, _files(), NO_RELEASE, Workers((process,)))
    assert link is Link.MEMORY
    assert why.startswith("process 812 (")
    assert all(word in why for word in words), why
    assert "s3cret" not in why


def test_several_are_counted_and_the_unseen_are_unknown() -> None:
    """One is named for all; processes that could not be seen are no proof either."""
    work = _process("php", "artisan", "queue:work")
    ((_, why),) = unjudged(APP, SETTINGS, _files(), NO_RELEASE, Workers((work, work, work)))
    assert "and 2 more PHP processes run beside PHP-FPM" in why
    unseen = list(unjudged(APP, SETTINGS, _files(), NO_RELEASE, Unknown("run liveproof as root")))
    assert unseen == [(Link.MEMORY, "run liveproof as root")]
