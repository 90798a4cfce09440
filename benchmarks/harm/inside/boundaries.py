"""One swap of the pool's user at one exact moment of a step or of its undo; a JSON line a round.

Every call into the kernel and of a function, where the tree is looked at or changed, is a moment. The swap is made
by a process of that user's, which has nothing but that user's rights. Arguments: rounds, seconds, seed, uid.
"""

import hashlib
import json
import os
import random
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Self

from liveproof.host.write.safety import LeftAlone
from liveproof.model.facts.apps import App
from liveproof.model.plan import Act, Plan, Step
from liveproof.repair.action import StepContext
from liveproof.repair.actions.run_artisan import ArtisanFailed
from liveproof.repair.allowed_paths import AllowedPaths, Refused
from liveproof.repair.journal import Journal
from liveproof.repair.rollback import take_back_run
from liveproof.repair.runner import Runner
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.point_symlink import PointSymlink
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.store import lock
from liveproof.store.runs import list_runs

BASE, OUT = "/var/www/race", "/var/www/outside"
TREE = f"{BASE}/app"
WORK, SPARE = f"{TREE}/d/e", f"{TREE}/spare"
FILES = 3
# Whatever opens, looks at, judges or changes what lies in the tree; the journal lies elsewhere.
DOORS = (
    *(f"/liveproof/host/{name}.py" for name in ("files/snapshot", "write/safety", "write/writer")),
    *(
        f"/repair/{name}.py"
        for name in ("action", "allowed_paths", "entries", "fresh_caches", "restore", "rollback", "undo_step")
    ),
    "/repair/actions/",
    "/repair/runner.py",
)
ARTISAN = (
    '<?php chdir(__DIR__ . "/d/e"); file_put_contents("made", "x"); @copy("made", "new"); @rename("new", "f1");'
    ' @unlink("f2"); @mkdir("k");'
)
EXPECTED = (LeftAlone, Refused, ArtisanFailed, OSError)


def plant(uid: int) -> None:
    """A tree of the pool's user with files of root's, and beside it what must never change."""
    for top in (BASE, OUT):
        shutil.rmtree(top, ignore_errors=True)
    for folder in (WORK, f"{SPARE}/e", f"{TREE}/public", f"{OUT}/e"):
        os.makedirs(folder)
    for number in range(FILES):
        for path in (f"{WORK}/f{number}", f"{OUT}/e/f{number}", f"{OUT}/f{number}", f"{SPARE}/e/f{number}"):
            with open(path, "w") as file:
                file.write(path)
            os.chmod(path, 0o600)
        os.chown(f"{SPARE}/e/f{number}", uid, uid)
    shutil.copy("/usr/bin/id", f"{OUT}/setuid")
    os.chmod(f"{OUT}/setuid", 0o4755)
    os.link(f"{OUT}/e/f0", f"{SPARE}/hard")
    os.link(f"{OUT}/setuid", f"{SPARE}/setuid")
    os.symlink("e", f"{TREE}/d/current")
    with open(f"{TREE}/artisan", "w") as file:
        file.write(ARTISAN)
    for path in (
        TREE,
        f"{TREE}/d",
        WORK,
        SPARE,
        f"{SPARE}/e",
        f"{TREE}/public",
        f"{TREE}/d/current",
        f"{TREE}/artisan",
    ):
        os.lchown(path, uid, uid)
    os.chown(BASE, uid, uid)


def outside() -> dict[str, object]:
    """What must not change: owner, mode and content."""
    found: dict[str, object] = {}
    for folder, names, files in os.walk(OUT):
        for name in (*names, *files, "."):
            path = os.path.normpath(f"{folder}/{name}")
            found[path] = _told(path)
    for path in ("/etc", "/etc/cron.d", "/etc/passwd", "/etc/shadow", "/root", "/var/www"):
        found[path] = _told(path)
    return found


def _told(path: str) -> object:
    seen = os.lstat(path)
    content = ""
    if stat.S_ISREG(seen.st_mode):
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha1").hexdigest()
    elif stat.S_ISDIR(seen.st_mode) and path != "/var/www":
        content = " ".join(sorted(os.listdir(path)))
    return seen.st_mode, seen.st_uid, seen.st_gid, content


