"""What logrotate makes of the app's logs (logrotate.conf(5)).

Tried with logrotate 3.21 and 3.22: a new file gets the old one's owner and mode unless ``create`` says others. With
``su`` of another user than root it is that user's whatever ``create`` says, without an error, since only root can give
files away. Without ``su`` a directory that everyone or a group other than root may write is passed over; with ``su`` of
a user who may not write the directory nothing is rotated. A name that nobody has makes the entry an error.
"""

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from liveproof.host.files.reader import Stat
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import Rotation
from liveproof.probes.schedule.found import Watched

_SCRIPTS = frozenset({"prerotate", "postrotate", "firstaction", "lastaction", "preremove"})
# logrotate(8): files of these kinds in an included directory are passed over.
_TABOO = (
    ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp",
    ".rpmnew", ".rpmorig", ".rpmsave", ".swp", ".ucf-dist", ".ucf-new", ".ucf-old", ",v", "~", "-cfengine", ".~",
)  # fmt: skip
_OPENS = re.compile(r"""((?:[^'"{]|'[^']*'|"[^"]*"|(?<=[^\s'"])\{)*)\{(.*)""", re.DOTALL)
_MOST = 500


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


def entries(watched: Watched, main: str = "/etc/logrotate.conf") -> list[Entry]:
    """Every entry of the host, in the order that logrotate reads them."""
    found, defaults, includes = read(main, watched.text(main) or "", Said())
    for include in includes:
        names = watched.names(include)
        paths = [f"{include}/{name}" for name in names if not name.endswith(_TABOO) and name[:1] != "."]
        for path in watched.first(include, paths if names else [include], _MOST):
            found += read(path, watched.text(path) or "", defaults)[0]
    return found


def read(path: str, text: str, defaults: Said) -> tuple[list[Entry], Said, list[str]]:
    """A file's entries, the defaults that it sets for later files, and what it includes."""
    found: list[Entry] = []
    includes: list[str] = []
    waiting: list[str] = []  # patterns whose brace has not been read yet
    inside = script = False
    for number, line in enumerate(text.split("\n"), 1):
        rest = line.strip()
        if script or not rest or rest.startswith("#"):
            script = script and rest != "endscript"
            continue
        if not inside and (opens := _OPENS.fullmatch(rest)):
            output = defaults._replace(number=defaults.number or number)
            found.append(Entry(path, number, (*waiting, *_patterns(opens[1])), output))
            inside, waiting, rest = True, [], opens[2].strip()
        closes = (inside and rest.endswith("}")) or rest.startswith("}")
        rest = "" if rest.startswith("}") else rest.removesuffix("}").strip() if closes else rest
        if rest.split(maxsplit=1)[:1] and rest.split(maxsplit=1)[0] in _SCRIPTS:
            script = True
        elif inside and rest and rest[0] != "#":
            found[-1] = found[-1]._replace(said=_directive(found[-1].said, rest, number))
        elif rest.startswith(("/", '"', "'")):
            waiting += _patterns(rest)
        elif rest.startswith("include "):
            includes.append(rest[8:].strip())
        elif not inside:
            defaults = _directive(defaults, rest, number)
        inside = inside and not closes
    return found, defaults, includes


def _patterns(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _directive(said: Said, line: str, number: int) -> Said:
    name, *words = line.replace("=", " ", 1).split() or [""]  # a lone "=" names nothing
    if name == "create":
        mode = words[0] if words and words[0].isdigit() else ""
        owner, group = [*(words[1:] if mode else words), "", ""][:2]
        return said._replace(create=True, mode=mode, owner=owner, group=group, line=line, number=number)
    if name == "nocreate":
        return said._replace(create=False, mode="", owner="", group="")
    if name == "su":
        user, group = [*words, "", ""][:2]
        said = said._replace(su_user=user, su_group=group)
        return said if said.owner else said._replace(line=line, number=number)
    if name in ("copytruncate", "copy", "nocopytruncate", "nocopy"):
        return said._replace(copies=not name.startswith("no"))
    return said


def rotations(reader: Reader, app: App, logs: tuple[str, ...], found: Iterable[Entry]) -> Iterator[Rotation]:
    """What the entries make of these logs; the first entry that matches a log is the one that counts."""
    wanted = {reader.resolve(log): log for log in logs}
    accounts = Accounts(reader)
    for entry in found:
        for pattern in entry.patterns:
            # Where the directory before the first wildcard holds no log, no other directory need be listed.
            fixed = reader.resolve(posixpath.dirname(re.split(r"[*?[]", pattern, maxsplit=1)[0]) or "/").rstrip("/")
            if not any(log.startswith(f"{fixed}/") for log in wanted):
                continue
            for match in reader.glob(pattern):
                log = wanted.pop(reader.resolve(match), None)
                status = reader.stat(match) if log else None
                if log and status and status.is_file:
                    yield _rotation(reader, app, accounts, entry, log=log, seen=status)


def _rotation(reader: Reader, app: App, accounts: Accounts, entry: Entry, *, log: str, seen: Stat) -> Rotation:
    output = entry.said
    directory = posixpath.dirname(reader.resolve(log))
    helper = accounts.user(output.su_user) if output.su_user else None
    owner = accounts.user(output.owner) if output.owner else None
    group = accounts.group(output.group) if output.group else None
    unknown = bool((output.su_user and not helper) or (output.owner and not owner) or (output.group and group is None))
    creates = output.create and not output.copies and not unknown and _rotates(reader, accounts, directory, output)
    uid = owner.uid if owner else seen.uid
    gid = group if group is not None else seen.gid
    own = f"{app.user} {accounts.group_name(app.gid)}"
    mode = int(output.mode, 8) & 0o7777 if re.fullmatch("[0-7]+", output.mode) else seen.permissions
    replacement = f"create {mode:04o} {own}"
    if helper and helper.uid != 0:
        named = accounts.group(output.su_group) if output.su_group else None
        uid, gid, replacement = helper.uid, named if named is not None else helper.gid, f"su {own}"
    return Rotation(
        source=f"{entry.path}:{output.number or entry.number}",
        line=output.line or " ".join(entry.patterns),
        log=log,
        creates=creates,
        user=accounts.user_name(uid),
        group=accounts.group_name(gid),
        mode=mode,
        writable=not creates or _writable(reader, app, directory, uid=uid, gid=gid, mode=mode),
        replacement=replacement,
    )


def _rotates(reader: Reader, accounts: Accounts, directory: str, said: Said) -> bool:
    status = reader.stat(directory)
    if status is None:
        return False
    if not said.su_user:
        return not (status.permissions & 0o002 or (status.permissions & 0o020 and status.gid != 0))
    helper = accounts.user(said.su_user)
    if helper is None or helper.uid == 0:
        return helper is not None
    if helper.uid == status.uid:
        return bool(status.permissions & 0o200)
    group = accounts.group(said.su_group) if said.su_group else helper.gid
    return bool(status.permissions & (0o020 if status.gid == group else 0o002))


def _writable(reader: Reader, app: App, directory: str, *, uid: int, gid: int, mode: int) -> bool:
    """Whether the app's user may write a file of this owner and mode; the directory may hand an ACL down to it."""
    if app.uid in (0, uid):
        return app.uid == 0 or bool(mode & 0o200)
    if mode & 0o020 and any(
        permissions & 0o2 and ((tag == 2 and number == app.uid) or (tag == 8 and number in app.groups))
        for tag, permissions, number in reader.default_acl(directory)
    ):
        return True
    return bool(mode & (0o020 if gid in app.groups else 0o002))
