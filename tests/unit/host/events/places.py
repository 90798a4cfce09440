"""File systems and interfaces that the tests of this room are run on, and what they read."""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.events.event import Event, Kind, Watch
from liveproof.host.events.source import Source, Use

Place = tuple[Use, Path]  # an interface and an empty directory for it
Tree = tuple[Source, Path]  # a source that watches the directory
PATIENCE = 10.0  # s until a test fails that waits for an event


@contextmanager
def mounted(point: Path, *arguments: str) -> Iterator[Path]:
    """A mount for the time of a test; a test without root is skipped."""
    if os.geteuid():
        pytest.skip("needs root to mount")
    point.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(point)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


@contextmanager
def ext4(directory: Path) -> Iterator[Path]:
    """An ext4 of its own in a file."""
    image = directory / "image"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"cannot make ext4: {made.stderr.strip()}")
    with mounted(directory / "ext4", "-o", "loop", str(image)) as point:
        yield point


def source(use: Use, watch: Watch, **options: Any) -> Source:
    """A source that watches all of it already; a test is skipped where the interface cannot be had."""
    try:
        made = Source(watch, use=use, **options)
    except CannotSee as error:
        pytest.skip(str(error))
    end = time.monotonic() + PATIENCE
    while not made.settled:
        made.read()
        assert time.monotonic() < end, "not settled"
    return made


def drain(reads: Source, seconds: float = PATIENCE) -> list[Event]:
    """What there is to read now."""
    found = []
    end = time.monotonic() + seconds
    while select.select([reads], [], [], 0)[0] or not reads.settled:
        found += reads.read()
        assert time.monotonic() < end, "it never ends"
    return found


def told(reads: Source) -> set[tuple[Kind, str]]:
    """The same without time and process."""
    return {(event.kind, event.path) for event in drain(reads) if not _others(event.path)}


def _others(path: str) -> bool:
    """Whether it is a directory of pytest's above those of the tests, which other runs of it change as well."""
    return os.path.basename(path).startswith("pytest-")


def write(path: Path, text: str = "x") -> None:
    """What a program does that saves a file."""
    path.write_text(text)
