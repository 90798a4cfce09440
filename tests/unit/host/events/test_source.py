"""Events of files, on real file systems, by each of the kernel's interfaces."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liveproof.host.events.event import Kind, Watch
from liveproof.host.events.source import Source, Use
from liveproof.host.events.wanted import below
from tests.unit.host.events.places import Place, Tree, drain, source, told, write


@pytest.fixture
def tree(place: Place) -> Iterator[Tree]:
    """A watched tree with a file and a directory: the source, and its directory."""
    use, directory = place
    top = directory / "tree"
    (top / "sub").mkdir(parents=True)
    (top / "file").write_text("a")
    (directory / "outside").mkdir()
    with source(use, Watch(trees=(str(top),))) as made:
        drain(made)
        yield made, top


@pytest.mark.parametrize(
    ("does", "kinds"),
    [
        (lambda top: write(top / "new"), {(Kind.CREATED, "new"), (Kind.WRITTEN, "new")}),
        (lambda top: write(top / "file"), {(Kind.WRITTEN, "file")}),
        (lambda top: (top / "file").chmod(0o600), {(Kind.ATTRIBUTES, "file")}),
        (lambda top: (top / "sub").chmod(0o700), {(Kind.ATTRIBUTES, "sub")}),
        (lambda top: top.chmod(0o700), {(Kind.ATTRIBUTES, "")}),
        (lambda top: os.utime(top / "file", (1, 1)), {(Kind.ATTRIBUTES, "file")}),
        (lambda top: (top / "file").unlink(), {(Kind.DELETED, "file")}),
        (lambda top: (top / "sub").rmdir(), {(Kind.DELETED, "sub")}),
        (lambda top: (top / "sub/deep").mkdir(), {(Kind.CREATED, "sub/deep")}),
        (lambda top: (top / "link").symlink_to("/proc/nowhere"), {(Kind.CREATED, "link")}),
        (lambda top: os.link(top / "file", top / "sub/same"), {(Kind.CREATED, "sub/same")}),
        (lambda top: os.mkfifo(top / "fifo"), {(Kind.CREATED, "fifo")}),
        (lambda top: (top / "file").rename(top / "sub/f"), {(Kind.MOVED_FROM, "file"), (Kind.MOVED_TO, "sub/f")}),
        (lambda top: (top / "file").rename(top.parent / "outside/f"), {(Kind.MOVED_FROM, "file")}),
        (lambda top: (top / "sub").rename(top.parent / "outside/s"), {(Kind.MOVED_FROM, "sub")}),
    ],
)
def test_each_kind(tree: Tree, does: Callable[[Path], object], kinds: set[tuple[Kind, str]]) -> None:
    reads, top = tree
    does(top)
    found = told(reads)
    assert {(kind, str(top / name)) for kind, name in kinds} <= found
    assert {kind for kind, _ in found} <= {kind for kind, _ in kinds} | {Kind.ATTRIBUTES}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
def test_owners(tree: Tree) -> None:
    reads, top = tree
    os.chown(top / "file", 33, 33)
    os.chown(top / "sub", 33, 33)
    assert told(reads) == {(Kind.ATTRIBUTES, str(top / "file")), (Kind.ATTRIBUTES, str(top / "sub"))}


def test_what_is_moved_into_the_tree_is_watched(tree: Tree) -> None:
    reads, top = tree
    came = top.parent / "outside/came"
    (came / "below").mkdir(parents=True)
    write(came / "below/file")
    assert told(reads) == set()
    came.rename(top / "came")
    assert (Kind.MOVED_TO, str(top / "came")) in told(reads)
    write(top / "came/below/file", "y")
    assert told(reads) == {(Kind.WRITTEN, str(top / "came/below/file"))}
    (top / "came").rename(top / "elsewhere")
    told(reads)
    write(top / "elsewhere/below/file", "z")
    assert told(reads) == {(Kind.WRITTEN, str(top / "elsewhere/below/file"))}


def test_what_is_moved_out_of_the_tree_is_not_watched(tree: Tree) -> None:
    reads, top = tree
    write(top / "sub/file")
    told(reads)
    (top / "sub").rename(top.parent / "outside/sub")
    told(reads)
    write(top.parent / "outside/sub/file", "y")
    assert told(reads) == set()


@pytest.mark.parametrize(
    "name", [b"a\nb", b"caf\xe9\xff", b"n" * 255, b" (deleted)", b"\x1b[2J", b"-rf", b"\\012", b".x"]
)
def test_hostile_names(tree: Tree, name: bytes) -> None:
    reads, top = tree
    path = os.path.join(os.fsencode(top / "sub"), name)
    os.mkdir(path)
    inside = os.path.join(path, name)
    told(reads)
    os.close(os.open(inside, os.O_CREAT | os.O_WRONLY))
    assert told(reads) == {(Kind.CREATED, os.fsdecode(inside)), (Kind.WRITTEN, os.fsdecode(inside))}


def test_a_path_as_deep_as_it_gets(tree: Tree) -> None:
    """Of what lies deeper than a path can say (4096 bytes) something is told, or nothing; nothing breaks."""
    reads, top = tree
    here = os.open(top, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    assert (Kind.CREATED, str(top / ("d" * 200))) in told(reads)
    write(top / "file")
    assert told(reads) == {(Kind.WRITTEN, str(top / "file"))}
    subprocess.run(["rm", "-rf", str(top / ("d" * 200))], check=True)


def test_directories_made_at_once(tree: Tree) -> None:
    reads, top = tree
    made = [f"d{number}" + "/a/b/c" for number in range(50)]
    for path in made:
        (top / path).mkdir(parents=True)
        write(top / path / "file")
    paths = {path for _, path in told(reads)}
    for path in made:
        for part in (path, path.rpartition("/")[0], f"{path}/file"):
            assert str(top / part) in paths


def test_a_tree_that_is_deleted_and_made_again(tree: Tree) -> None:
    reads, top = tree
    for between in (True, False):
        shutil.rmtree(top)
        if between:
            assert (Kind.DELETED, str(top)) in told(reads)
        (top / "sub").mkdir(parents=True)
        assert (Kind.CREATED, str(top)) in told(reads)
        write(top / "sub/file")
        assert told(reads) == {(Kind.CREATED, str(top / "sub/file")), (Kind.WRITTEN, str(top / "sub/file"))}


def test_a_link_that_is_swapped(place: Place) -> None:
    use, directory = place
    for release in ("1", "2"):
        (directory / "releases" / release / "app").mkdir(parents=True)
    current = directory / "current"
    current.symlink_to("releases/1")
    with source(use, Watch(trees=(str(current),))) as reads:
        drain(reads)
        write(directory / "releases/1/app/file")
        assert (Kind.WRITTEN, str(directory / "releases/1/app/file")) in told(reads)
        write(directory / "releases/2/app/file")
        assert told(reads) == set()
        (directory / "new").symlink_to("releases/2")
        (directory / "new").rename(current)
        assert (Kind.MOVED_TO, str(current)) in told(reads)
        write(directory / "releases/1/app/file", "y")
        assert told(reads) == set()
        write(directory / "releases/2/app/file", "y")
        assert told(reads) == {(Kind.WRITTEN, str(directory / "releases/2/app/file"))}
        (directory / "new").symlink_to("releases/1")
        (directory / "new").rename(current)
        write(directory / "releases/1/app/at once")
        paths = {path for _, path in told(reads)}
        assert paths & {str(directory / "releases/1"), str(directory / "releases/1/app/at once")}
        (directory / "releases/1").rename(directory / "releases/3")
        assert (Kind.MOVED_FROM, str(directory / "releases/1")) in told(reads)
        current.unlink()
        assert (Kind.DELETED, str(current)) in told(reads)


def test_a_directory_of_which_too_much_was_left_out_is_wanted_later(place: Place) -> None:
    use, directory = place
    for name in ("tree", "out/sub", "releases/1", "releases/2", "tree/sessions"):
        (directory / name).mkdir(parents=True)
    (directory / "current").symlink_to("releases/1")
    sessions = directory / "tree/sessions"
    watch = Watch((str(directory / "tree"), str(directory / "current")), excludes=(str(sessions),))
    with source(use, watch) as reads:
        drain(reads)
        for name in ("out/sub", "releases/2", "tree/sessions"):
            for number in range(100):
                write(directory / name / f"{number}")
                assert told(reads) == set()
        sessions.chmod(0o700)
        assert told(reads) == {(Kind.ATTRIBUTES, str(sessions))}
        (directory / "out").rename(directory / "tree/came")
        told(reads)
        write(directory / "tree/came/sub/1", "y")
        assert told(reads) == {(Kind.WRITTEN, str(directory / "tree/came/sub/1"))}
        (directory / "new").symlink_to("releases/2")
        (directory / "new").rename(directory / "current")
        told(reads)
        write(directory / "releases/2/1", "y")
        assert told(reads) == {(Kind.WRITTEN, str(directory / "releases/2/1"))}
        (directory / "tree/sessions/0").rename(directory / "tree/0")
        assert (Kind.MOVED_TO, str(directory / "tree/0")) in told(reads)


def test_a_path_through_links_and_a_link_that_leads_in_a_circle(place: Place) -> None:
    use, directory = place
    (directory / "real/app").mkdir(parents=True)
    (directory / "one").symlink_to(directory / "two")
    (directory / "two").symlink_to("real/../real")
    (directory / "circle").symlink_to("circle")
    with source(use, Watch(trees=(str(directory / "one/app"), str(directory / "circle/app")))) as reads:
        drain(reads)
        write(directory / "real/app/file")
        assert (Kind.WRITTEN, str(directory / "real/app/file")) in told(reads)
        (directory / "two").unlink()
        (directory / "circle").unlink()
        assert told(reads) == {(Kind.DELETED, str(directory / "two")), (Kind.DELETED, str(directory / "circle"))}


def test_a_path_that_does_not_exist_yet(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    use, directory = place
    wanted = directory / "a/b/conf"
    with source(use, Watch(trees=(str(wanted),), files=(str(directory / "run/php/fpm.sock"),))) as reads:
        drain(reads)
        (directory / "a").mkdir()
        (directory / "a/other").mkdir()
        assert told(reads) == {(Kind.CREATED, str(directory / "a"))}
        (wanted / "pool.d").mkdir(parents=True)
        assert (Kind.CREATED, str(wanted)) in told(reads)
        write(wanted / "pool.d/www.conf")
        assert (Kind.WRITTEN, str(wanted / "pool.d/www.conf")) in told(reads)
        (directory / "run/php").mkdir(parents=True)
        with socket.socket(socket.AF_UNIX) as listening:
            monkeypatch.chdir(directory / "run/php")
            listening.bind("fpm.sock")
        assert (Kind.CREATED, str(directory / "run/php/fpm.sock")) in told(reads)
        write(directory / "run/php/other")
        assert told(reads) == set()
        (directory / "run/php/fpm.sock").unlink()
        assert told(reads) == {(Kind.DELETED, str(directory / "run/php/fpm.sock"))}


def test_the_directory_above_a_single_entry_is_replaced(place: Place) -> None:
    use, directory = place
    (directory / "php").mkdir()
    write(directory / "php/file")
    with source(use, Watch(files=(str(directory / "php/file"),))) as reads:
        drain(reads)
        shutil.rmtree(directory / "php")
        (directory / "php").mkdir()
        write(directory / "php/file")
        assert (Kind.CREATED, str(directory / "php/file")) in told(reads)
        write(directory / "php/file", "y")
        assert told(reads) == {(Kind.WRITTEN, str(directory / "php/file"))}
        directory.chmod(0o711)
        assert told(reads) == {(Kind.ATTRIBUTES, str(directory))}


def test_excludes(place: Place) -> None:
    use, directory = place
    sessions, views = directory / "app/storage/sessions", directory / "app/views"
    views.mkdir(parents=True)
    (sessions / "keep").mkdir(parents=True)
    (directory / "link").symlink_to("app")
    watch = Watch(
        trees=(str(directory / "app"), str(sessions / "keep")),
        excludes=(str(directory / "link/storage/sessions"), str(views)),
    )
    with source(use, watch) as reads:
        drain(reads)
        write(sessions / "abc")
        (sessions / "d/e").mkdir(parents=True)
        write(sessions / "d/e/file")
        assert told(reads) == set()
        write(views / "file")
        for excluded in (sessions, views):
            excluded.chmod(0o700)
            assert told(reads) == {(Kind.ATTRIBUTES, str(excluded))}
        (sessions / "d").rename(directory / "app/d")
        assert (Kind.MOVED_TO, str(directory / "app/d")) in told(reads)
        write(directory / "app/d/e/file", "y")
        write(sessions / "keep/file")
        found = told(reads)
        assert (Kind.WRITTEN, str(directory / "app/d/e/file")) in found
        assert (Kind.WRITTEN, str(sessions / "keep/file")) in found


@pytest.mark.parametrize("modify", ["app/log", "app/log/laravel.log"])
def test_every_write_where_it_is_asked_for(place: Place, modify: str) -> None:
    use, directory = place
    (directory / "app/log").mkdir(parents=True)
    log, other = directory / "app/log/laravel.log", directory / "app/other.log"
    with source(use, Watch(trees=(str(directory / "app"),), modify=(str(directory / modify),))) as reads:
        drain(reads)
        with log.open("w") as written, other.open("w") as unseen:
            told(reads)
            written.write("x")
            unseen.write("x")
            written.flush()
            unseen.flush()
            assert told(reads) == {(Kind.MODIFIED, str(log))}
        log.rename(directory / "app/log/old")
        with log.open("w") as written:
            told(reads)
            written.write("x")
            written.flush()
            assert told(reads) == {(Kind.MODIFIED, str(log))}


@pytest.mark.parametrize("place", ["fanotify tmpfs", "inotify tmpfs"], indirect=True)
def test_lost_events_are_said_and_watching_goes_on(tree: Tree) -> None:
    reads, top = tree
    interface = "fanotify" if reads.description.startswith("Changes are seen by fanotify") else "inotify"
    limit = int(Path(f"/proc/sys/fs/{interface}/max_queued_events").read_text())
    if limit > 50_000:
        pytest.skip(f"{limit} events may wait here")
    here = os.open(top, os.O_RDONLY)
    for number in range(limit + 100):
        os.symlink("/", f"new{number}", dir_fd=here)
    (top / "late/dir").mkdir(parents=True)
    os.close(here)
    assert (Kind.OVERFLOW, "") in told(reads)
    told(reads)
    write(top / "late/dir/file")
    assert told(reads) == {(Kind.CREATED, str(top / "late/dir/file")), (Kind.WRITTEN, str(top / "late/dir/file"))}


def test_batches_are_bounded_and_say_the_same_once(tree: Tree) -> None:
    reads, top = tree
    for _ in range(3):
        for number in range(2000):
            write(top / f"sub/{number}")
    batches = []
    while batch := reads.read():
        batches.append(batch)
        said = [(event.kind, event.path, event.process) for event in batch]
        assert len(said) == len(set(said))
    assert max(map(len, batches)) < 3000
    told = {event.path for batch in batches for event in batch if below(event.path, str(top))}
    wanted = {str(top / f"sub/{number}") for number in range(2000)}
    # The kernel's queue is for the whole file system: beside busy hosts it may overflow, which is told.
    lost = any(event.kind is Kind.OVERFLOW for batch in batches for event in batch)
    assert told == wanted or (lost and told < wanted)


def test_no_descriptor_is_left(place: Place) -> None:
    use, directory = place
    before = len(os.listdir("/proc/self/fd"))
    with source(use, Watch(trees=(str(directory),))) as reads:
        opened = len(os.listdir("/proc/self/fd"))
        for number in range(500):
            write(directory / f"{number}")
        drain(reads)
        assert len(os.listdir("/proc/self/fd")) == opened
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(ValueError, match="not an absolute path: app"):
        Source(Watch(trees=("app",)))


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    with source(
        Use.BEST, Watch(trees=(str(tmp_path), f"{tmp_path}/a\0b"), files=(f"{tmp_path}/{'n' * 300}",))
    ) as reads:
        write(tmp_path / "file")
        assert (Kind.WRITTEN, str(tmp_path / "file")) in told(reads)