def _aside(path: str, target: str) -> None:
    os.rename(path, f"{path}.away")
    os.symlink(target, path)


def _instead(path: str, make: Callable[[str], object]) -> None:
    os.unlink(path)
    make(path)


def _temporary(make: Callable[[str], object]) -> None:
    paths = [f"{folder}/{name}" for folder in (WORK, f"{TREE}/d") for name in os.listdir(folder)]
    _instead(next((path for path in paths if "/.liveproof-" in path), ""), make)


def _another() -> None:
    os.rename(WORK, f"{WORK}.away")
    os.rename(f"{SPARE}/e", WORK)


SWAPS: dict[str, Callable[[str], object]] = {
    "directory to a link": lambda _: _aside(WORK, f"{OUT}/e"),
    "directory to a link to /etc": lambda _: _aside(WORK, "/etc"),
    "directory to a link to /etc/cron.d": lambda _: _aside(WORK, "/etc/cron.d"),
    "directory to a link to /root": lambda _: _aside(WORK, "/root"),
    "its parent to a link": lambda _: _aside(f"{TREE}/d", OUT),
    "the app to a link": lambda _: _aside(TREE, OUT),
    "directory to another": lambda _: _another(),
    "directory gone": lambda _: shutil.rmtree(WORK),
    "directory renamed": lambda _: os.rename(WORK, f"{TREE}/d/away"),
    "file to a link": lambda path: _instead(path, lambda there: os.symlink(f"{OUT}/e/f1", there)),
    "file to a link to /etc/shadow": lambda path: _instead(path, lambda there: os.symlink("/etc/shadow", there)),
    "file to a FIFO": lambda path: _instead(path, os.mkfifo),
    "file to a directory": lambda path: _instead(path, os.mkdir),
    "file to a hard link": lambda path: os.rename(f"{SPARE}/hard", path),
    "file to a setuid file": lambda path: os.rename(f"{SPARE}/setuid", path),
    "file to another": lambda path: os.rename(f"{SPARE}/e/f2", path),
    "temporary file to a hard link": lambda _: _temporary(lambda there: os.rename(f"{SPARE}/hard", there)),
    "temporary file to a setuid file": lambda _: _temporary(lambda there: os.rename(f"{SPARE}/setuid", there)),
    "temporary file to a link": lambda _: _temporary(lambda there: os.symlink(f"{OUT}/e/f1", there)),
    "temporary file to a FIFO": lambda _: _temporary(os.mkfifo),
    "there and back": lambda _: _aside(WORK, f"{OUT}/e"),
}


def _put_back() -> None:
    os.unlink(WORK)
    os.rename(f"{WORK}.away", WORK)


class Swapper:
    """The pool's user, in a process of its own: makes a swap when it is told to, and answers when it is made."""

    def __init__(self, uid: int) -> None:
        wanted, self._ask = os.pipe()
        self._answer, done = os.pipe()
        if os.fork() == 0:
            os.close(self._ask)
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            while row := os.read(wanted, 200):
                name, path = row.decode().split("\t")
                try:
                    _put_back() if name == "back" else SWAPS[name](path)
                except OSError:
                    os.write(done, b"-")
                else:
                    os.write(done, b"+")
            os._exit(0)
        os.close(wanted)
        os.close(done)

    def swap(self, name: str, path: str = "") -> bool:
        """Whether it could be made; returns once it is."""
        os.write(self._ask, f"{name}\t{path}".encode())
        return os.read(self._answer, 1) == b"+"


class Moments:
    """Counts the moments of what runs inside a ``with``; at one, or at the first where it can be, a swap is made."""

    def __init__(self, swapper: Swapper, at: int = 0, name: str = "", path: str = "") -> None:
        self.count = 0
        self.made = False
        self._swapper, self._at, self._name, self._path = swapper, at, name, path
        self._process = os.getpid()

    def __enter__(self) -> Self:
        sys.setprofile(self._moment)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _moment(self, frame: FrameType, event: str, what: object) -> None:
        of_kernel = event == "c_call" and getattr(what, "__module__", "") in ("posix", "_posixsubprocess")
        if (event != "call" and not of_kernel) or not any(door in frame.f_code.co_filename for door in DOORS):
            return
        if os.getpid() != self._process:
            return
        self.count += 1
        if not self._at or self.count < self._at:
            return
        if self.made:
            self._at = 0
            self._swapper.swap("back")
        else:
            self.made = self._swapper.swap(self._name, self._path)
            # Some swaps are made undone again two moments later.
            self._at = 0 if self.made and self._name != "there and back" else self.count + 2 * self.made


