"""Whatever is done in a tree: what differs at the end had an event, or it was said that events were lost."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liveproof.host.events.event import Kind, Watch
from liveproof.host.events.source import Use
from tests.unit.host.events.places import drain, source

# The tree is what ``current`` leads to; "out" is not watched, and what is moved from there comes with its content.
TOPS = ("current", "r1", "r2", "out")
NAMES = st.sampled_from(("a", "b", "a/a", "a/b", "b/a", "a/a/a", "c\n", "a/b/c"))
PATHS = st.builds("/".join, st.tuples(st.sampled_from(TOPS), NAMES))
# After these, everything below the path counts as told.
WHOLE = {Kind.CREATED, Kind.DELETED, Kind.MOVED_FROM, Kind.MOVED_TO, Kind.RESCAN}


def _swap(top: Path, release: str) -> None:
    (top / "new").symlink_to(release)
    (top / "new").rename(top / "current")


def _append(path: Path) -> None:
    with path.open("r+") as file:
        file.seek(0, os.SEEK_END)
        file.write("x")


DOES: dict[str, Callable[[Path], object]] = {
    "write": lambda path: path.write_text(f"{os.urandom(4).hex()}"),
    "append": _append,
    "remove": lambda path: path.unlink(),
    "mkdir": lambda path: path.mkdir(parents=True),
    "rmtree": shutil.rmtree,
    "mode": lambda path: path.chmod(0o700 if path.stat().st_mode & 0o055 else 0o755),
    "link": lambda path: path.symlink_to("/proc/nowhere"),
}
OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(sorted(DOES)), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("swap"), st.sampled_from(("r1", "r2"))),
    st.tuples(st.just("replace")),
    st.tuples(st.just("read")),
)


def _state(top: Path) -> dict[str, tuple[object, ...]]:
    """What lies where the link leads, by its real path, and the link."""
    current = top / "current"
    found: dict[str, tuple[object, ...]] = {str(current): (os.readlink(current),)}
    real = str(current.resolve())
    for directory, names, files in os.walk(real):
        for name in [*names, *files]:
            path = f"{directory}/{name}"
            seen = os.lstat(path)
            changed = () if stat.S_ISDIR(seen.st_mode) else (seen.st_size, seen.st_mtime_ns)
            found[path] = (seen.st_mode, seen.st_ino, *changed)
    return found


def _do(top: Path, operation: tuple[str, ...]) -> None:
    kind, *paths = operation
    try:
        if kind == "rename":
            (top / paths[0]).rename(top / paths[1])
        elif kind == "swap":
            _swap(top, paths[0])
        elif kind == "replace":
            shutil.rmtree(top / "r1", ignore_errors=True)
            (top / "r1").mkdir(exist_ok=True)
        else:
            DOES[kind](top / paths[0])
    except OSError:
        pass


@pytest.mark.parametrize("use", [Use.FANOTIFY, Use.INOTIFY])
@settings(max_examples=100)
@given(operations=st.lists(OPERATIONS, max_size=25))
@example(
    operations=[("mkdir", "r1/a/b"), ("rename", "r1/a", "r1/b"), ("write", "r1/b/b/c"), ("rename", "r1/b", "r1/a")]
)
@example(operations=[("write", "out/a"), ("swap", "r2"), ("mkdir", "r2/a/a"), ("read",), ("replace",), ("swap", "r1")])
def test_nothing_is_missed(use: Use, operations: list[tuple[str, ...]]) -> None:
    top = Path(os.path.realpath(tempfile.mkdtemp()))
    try:
        for name in ("r1/a/a", "r2/b", "out/a"):
            (top / name).mkdir(parents=True)
        (top / "r1/a/b").write_text("x")
        (top / "current").symlink_to("r1")
        with source(use, Watch(trees=(str(top / "current"),))) as reads:
            drain(reads)
            before, events = _state(top), []
            for operation in operations:
                if operation == ("read",):
                    events += reads.read()
                else:
                    _do(top, operation)
            events += drain(reads)
            after = _state(top)
        told = {event.path for event in events}
        whole = {event.path for event in events if event.kind in WHOLE}
        if Kind.OVERFLOW in {event.kind for event in events} or str(top / "current") in whole:
            return  # everything below it is looked at then
        for path in before.keys() | after.keys():
            if before.get(path) != after.get(path):
                above = {str(parent) for parent in Path(path).parents}
                assert path in told or above & whole, (path, operations)
    finally:
        shutil.rmtree(top, ignore_errors=True)
