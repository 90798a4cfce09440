"""What logrotate makes of the app's logs.

Tried with logrotate 3.21 and 3.22: a new file gets the old one's owner and mode unless ``create`` says others. With
``su`` of another user than root it is that user's whatever ``create`` says, without an error, since only root can give
files away. Without ``su`` a directory that everyone or a group other than root may write is passed over; with ``su`` of
a user who may not write the directory nothing is rotated. A name that nobody has makes the entry an error.
"""

import posixpath
from collections.abc import Iterator

from liveproof.host.files.reader import Stat
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import Rotation
from liveproof.probes.schedule.found import Entry, Said
from liveproof.probes.schedule.watched import Watched

MAIN = "/etc/logrotate.conf"
_WILD = "*?["
_MOST = 500


def entries(watched: Watched) -> list[Entry]:
    """Every entry of the host, in the order that logrotate reads them."""
    from liveproof.probes.schedule import logrotate  # noqa: PLC0415  (not needed for what is remembered)

    text = watched.text(MAIN, logrotate.LINES)
    if text is None:
        return []
    main = logrotate.read(MAIN, text, Said())
    found = main.entries
    for include in main.includes:
        names = watched.names(include)
        paths = [f"{include}/{name}" for name in names if not name.endswith(logrotate.TABOO) and name[:1] != "."]
        for path in watched.first(include, paths if names else [include], _MOST):
            found += logrotate.read(path, watched.text(path, logrotate.LINES) or "", main.defaults).entries
    return found


def rotations(reader: Reader, app: App, logs: tuple[str, ...], found: list[Entry]) -> Iterator[Rotation]:
    """What the entries make of these logs; the first entry that matches a log is the one that counts."""
    wanted = {reader.resolve(log): log for log in logs}
    accounts = Accounts(reader)
    for entry in found:
        for pattern in entry.patterns:
            if not _may_match(reader, pattern, wanted):
                continue
            for match in reader.glob(pattern):
                log = wanted.pop(reader.resolve(match), None)
                seen = reader.stat(match) if log else None
                if log and seen and seen.is_file:
                    yield _rotation(reader, app, accounts, entry, log=log, seen=seen)


def _may_match(reader: Reader, pattern: str, wanted: dict[str, str]) -> bool:
    """Whether the directory before the first wildcard holds a log; saves the look into every other directory."""
    wild = next((at for at, char in enumerate(pattern) if char in _WILD), len(pattern))
    fixed = reader.resolve(pattern[: pattern.rfind("/", 0, wild) + 1] or "/").rstrip("/") + "/"
    return any(log.startswith(fixed) for log in wanted)


def _rotation(reader: Reader, app: App, accounts: Accounts, entry: Entry, *, log: str, seen: Stat) -> Rotation:
    said = entry.said
    directory = posixpath.dirname(reader.resolve(log))
    helper = accounts.user(said.su_user) if said.su_user else None
    owner = accounts.user(said.owner) if said.owner else None
    group = accounts.group(said.group) if said.group else None
    unknown = bool((said.su_user and not helper) or (said.owner and not owner) or (said.group and group is None))
    creates = said.create and not said.copies and not unknown and _rotates(reader, accounts, directory, said)
    uid = owner.uid if owner else seen.uid
    gid = group if group is not None else seen.gid
    if helper and helper.uid != 0:
        named = accounts.group(said.su_group) if said.su_group else None
        uid, gid = helper.uid, named if named is not None else helper.gid
    mode = int(said.mode, 8) & 0o7777 if said.mode and set(said.mode) <= set("01234567") else seen.permissions
    own_group = accounts.group_name(app.gid)
    return Rotation(
        source=f"{entry.path}:{said.number or entry.number}",
        line=said.line or " ".join(entry.patterns),
        log=log,
        creates=creates,
        user=accounts.user_name(uid),
        group=accounts.group_name(gid),
        mode=mode,
        writable=not creates or _writable(reader, app, directory, uid=uid, gid=gid, mode=mode),
        replacement=(
            f"su {app.user} {own_group}" if helper and helper.uid != 0 else f"create {mode:04o} {app.user} {own_group}"
        ),
    )


def _rotates(reader: Reader, accounts: Accounts, directory: str, said: Said) -> bool:
    seen = reader.stat(directory)
    if seen is None:
        return False
    if not said.su_user:
        return not (seen.permissions & 0o002 or (seen.permissions & 0o020 and seen.gid != 0))
    helper = accounts.user(said.su_user)
    if helper is None or helper.uid == 0:
        return helper is not None
    groups = {accounts.group(said.su_group) if said.su_group else helper.gid}
    if helper.uid == seen.uid:
        return bool(seen.permissions & 0o200)
    return bool(seen.permissions & (0o020 if seen.gid in groups else 0o002))


def _writable(reader: Reader, app: App, directory: str, *, uid: int, gid: int, mode: int) -> bool:
    """Whether the app's user may write a file of this owner and mode; the directory may hand an ACL down to it."""
    if app.uid == 0:
        return True
    if app.uid == uid:
        return bool(mode & 0o200)
    if mode & 0o020 and any(
        permissions & 0o2 and ((tag == 2 and number == app.uid) or (tag == 8 and number in app.groups))
        for tag, permissions, number in reader.default_acl(directory)
    ):
        return True
    return bool(mode & (0o020 if gid in app.groups else 0o002))
