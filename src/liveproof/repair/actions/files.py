"""Steps that change owners and modes, make directories, remove and write files, and point links."""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from liveproof.host.files import trusted
from liveproof.host.files.snapshot import FILE, FOLDER, LINK, META, NOTHING, TIMES, WHOLE, Image, look
from liveproof.host.write import safety, service_control, writer
from liveproof.host.write.safety import Gone, LeftAlone
from liveproof.model.plan import (
    ChangeMode,
    ChangeOwner,
    MakeDirectory,
    Moded,
    Owned,
    PointSymlink,
    RemoveFile,
    WriteFile,
)
from liveproof.repair.allowed_paths import Refused, Site, top
from liveproof.repair.prepared import Ready, again, parent, whole
from liveproof.repair.restore import absolute
from liveproof.store.journal_log import Keeper

_CONFIGURATION_LIMIT = 8 * 1024 * 1024

Pause = Callable[[], None]

_E = TypeVar("_E", Owned, Moded)


def change_owner(act: ChangeOwner, site: Site, pause: Pause) -> Ready:
    """Entries get another owner. One that vanished needs none.

    Raises:
        LeftAlone: an entry is not as the plan says, or not safe to change.
    """
    found = []
    for entry, image in _surveyed(act.root, act.entries, site):
        if (image.uid, image.gid) != (entry.uid, entry.gid):
            raise LeftAlone(entry.path, f"belongs to {image.uid}:{image.gid} by now, not to {entry.uid}:{entry.gid}")
        found.append(image)
    goals = [
        replace(image, uid=image.uid if act.uid == -1 else act.uid, gid=image.gid if act.gid == -1 else act.gid)
        for image in found
    ]
    return _changing(act.root, site, list(zip(found, goals, strict=True)), pause)


def change_mode(act: ChangeMode, site: Site, pause: Pause) -> Ready:
    """Entries get other permission bits.

    Raises:
        LeftAlone: an entry is not as the plan says, or not safe to change.
    """
    pairs = []
    for entry, image in _surveyed(act.root, act.entries, site):
        if image.kind == LINK:
            raise LeftAlone(entry.path, "is a symbolic link by now, which has no mode of its own")
        if image.mode != entry.mode:
            raise LeftAlone(entry.path, f"has mode {image.mode:04o} by now, not {entry.mode:04o}")
        if image.kind == FILE and entry.new & 0o6000:
            raise LeftAlone(entry.path, "would become setuid or setgid, which liveproof gives no file")
        pairs.append((image, replace(image, mode=entry.new)))
    return _changing(act.root, site, pairs, pause)


def _surveyed(tree: str, entries: Sequence[_E], site: Site) -> list[tuple[_E, Image]]:
    """The entries as they are now; those that vanished are left out.

    Raises:
        LeftAlone: an entry is not safe to change.
    """
    found = []
    with top(tree, site, paths=tuple(entry.path for entry in entries)) as root:
        for entry in entries:
            with suppress(Gone):
                image = safety.survey(root, entry.path)
                site.refuse_sealed(tree, entry.path, image.mode)
                found.append((entry, image))
    return found


def _changing(root: str, site: Site, pairs: list[tuple[Image, Image]], pause: Pause) -> Ready:
    paths = tuple(image.path for image, _ in pairs)

    def do() -> tuple[tuple[str, tuple[Image, ...]], ...]:
        after = []
        with top(root, site, paths=paths) as descriptor:
            for image, goal in pairs:
                pause()
                try:
                    mode = -1 if image.kind == LINK else goal.mode
                    after.append(writer.change(descriptor, image, uid=goal.uid, gid=goal.gid, mode=mode))
                except Gone:
                    after.append(Image(image.path, META))
        return ((root, tuple(after)),)

    before = ((root, tuple(image for image, _ in pairs)),)
    return Ready(before, do, goals=((root, tuple(goal for _, goal in pairs)),))


