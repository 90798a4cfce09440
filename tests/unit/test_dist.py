"""What `make dist` makes of the locks, and what its text says; the wheels themselves are tried on real hosts."""

import re
from pathlib import Path

import pytest

from scripts import dist

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("lock", ["runtime.txt", "installers.txt"])
def test_every_requirement_is_named_and_keeps_its_hashes(lock: str, tmp_path: Path) -> None:
    """So that what cannot be had is named, and nothing comes unlocked."""
    parts = dict(dist._parts(REQUIREMENTS / lock, tmp_path))
    text = (REQUIREMENTS / lock).read_text()
    assert len(parts) == len(re.findall(r"^\S+==", text, re.MULTILINE))
    assert all("--hash=sha256:" in part.read_text() for part in parts.values())
    assert sum(part.read_text().count("--hash=") for part in parts.values()) == text.count("--hash=")


def test_the_text_names_no_host_and_every_way() -> None:
    """It is read where there is no network; nothing in it may make pip or uv ask for one."""
    lines = dist._TEXT.splitlines()
    assert not [line for line in lines if "://" in line or "index-url" in line]
    ways = [line for line in lines if line.startswith("  ") and "wheels" in line]
    assert len(ways) == 6
    options, variables = ("--no-index", "--find-links wheels"), ("PIP_NO_INDEX=1", 'PIP_FIND_LINKS="$PWD/wheels"')
    assert all(any(all(word in line for word in words) for words in (options, variables)) for line in ways)


@pytest.mark.parametrize("machine", dist.MACHINES)
def test_no_wheel_is_taken_that_needs_a_newer_glibc(machine: str) -> None:
    """A wheel's tag has the oldest glibc that it runs with (PEP 600)."""
    tags = [word for word in dist.Target("3.14", machine).options if "manylinux_2_" in word]
    assert tags
    assert all(int(word.split("_")[2]) <= 28 for word in tags)
