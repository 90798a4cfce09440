"""What was found on the host before it is known whose app it is for; remembered as it stands.

Named tuples, since making a dataclass takes longer than reading all of them back from memory.
"""

from typing import NamedTuple

from liveproof.model.secrets import hide_in_command


class Found(NamedTuple):
    """A call with where it stands. In ``replacement`` and ``place`` a NUL stands for the name of the right user."""

    tool: str
    kind: str
    source: str
    caller: str
    line: str
    command: str
    user: str
    app: str
    replacement: str
    place: str

    def hidden(self) -> "Found":
        """The same with secrets hidden, as it may be remembered and told."""
        return self._replace(
            line=hide_in_command(self.line),
            command=hide_in_command(self.command),
            replacement=hide_in_command(self.replacement),
        )


class Said(NamedTuple):
    """What is said of a new log file: ``create`` as mode, owner and group (empty: not said), ``su`` as user and group.

    ``copies``: the old file stays in place. ``line`` and ``number`` are of the directive that names an owner.
    """

    create: bool = False
    mode: str = ""
    owner: str = ""
    group: str = ""
    su_user: str = ""
    su_group: str = ""
    copies: bool = False
    line: str = ""
    number: int = 0


class Entry(NamedTuple):
    """An entry of logrotate's configuration: where it begins, its patterns, what is said of their new files."""

    path: str
    number: int
    patterns: tuple[str, ...]
    said: Said
