"""Each test of this room is run on several file systems, by each interface."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from liveproof.host.events.source import Use
from tests.unit.host.events.places import ext4, mounted

PLACES = ("fanotify here", "fanotify tmpfs", "fanotify ext4", "inotify here", "inotify tmpfs")


@pytest.fixture(scope="session")
def roots(tmp_path_factory):
    """A directory on each file system, made when it is first asked for."""
    with ExitStack() as open_until_the_end:
        made: dict[str, Path] = {}

        def root(kind: str) -> Path:
            if kind not in made:
                directory = tmp_path_factory.mktemp(kind)
                if kind == "ext4":
                    directory = open_until_the_end.enter_context(ext4(directory))
                elif kind == "tmpfs":
                    directory = open_until_the_end.enter_context(mounted(directory, "-t", "tmpfs", "tmpfs"))
                made[kind] = directory
            return made[kind]

        yield root


@pytest.fixture(params=PLACES)
def place(request, roots, tmp_path):
    """An interface and an empty directory for it."""
    use, kind = request.param.split()
    directory = roots(kind) / tmp_path.name
    directory.mkdir()
    yield Use(use), directory
    shutil.rmtree(directory)