def acts(uid: int) -> dict[str, Act]:
    """One of each kind that changes files."""
    paths = [f"d/e/f{number}" for number in range(FILES)]
    return {
        "owners": ChangeOwner(TREE, tuple(Owned(path, 0, 0) for path in paths), uid, uid, "www-data:www-data"),
        "modes": ChangeMode(TREE, tuple(Moded(path, 0o600, 0o644) for path in paths)),
        "a directory": MakeDirectory(TREE, "d/e/new", uid, uid, 0o755),
        "a removal": RemoveFile(TREE, "d/e/f1"),
        "a link": PointSymlink(f"{TREE}/d/current", "e", "../spare"),
        "artisan": RunArtisan(TREE, "www-data", "/usr/bin/php", ("x",), ("d/e",)),
    }


def once(act: Act, app: App, doing: Moments, undoing: Moments) -> str:
    """A step and its undo; what came of it."""
    step = Step(act, "why", "undo")
    journal = Journal.begin(Plan(TREE, (step,), (), (), (), "digest"))
    said = "done"
    try:
        with doing:
            Runner(StepContext(AllowedPaths(app))).apply(journal, 0, step)
    except EXPECTED as error:
        said = type(error).__name__
    journal.close()
    run = next(run for run in list_runs() if run.id == journal.run)
    try:
        with undoing:
            back = take_back_run(run, lambda _: None, stop_started=True)
        said += ", taken back" if back.complete else ", left alone in part"
    except OSError as error:
        said += f", {type(error).__name__}"
    shutil.rmtree(run.directory)
    return said


def left() -> list[str]:
    """Temporary files that are still there."""
    found = []
    for top in (BASE, OUT, "/etc", "/root"):
        for folder, names, files in os.walk(top):
            found += [f"{folder}/{name}" for name in (*names, *files) if name.startswith(".liveproof-")]
    return found


def rounds(count: int, seconds: float, chance: random.Random, uid: int) -> Iterator[dict[str, object]]:
    """The rounds, until they are done or the time is up."""
    app = App(TREE, TREE, f"{TREE}/public", "www-data", uid, uid, (uid,), (), (), laravel=True)
    swapper, known = Swapper(uid), acts(uid)
    moments = {}
    for name, act in known.items():
        plant(uid)
        doing, undoing = Moments(swapper), Moments(swapper)
        said = once(act, app, doing, undoing)
        moments[name] = doing.count, undoing.count
        yield {
            "act": name,
            "swap": "",
            "said": said,
            "lost": "" if said == "done, taken back" else f"untouched: {said}",
        }
    until = time.monotonic() + seconds
    for _ in range(count):
        if time.monotonic() > until:
            return
        name = chance.choice(list(known))
        swap, path = chance.choice(list(SWAPS)), f"{WORK}/f{chance.randrange(FILES)}"
        plant(uid)
        before, late = outside(), chance.random() < 0.4
        at = chance.randrange(1, moments[name][late] + 1)
        racing, calm = Moments(swapper, at, swap, path), Moments(swapper)
        try:
            said, lost = once(known[name], app, calm if late else racing, racing if late else calm), ""
        except Exception as error:  # noqa: BLE001  (whatever escapes is what is looked for)
            said, lost = "escaped", f"{type(error).__name__}: {error}"
        after = outside()
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        lost = lost or ", ".join([*(f"{path} changed" for path in changed), *(f"{path} is left" for path in left())])
        when = f"call {at} of the {'undo' if late else 'step'}"
        yield {
            "act": name,
            "swap": swap if racing.made else "",
            "said": said,
            "lost": f"{swap} at {when}: {lost}" if lost else "",
        }


if __name__ == "__main__":
    asked_rounds, asked_seconds, seed, user = sys.argv[1:]
    with lock.Lock():
        for row in rounds(int(asked_rounds), float(asked_seconds), random.Random(int(seed)), int(user)):
            print(json.dumps(row), flush=True)
