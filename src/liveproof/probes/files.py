"""One walk of the app's real directory."""

import stat as modes
import time
from collections.abc import Iterator

from liveproof.analysis.files.patterns import matcher
from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import settled
from liveproof.host.files.walk import Layout, Walked, walk
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files, SectionTimes
from liveproof.model.settings import Settings

_STARTS = {
    ".env": "env",
    ".git": "git",
    "bootstrap/cache": "cache",
    "node_modules": "ignored",
    "public": "public",
    "storage": "storage",
    "vendor": "vendor",
}
# Databases that the app writes among its code, and what SQLite keeps beside them (sqlite.org/tempfiles.html).
_BASES = (".sqlite", ".sqlite3", ".db")
_DATA = {"database": (*_BASES, "-journal", "-wal", "-shm")}
_SOURCES = ("cache", "code", "env", "public", "vendor")
_SIGNED = (*_SOURCES, "data")
_PATIENCE = 120.0
_KINDS = {
    modes.S_IFREG: "f", modes.S_IFDIR: "d", modes.S_IFLNK: "l", modes.S_IFIFO: "p", modes.S_IFSOCK: "s",
    modes.S_IFBLK: "b", modes.S_IFCHR: "c",
}  # fmt: skip


def probe(reader: Reader, settings: Settings, app: App) -> Files:
    """Walk the app's tree.

    Raises:
        CannotSee: it took too long.
        OSError: the app's directory cannot be read.
    """
    clock = time.perf_counter()
    layout = Layout(_STARTS, matcher(settings.files.ignore) if settings.files.ignore else None, _DATA)
    try:
        walked = walk(app.real, layout, _PATIENCE)
    except TimeoutError as error:
        raise CannotSee(f"{app.real}: {error.strerror}") from error
    accounts = Accounts(reader)
    signature, is_settled = _signature(reader, app, walked, _SIGNED)
    sources, _ = _signature(reader, app, walked, _SOURCES)
    classes = tuple(sorted(_classes(walked), key=lambda c: (c.section, c.kind, c.uid, c.gid, c.mode, c.linked)))
    return Files(
        root=app.real,
        count=sum(times[5] for times in walked.times.values()),
        classes=classes,
        times=tuple(SectionTimes(section, *times[:4]) for section, times in sorted(walked.times.items())),
        links=tuple(sorted(walked.links)),
        signature=signature,
        vanished=walked.vanished,
        unreadable=tuple(sorted(walked.unreadable)),
        seconds=time.perf_counter() - clock,
        followed=tuple(sorted(walked.followed)),
        users=tuple(sorted(_users(accounts, settings, {app.uid, *(kind.uid for kind in classes)}))),
        groups=tuple(sorted(_groups(accounts, settings, {app.gid, *(kind.gid for kind in classes)}))),
        settled=is_settled,
        sources=f"{sources} {_bases(walked)}",
    )


def _classes(walked: Walked) -> Iterator[FileClass]:
    for (section, mode, uid, gid, linked), groups in walked.classes.items():
        count = sum(names.count("/") + 1 for _, names in groups)
        kind = _KINDS.get(modes.S_IFMT(mode), "?")
        yield FileClass(section, kind, modes.S_IMODE(mode), uid, gid, linked, tuple(sorted(groups)), count)


def _bases(walked: Walked) -> str:
    """The names of the databases, for that one is there or not may decide what a configuration gives."""
    names = [
        name
        for groups in walked.classes.values()
        for where, files in groups
        if where in _DATA
        for name in files.split("/")
    ]
    return "/".join(sorted(name for name in names if name.endswith(_BASES)))


def _signature(reader: Reader, app: App, walked: Walked, sections: tuple[str, ...]) -> tuple[str, bool]:
    status = reader.stat(app.real)
    signed = [f"{app.real}", f"{status.device}.{status.inode}" if status else ""]
    newest = 0
    for section in sections:
        if section in walked.times:
            _, _, ctime, _, total, count = walked.times[section]
            signed.append(f"{section}.{count}.{total}")
            newest = max(newest, ctime)
    now = reader.now()
    is_settled = settled(newest, now) and not walked.vanished
    if not is_settled:
        signed.append(f"at.{now}")
    return " ".join(signed), is_settled


def _users(accounts: Accounts, settings: Settings, numbers: set[int]) -> Iterator[tuple[int, str]]:
    for name in {settings.policy.owner, *(rule.owner for rule in settings.policy.rules)} - {""}:
        account = accounts.user(name)
        if account:
            numbers.discard(account.uid)
            yield account.uid, name
    for uid in numbers - {-1}:
        yield uid, accounts.user_name(uid)


def _groups(accounts: Accounts, settings: Settings, numbers: set[int]) -> Iterator[tuple[int, str]]:
    for name in {settings.policy.group, *(rule.group for rule in settings.policy.rules)} - {""}:
        gid = accounts.group(name)
        if gid is not None:
            numbers.discard(gid)
            yield gid, name
    for gid in numbers - {-1}:
        yield gid, accounts.group_name(gid)
