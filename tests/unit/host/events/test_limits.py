"""Where the better interface, or any, cannot be had: it is said, and what can be seen is seen."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from liveproof.host.events.event import Kind, Watch
from liveproof.host.events.source import Use
from liveproof.host.events.wanted import below
from tests.unit.host.events.places import drain, mounted, source, told, write


def _python(*lines: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE, text=True)


def test_without_root_the_reason_is_said(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root to become another user")
    tmp_path.chmod(0o755)
    done = _python(
        "import os",
        "from liveproof.host.events.source import Source, Use, Watch, CannotSee",
        "os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)",
        f"reads = Source(Watch(trees=({str(tmp_path)!r},)))",
        "print(reads.description)",
        "try: Source(Watch(), use=Use.FANOTIFY)",
        "except CannotSee as error: print(error)",
    )
    said, _ = done.communicate(timeout=30)
    assert said == (
        "Changes are seen by inotify, without the process, since fanotify cannot be had"
        " (fanotify_init: Operation not permitted).\nfanotify_init: Operation not permitted\n"
    )


def test_without_descriptors_it_is_said_that_events_are_lost(tmp_path: Path) -> None:
    """Each record brings a descriptor, and finding a directory's path takes two more."""
    (tmp_path / "sub").mkdir()
    with source(Use.FANOTIFY, Watch(trees=(str(tmp_path),))) as reads:
        drain(reads)
        write(tmp_path / "sub/file")
        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (200, most))
            while True:
                try:
                    taken.append(os.open("/", os.O_PATH))
                except OSError:
                    break
            found = reads.read()
        finally:
            for descriptor in taken:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))
        assert {event.kind for event in found} == {Kind.OVERFLOW}
        write(tmp_path / "sub/file", "y")
        assert told(reads) == {(Kind.WRITTEN, str(tmp_path / "sub/file"))}


def test_the_limit_of_watches_is_said(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}").mkdir()
    program = (
        "from liveproof.host.events.source import Source, Use, Watch\n"
        f"reads = Source(Watch(trees=({str(tmp_path)!r},)), use=Use.INOTIFY)\n"
        "found = []\n"
        "while not reads.settled: found += reads.read()\n"
        "print(sorted(event.kind.name for event in found), *reads.gaps)"
    )
    shell = 'echo 20 >/proc/sys/user/max_inotify_watches && exec "$@"'
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", shell, "sh", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if "unshare" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.stderr == ""
    assert done.stdout.startswith("['RESCAN', 'UNWATCHED'] /")
    assert "and more are not watched: fs.inotify.max_user_watches (" in done.stdout


def test_a_file_system_that_refuses_is_watched_by_inotify(tmp_path: Path) -> None:
    for name in ("lower/app", "upper", "work", "plain"):
        (tmp_path / name).mkdir(parents=True)
    options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    with mounted(tmp_path / "overlay", "-t", "overlay", "-o", options, "overlay") as overlay:
        watch = Watch(trees=(str(overlay / "app"), str(tmp_path / "plain")))
        with source(Use.BEST, watch) as reads:
            if not reads.description.startswith("Changes are seen by fanotify, and by inotify"):
                pytest.skip(reads.description)
            assert f"{overlay}: " in reads.description
            drain(reads)
            write(overlay / "app/file")
            write(tmp_path / "plain/file")
            found = told(reads)
            assert (Kind.WRITTEN, str(overlay / "app/file")) in found
            assert (Kind.WRITTEN, str(tmp_path / "plain/file")) in found
            (overlay / "app/sub").mkdir()
            told(reads)
            write(overlay / "app/sub/file")
            assert (Kind.WRITTEN, str(overlay / "app/sub/file")) in told(reads)
        with source(Use.FANOTIFY, watch) as reads:
            assert [gap for gap in reads.gaps if gap.startswith(f"{overlay} is not watched: ")]


@pytest.mark.parametrize("use", [Use.FANOTIFY, Use.INOTIFY])
def test_what_is_mounted_in_two_places(tmp_path: Path, use: Use) -> None:
    for name in ("data/app", "data/etc", "srv", "etc"):
        (tmp_path / name).mkdir(parents=True)
    app = tmp_path / "srv"
    watch = Watch(trees=(str(app), str(tmp_path / "etc")))
    with mounted(app, "--bind", str(tmp_path / "data/app")), source(use, watch) as reads:
        drain(reads)
        write(tmp_path / "data/app/file")
        write(tmp_path / "data/etc/file")
        assert told(reads) == {(Kind.CREATED, str(app / "file")), (Kind.WRITTEN, str(app / "file"))}


def test_a_directory_beside_what_is_mounted_is_not_taken_for_another(tmp_path: Path) -> None:
    """Seen from the mount of a part of a file system, its other directories have paths from that file system's root."""
    watched = tmp_path / "etc"
    watched.mkdir()
    with mounted(tmp_path / "whole", "-t", "tmpfs", "tmpfs") as whole:
        beside = whole / str(watched).lstrip("/")
        beside.mkdir(parents=True)
        (whole / "app").mkdir()
        app = tmp_path / "app"
        with mounted(app, "--bind", str(whole / "app")), source(Use.FANOTIFY, Watch((str(app), str(watched)))) as reads:
            drain(reads)
            write(beside / "file")
            write(app / "file")
            assert told(reads) == {(Kind.CREATED, str(app / "file")), (Kind.WRITTEN, str(app / "file"))}


def test_a_mount_in_a_tree_that_comes_later(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    data = tmp_path / "tree/data"
    with source(Use.BEST, Watch(trees=(str(tmp_path / "tree"),))) as reads, mounted(data, "-t", "tmpfs", "tmpfs"):
        drain(reads)
        seen = {event.path for event in [*reads.refresh(), *drain(reads)] if event.kind is Kind.RESCAN}
        assert any(below(str(data), path) for path in seen)
        write(data / "file")
        assert (Kind.WRITTEN, str(data / "file")) in told(reads)


def test_a_tree_that_is_looked_at_again_is_told_only_where_it_was_not_watched(tmp_path: Path) -> None:
    """The periodic look at everything is no reason for another one."""
    (tmp_path / "a/b").mkdir(parents=True)
    with source(Use.INOTIFY, Watch(trees=(str(tmp_path),))) as reads:
        drain(reads)
        assert [*reads.refresh(), *drain(reads)] == []
        assert [*reads.refresh(), *drain(reads)] == []
