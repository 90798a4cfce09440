"""What says what runs by itself: crontabs (crontab(5)), services (systemctl(1)) and supervisor's programs. Pure."""

import configparser
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from liveproof.host.services.systemd import Block, command
from liveproof.model.dataclass import dataclass
from liveproof.probes.schedule.wrappers import SHELLS

_VARIABLE = re.compile(r"""['"]?([^\W\d]\w*)['"]?\s*=\s*(.*)""")
_TIME = r"[ \t]*(?:@[^ \t]*|[^ \t]+(?:[ \t]+[^ \t]+){4})[ \t]+"
_OF_USER = re.compile(rf"{_TIME}(?P<command>.+)")
_OF_SYSTEM = re.compile(rf"{_TIME}(?P<user>[^ \t]+)[ \t]+(?P<command>.+)")
_BEFORE_PERCENT = re.compile(r"(?:\\%|[^%])*")  # a % ends the command, what follows is its input

EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost")
PROPERTIES = (
    "Id", "LoadState", "User", "WorkingDirectory", "Environment", "FragmentPath", "WantedBy",
    "RequiredBy", "UpheldBy", "TriggeredBy", "NeedDaemonReload", *EXEC, *(f"{name}Ex" for name in EXEC),
)  # fmt: skip
_FLAGS = ("privileged", "no-setuid", "ambient")  # of the prefixes +, ! and !! (systemd.service(5))


@dataclass(frozen=True, slots=True)
class Entry:
    """A crontab's line that runs ``command``, which starts at ``start``; ``user`` stands at ``user_start`` (or -1)."""

    number: int
    line: str
    user: str
    user_start: int
    command: str
    start: int
    variables: Mapping[str, str]


def crontab(text: str, owner: str) -> Iterator[Entry]:
    """The entries of a crontab.

    Args:
        text: the whole file.
        owner: whose crontab it is; empty for a system crontab, whose lines name the user.
    """
    variables: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if output := _VARIABLE.fullmatch(stripped):
            value = output[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            variables = {**variables, output[1]: value[1:-1] if quoted else value}
        elif entry := (_OF_USER if owner else _OF_SYSTEM).match(line.rstrip()):
            before = _BEFORE_PERCENT.match(entry["command"])
            if before and before[0]:
                user, start = (owner, -1) if owner else (entry["user"], entry.start("user"))
                yield Entry(number, line, user, start, before[0], entry.start("command"), variables)


def is_read_by_cron(name: str, *, debian: bool) -> bool:
    """Whether cron reads a file of this name in /etc/cron.d and its like (cron(8), run-parts(8))."""
    if debian:
        return re.fullmatch(r"[A-Za-z0-9_-]+", name) is not None
    ignored = ("~", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved", ",v")
    return bool(name) and not name.startswith(".") and not name.endswith(ignored)


@dataclass(frozen=True, slots=True)
class Line:
    """A command of a service: ``command`` as shell words; ``privileged``: a prefix makes it run as root anyway."""

    text: str
    plain: str
    command: str
    privileged: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service as systemd has it in force, drop-ins counted; ``path`` is that of its unit file."""

    name: str
    user: str
    directory: str
    environment: dict[str, str]
    lines: tuple[Line, ...]
    path: str


def services(blocks: Iterable[Block]) -> Iterator[Service]:
    """The services that are enabled, or started by an enabled timer (or path); what nothing starts is left out."""
    units = {block["Id"][0]: block for block in blocks if block.get("Id")}
    for name, block in sorted(units.items()):
        by = [units.get(trigger, {}) for trigger in _words(block, "TriggeredBy")]
        if not name.endswith(".service") or _words(block, "LoadState") != ["loaded"]:
            continue
        if not any(_words(one, key) for one in (block, *by) for key in ("WantedBy", "RequiredBy", "UpheldBy")):
            continue
        yield Service(
            name,
            "".join(_words(block, "User")) or "root",
            "".join(block.get("WorkingDirectory", ())).lstrip("!-") or "/",
            dict(word.split("=", 1) for word in _words(block, "Environment") if "=" in word),
            tuple(_lines(block)),
            "".join(block.get("FragmentPath", ())),
        )


def _words(block: Block, key: str) -> list[str]:
    text = " ".join(block.get(key, ()))
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _lines(block: Block) -> Iterator[Line]:
    for name in EXEC:
        for value in block.get(f"{name}Ex") or block.get(name, ()):
            argv, flags = command(value)
            privileged = any(flag in flags for flag in _FLAGS)
            plain = f"{name}={argv}"
            yield Line(f"{name}={'+' if privileged else ''}{argv}", plain, quoted(argv), privileged)


def quoted(argv: str) -> str:
    """Systemd's command as shell words: it parts them by blanks alone, so what follows ``-c`` of a shell is one again.

    Empty where that cannot be told (``su -c TEXT USER``).
    """
    words = argv.split(" ")
    names = [posixpath.basename(word) for word in words]
    shell = next((at for at, name in enumerate(names) if name in SHELLS or name in ("su", "runuser")), len(words))
    at = next((at for at in range(shell + 1, len(words)) if re.fullmatch(r"-[a-z]*c", words[at])), 0)
    # The -c is the shell's own unless a program stands before it that is not an option's value (sh x.php -c).
    if not at or (names[shell] in SHELLS and any(not word.startswith("-") for word in words[shell + 1 : at])):
        return shlex.join(words)
    if names[shell] not in SHELLS and (at - 1 == shell or words[at - 1].startswith(("-", "/"))):
        return ""
    return f"{shlex.join(words[: at + 1])} {shlex.quote(' '.join(words[at + 1 :]))}"


class Supervisor(configparser.RawConfigParser):
    """supervisor's configuration, in the dialect that it reads itself; configparser.Error where it cannot either."""

    def __init__(self, text: str) -> None:
        super().__init__(inline_comment_prefixes=(";", "#"), strict=False)
        self.read_string(text)
        self._numbers = {
            line.partition("]")[0][1:]: at for at, line in enumerate(text.split("\n"), 1) if line[:1] == "["
        }

    def number(self, section: str) -> int:
        """The line that a section begins in."""
        return self._numbers.get(section, 1)
