"""Users of a host, read from its own files."""

from pathlib import Path
from typing import NamedTuple

from tests.lab.errors import LabError


class Account(NamedTuple):
    """A line of ``/etc/passwd``."""

    name: str
    uid: int
    gid: int
    home: str


def account(root: Path, name: str) -> Account:
    """The account ``name`` of the host whose disk is at ``root``.

    Raises:
        LabError: the host has no such user.
    """
    for line in (root / "etc/passwd").read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return Account(name, int(fields[2]), int(fields[3]), fields[5])
    raise LabError(f"the host has no user {name!r}")
