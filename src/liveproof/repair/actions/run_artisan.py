"""Run artisan as the app's user, with everything that it may change kept for the undo."""

import os
import pwd
from collections.abc import Callable, Iterator, Mapping

from liveproof.host.files.openat2 import open_beneath
from liveproof.host.files.snapshot import FILE, FOLDER, NOTHING, TIMES, Image, look, read_tree
from liveproof.host.isolation.supervisor import run_kept
from liveproof.host.process.command import Identity, Ran
from liveproof.host.write.safety import why
from liveproof.model.secrets import gist
from liveproof.repair.action import PreparedAction, StepContext, action, again, parent, whole
from liveproof.repair.allowed_paths import AllowedPaths, Refused, top
from liveproof.repair.fresh_caches import fresh_caches, place
from liveproof.repair.restore import absolute
from liveproof.repair.undo_step import Places
from liveproof.steps.run_artisan import RunArtisan
from liveproof.store.journal_log import Keeper

SECONDS = 120.0
_ENTRIES = 50_000
_ROOM = 4 * 1024 * 1024
_INODES = 200
_OUTPUT = 64 * 1024


class ArtisanFailed(Exception):
    """artisan ended with an error or ran out of time; the message holds its last known words."""


@action(RunArtisan)
def run_artisan(act: RunArtisan, context: StepContext) -> PreparedAction:
    """artisan, as the app's user, in the app's directory, without a shell and with a clean environment.

    Once somebody asks to stop it is ended, like any command that failed half-way.

    Raises:
        Refused: it would run as root, or its user or PHP does not exist, or the disk has no room for what it writes.
        LeftAlone: what it may change is not the app's, or could not be put back.
        TooMuch: what it may change is too much to be kept.
    """
    identity = _identity(act, context.paths)
    found: dict[str, list[Image]] = {}
    trees: list[tuple[str, str]] = []
    for root, path in _places(act):
        with top(root, context.paths) as descriptor:
            start = _start(descriptor, path)
            trees.append((root, start))
            images = found.setdefault(root, [])
            images += _images(descriptor, start, context.keeper)
            _refuse_full(descriptor, root, start, sum(image.size for image in images if image.kind == FILE))
    before = tuple((root, _once(images)) for root, images in found.items())
    ran: list[Ran] = []

    def do() -> Places:
        with fresh_caches(act, identity, context) as fresh:
            ran.append(_run(act, identity, context.stopped, fresh.environment))
            if ran[0].status == 0 and not ran[0].timed_out:
                fresh.put_in_place()
        after = []
        for root, images in before:
            with top(root, context.paths) as descriptor:
                after.append((root, again(descriptor, images, tuple(path for of, path in trees if of == root))))
        return tuple(after)

    return PreparedAction(
        before,
        do,
        trees=tuple(trees),
        verify=lambda: _judge(act, ran[0]),
        output=lambda: "".join(map(_output, ran)),
    )


def _identity(act: RunArtisan, paths: AllowedPaths) -> Identity:
    if not os.access(act.php, os.X_OK) or not act.php.startswith("/"):
        raise Refused(f"{act.php or 'PHP'} cannot be run, so artisan cannot")
    try:
        account = pwd.getpwnam(act.user)
    except KeyError:
        raise Refused(f"artisan cannot be run: there is no user {act.user}") from None
    app = paths.app
    gid, groups = (app.gid, app.groups) if app.uid == account.pw_uid else (account.pw_gid, ())
    if account.pw_uid == 0:
        raise Refused("artisan is not run: the app's user is root, and code of the app is never run as root")
    return Identity(account.pw_uid, gid, groups or tuple(os.getgrouplist(act.user, gid)), account.pw_dir)


def _places(act: RunArtisan) -> Iterator[tuple[str, str]]:
    """Root and path of everything that it may write; where a link of the app leads out, the directory behind it."""
    return (place(act.app, written) for written in act.writes)


def _start(root: int, path: str) -> str:
    """The path, or the first directory on its way that is missing: artisan may make that one."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        above = "/".join(parts[:count])
        if look(root, above).kind == NOTHING:
            return above
    return path


def _images(root: int, start: str, keeper: Keeper | None) -> Iterator[Image]:
    for count, image in enumerate(read_tree(root, start, lambda name: whole(root, name, keeper))):
        if count > _ENTRIES:
            raise Refused(f"{start} holds more than {_ENTRIES} entries, which is too much to be kept for the undo")
        yield image
    if start != ".":
        above = look(root, parent(start), TIMES)
        if above.kind == FOLDER:
            yield above


def _once(images: list[Image]) -> tuple[Image, ...]:
    """Each path once: several of the places that a command writes may hold one another."""
    found: dict[tuple[str, bool], Image] = {}
    for image in images:
        found.setdefault((image.path, image.scope == TIMES), image)
    return tuple(found.values())


def _refuse_full(top: int, root: str, start: str, size: int) -> None:
    """A cache that the disk had no room for would be cut off, and the app with it."""
    folder = start if look(top, start).kind == FOLDER else parent(start)
    descriptor = open_beneath(top, folder)
    try:
        free = os.fstatvfs(descriptor)
    finally:
        os.close(descriptor)
    place = absolute(root, folder)
    if free.f_bavail * free.f_frsize < 2 * size + _ROOM:
        left = free.f_bavail * free.f_frsize / (1 << 20)
        raise Refused(f"the file system of {place} has {left:.1f} MB left: artisan is not run")
    if free.f_files and free.f_favail < _INODES:
        raise Refused(f"the file system of {place} has {free.f_favail} inodes left: artisan is not run")


def _run(act: RunArtisan, identity: Identity, stopped: Callable[[], bool], env: Mapping[str, str]) -> Ran:
    # Should liveproof be killed, artisan must not go on behind the back of whoever rolls the run back.
    argv = (act.php, "artisan", *act.arguments, "--no-interaction", "--no-ansi")
    try:
        return run_kept(
            argv, identity=identity, cwd=act.app, timeout=SECONDS, umask=act.umask, env=env, unwanted=stopped
        )
    except OSError as error:
        raise ArtisanFailed(f"artisan {act.arguments[0]} cannot be run: {why(error)}") from None


def _judge(act: RunArtisan, ran: Ran) -> None:
    name = " ".join(act.arguments)
    if ran.timed_out:
        raise ArtisanFailed(f"artisan {name} did not end in {SECONDS:.0f} s")
    if ran.status != 0:
        output = [line for line in _output(ran).splitlines() if line.strip()]
        raise ArtisanFailed(f"artisan {name} failed with status {ran.status}: {' / '.join(output[-4:])[:600]}")


def _output(ran: Ran) -> str:
    """What it printed, a line at a time, in known words only: an exception may hold any secret of the app."""
    text = f"{ran.text[-_OUTPUT:]}\n{ran.errors[-_OUTPUT:]}"
    result = (gist(line) for line in text.splitlines()[-200:])
    return "\n".join(line for line in result if line.strip("… "))
