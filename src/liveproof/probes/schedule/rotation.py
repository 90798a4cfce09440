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
from liveproof.host.process.accounts import Account, Accounts
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
_OF_NEW_FILES = ("create", "su", "copy", "copytruncate")


class Directive(NamedTuple):
    """A directive in force: its words after the name, the line, and where that stands (``/etc/logrotate.d/x:7``)."""

    words: tuple[str, ...]
    line: str
    source: str


Directives = dict[str, Directive]


class Entry(NamedTuple):
    """An entry of logrotate's configuration: where it begins, its patterns, what it says of their new files."""

    source: str
    patterns: tuple[str, ...]
    directives: Directives


def entries(watched: Watched, main: str = "/etc/logrotate.conf") -> list[Entry]:
    """Every entry of the host, in the order that logrotate reads them."""
    found, defaults, includes = read(main, watched.text(main), {})
    for include in includes:
        names = watched.names(include)
        paths = [f"{include}/{name}" for name in names if not name.endswith(_TABOO) and name[:1] != "."]
        for path in paths if names else [include]:
            found += read(path, watched.text(path), defaults)[0]
    return found


def read(path: str, text: str, defaults: Directives) -> tuple[list[Entry], Directives, list[str]]:
    """A file's entries, the defaults that it sets for later files, and what it includes."""
    found: list[Entry] = []
    includes: list[str] = []
    waiting: list[str] = []  # patterns whose brace has not been read yet
    inside = script = False
    defaults = dict(defaults)
    for number, line in enumerate(text.split("\n"), 1):
        rest = line.strip()
        if script or not rest or rest.startswith("#"):
            script = script and rest != "endscript"
            continue
        if not inside and (opens := _OPENS.fullmatch(rest)):
            found.append(Entry(f"{path}:{number}", (*waiting, *_patterns(opens[1])), dict(defaults)))
            inside, waiting, rest = True, [], opens[2].strip()
        closes = (inside and rest.endswith("}")) or rest.startswith("}")
        rest = "" if rest.startswith("}") else rest.removesuffix("}").strip() if closes else rest
        name, *words = rest.replace("=", " ", 1).split() or [""]  # a lone "=" names nothing
        if name in _SCRIPTS:
            script = True
        elif not inside and rest.startswith(("/", '"', "'")):
            waiting += _patterns(rest)
        elif not inside and name == "include":
            includes += words[:1]
        elif name in _OF_NEW_FILES:
            (found[-1].directives if inside else defaults)[name] = Directive(tuple(words), rest, f"{path}:{number}")
        elif name.startswith("no"):
            (found[-1].directives if inside else defaults).pop(name[2:], None)
        inside = inside and not closes
    return found, defaults, includes


def _patterns(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


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
    create, su = entry.directives.get("create"), entry.directives.get("su")
    words = create.words if create else ()
    mode = words[0] if words[:1] and words[0].isdigit() else ""
    owner_name, group_name = (*words[1 if mode else 0 :], "", "")[:2]
    su_user, su_group = (*(su.words if su else ()), "", "")[:2]
    decides = create if create and owner_name else su or create
    directory = posixpath.dirname(reader.resolve(log))
    helper, owner = accounts.user(su_user) if su_user else None, accounts.user(owner_name) if owner_name else None
    group = accounts.group(group_name) if group_name else None
    unknown = (su_user and not helper) or (owner_name and not owner) or (group_name and group is None)
    uid, gid = owner.uid if owner else seen.uid, seen.gid if group is None else group
    bits = int(mode, 8) & 0o7777 if re.fullmatch("[0-7]+", mode) else seen.permissions
    own = f"{app.user} {accounts.group_name(app.gid)}"
    replacement = f"create {bits:04o} {own}"
    helper_gid = (accounts.group(su_group) if su_group else None) if helper else None
    if helper and helper_gid is None:
        helper_gid = helper.gid
    if helper and helper_gid is not None and helper.uid != 0:
        uid, gid, replacement = helper.uid, helper_gid, f"su {own}"
    status = reader.stat(directory)
    rotates = status is not None and _rotates(status, helper, helper_gid)
    creates = create is not None and not entry.directives.keys() & {"copy", "copytruncate"} and not unknown and rotates
    return Rotation(
        source=decides.source if decides else entry.source,
        line=decides.line if decides else " ".join(entry.patterns),
        log=log,
        creates=creates,
        user=accounts.user_name(uid),
        group=accounts.group_name(gid),
        mode=bits,
        writable=not creates or _writable(reader, app, directory, uid=uid, gid=gid, mode=bits),
        replacement=replacement,
    )


def _rotates(directory: Stat, helper: Account | None, gid: int | None) -> bool:
    """Whether logrotate rotates in a directory, with ``su`` to a user and group or without."""
    if helper is None:
        return not (directory.permissions & 0o002 or (directory.permissions & 0o020 and directory.gid != 0))
    if helper.uid in (directory.uid, 0):
        return helper.uid == 0 or bool(directory.permissions & 0o200)
    return bool(directory.permissions & (0o020 if directory.gid == gid else 0o002))


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
