"""Users and groups of this host: passwd(5) and group(5) first, the name service only for whom they do not know."""

from dataclasses import dataclass

from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import FileReader
from liveproof.host.numbers import whole
from liveproof.host.process.command import run

_PATIENCE = 3.0  # s for a name service that may be a server on the network


@dataclass(frozen=True, slots=True)
class Account:
    """A user: name, numeric user and primary group, home directory."""

    name: str
    uid: int
    gid: int
    home: str


class Accounts:
    """Look-ups in the host's users and groups. One that cannot be read counts as empty.

    Args:
        reader: the door to the host.
    """

    def __init__(self, reader: FileReader) -> None:
        self._reader = reader
        self._users = [fields for fields in self._lines("/etc/passwd") if len(fields) >= 6]
        self._groups = [fields for fields in self._lines("/etc/group") if len(fields) >= 4]

    def user(self, name: str) -> Account | None:
        """The user of that name, or of that number when it is one; None when nobody knows it."""
        at = 2 if name.isascii() and name.isdigit() else 0
        found = next((_account(fields) for fields in self._users if fields[at] == name), None)
        return found or _account(self._ask("passwd", name))

    def homes(self) -> frozenset[str]:
        """The home directories that passwd(5) names."""
        return frozenset(fields[5].rstrip("/") or "/" for fields in self._users)

    def group(self, name: str) -> int | None:
        """The number of the group of that name; a number stands for itself."""
        if (number := whole(name)) is not None:
            return number
        found = next((fields for fields in self._groups if fields[0] == name), None) or self._ask("group", name)
        return _number(found, 2)

    def user_name(self, uid: int) -> str:
        """The name of a user's number; the number itself when nobody knows it."""
        account = self.user(str(uid))
        return account.name if account else str(uid)

    def group_name(self, gid: int) -> str:
        """The name of a group's number; the number itself when nobody knows it."""
        found = next((fields for fields in self._groups if fields[2] == str(gid)), None) or self._ask("group", str(gid))
        return found[0] if found else str(gid)

    def groups_of(self, name: str, gid: int) -> tuple[int, ...]:
        """All groups that initgroups(3) would give: ``gid`` first, then every group that lists the user."""
        listed = {_number(fields, 2) for fields in self._groups if name in fields[3].split(",")}
        if not any(fields[0] == name for fields in self._users):
            listed.update(_numbers(self._ask("initgroups", name)))
        return (gid, *sorted(number for number in listed if number is not None and number != gid))

    def _lines(self, path: str) -> list[list[str]]:
        try:
            text = self._reader.read(path).decode(errors="surrogateescape")
        except (OSError, CannotSee):
            return []
        return [line.split(":") for line in text.splitlines()]

    def _ask(self, database: str, name: str) -> list[str] | None:
        """One line of getent(1), as fields; None when nobody knows it or nobody answers in time."""
        if not name or name.startswith("-"):
            return None
        try:
            ran = run(["getent", database, name], timeout=_PATIENCE)
        except OSError:
            return None
        line = ran.text.partition("\n")[0]
        if ran.status or ran.timed_out or not line:
            return None
        return line.split() if database == "initgroups" else line.split(":")


def _account(fields: list[str] | None) -> Account | None:
    uid, gid = _number(fields, 2), _number(fields, 3)
    if not fields or len(fields) < 6 or uid is None or gid is None:
        return None
    return Account(fields[0], uid, gid, fields[5])


def _number(fields: list[str] | None, at: int) -> int | None:
    return whole(fields[at]) if fields and len(fields) > at else None


def _numbers(fields: list[str] | None) -> list[int]:
    return [number for field in (fields or [])[1:] if (number := whole(field)) is not None]