def make_directory(act: MakeDirectory, site: Site) -> Ready:
    """A missing directory.

    Raises:
        LeftAlone: something stands there by now, or its parent is gone.
    """
    with top(act.root, site) as root:
        now = look(root, act.path)
        if now.kind != NOTHING:
            raise LeftAlone(act.path, "has come into being since it was looked at")
        above = look(root, parent(act.path), TIMES)
        if above.kind == FOLDER:
            safety.refuse_unsafe_place(root, now)
        elif absolute(act.root, parent(act.path)) not in site.directories:
            raise LeftAlone(parent(act.path), "is no directory by now")
    before = (now, above)

    def do() -> tuple[tuple[str, tuple[Image, ...]], ...]:
        with top(act.root, site) as descriptor:
            made = writer.make_directory(descriptor, act.path, act.uid, act.gid, act.mode)
            return ((act.root, (made, look(descriptor, above.path, TIMES))),)

    return Ready(((act.root, before),), do)


def remove_file(act: RemoveFile, site: Site, keeper: Keeper | None) -> Ready:
    """A derived file goes; its content is kept.

    Raises:
        LeftAlone: it is no plain file, or not safe to remove.
    """
    with top(act.root, site) as root:
        image = whole(root, act.path, keeper)
        site.refuse_sealed(act.root, act.path, image.mode)
        if image.kind != FILE:
            raise LeftAlone(act.path, "is gone" if image.kind == NOTHING else "is no file by now")
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, parent(act.path), TIMES))

    def do() -> tuple[tuple[str, tuple[Image, ...]], ...]:
        with top(act.root, site) as descriptor:
            writer.remove(descriptor, image)
            return ((act.root, again(descriptor, before)),)

    return Ready(((act.root, before),), do)


def write_file(act: WriteFile, site: Site, temporary: str, keeper: Keeper | None) -> Ready:
    """A configuration file of root's gets another content, which a test of its program then judges.

    Raises:
        Refused: no service reads it, somebody else could have written it, or the plan was made from another content.
        LeftAlone: it is not safe to replace.
    """
    if os.path.realpath(act.path) not in site.configuration:
        raise Refused(f"{act.path} is not written: neither the running nginx nor PHP-FPM reads it")
    try:
        content, _ = trusted.read(act.path, limit=_CONFIGURATION_LIMIT, owner=os.geteuid())
    except trusted.Untrusted as error:
        raise Refused(f"{act.path} is not written: {error}") from None
    except OSError as error:
        raise LeftAlone(act.path, f"cannot be read: {safety.why(error)}") from None
    if hashlib.sha256(content).hexdigest() != act.old_sha256:
        raise LeftAlone(act.path, "has another content by now")
    folder, _, name = os.path.realpath(act.path).rpartition("/")
    with top(folder or "/", None) as root:
        image = whole(root, name, keeper)
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, ".", TIMES))
    wanted = replace(image, mtime=0, atime=0)
    new = act.content.encode(errors="surrogateescape")

    def do() -> tuple[tuple[str, tuple[Image, ...]], ...]:
        with top(folder or "/", None) as descriptor:
            writer.put_file(descriptor, image, wanted, (new,), temporary)
            return ((folder or "/", again(descriptor, before)),)

    return Ready(((folder or "/", before),), do, then=lambda: service_control.test(act.test))


def point_symlink(act: PointSymlink, site: Site, temporary: str) -> Ready:
    """A symbolic link leads elsewhere, at once.

    Raises:
        LeftAlone: it is no link by now, or leads elsewhere already.
    """
    folder, _, name = act.path.rpartition("/")
    folder = os.path.realpath(folder)
    with top(folder, site) as root:
        image = look(root, name, WHOLE)
        if image.kind != LINK or image.target != act.old:
            raise LeftAlone(name, f"is no link to {act.old} by now")
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, ".", TIMES))
    wanted = replace(image, target=act.target, mtime=0, atime=0)

    def do() -> tuple[tuple[str, tuple[Image, ...]], ...]:
        with top(folder, site) as descriptor:
            writer.put_link(descriptor, image, wanted, temporary)
            return ((folder, again(descriptor, before)),)

    return Ready(((folder, before),), do)
