"""Steps that give entries of an app's tree the owner and mode they should have, and nothing else. Pure."""

from collections.abc import Collection, Iterable, Iterator

from liveproof.analysis.files import floors
from liveproof.analysis.files.ownership import MOST, WRITTEN, Mismatch
from liveproof.analysis.files.permissions import shift
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.plan import Step
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned

_UNDO = "the owners noted in the journal are restored"
_MODE_UNDO = "the modes noted in the journal are restored"


@dataclass(frozen=True, slots=True)
class Given:
    """An entry, the class it is of now, and what it should have: owner, group and permission bits."""

    path: str
    now: FileClass
    uid: int
    gid: int
    mode: int


def classes_of(files: Files, paths: Iterable[str]) -> dict[str, FileClass]:
    """The class of each of these paths that the walk saw as a file or directory."""
    wanted = set(paths)
    found: dict[str, FileClass] = {}
    for kind in files.classes:
        if wanted and kind.kind in "df":
            for path in wanted.intersection(kind.paths()):
                found[path] = kind
    return found


def given(mismatch: Mismatch, kinds: dict[str, FileClass]) -> Given:
    """A mismatch as what its entry should have."""
    return Given(
        mismatch.path,
        kinds[mismatch.path],
        mismatch.uid if mismatch.want_uid == -1 else mismatch.want_uid,
        mismatch.gid if mismatch.want_gid == -1 else mismatch.want_gid,
        mismatch.mode if mismatch.want_mode == -1 else mismatch.want_mode,
    )


def opened(entry: Given, app: App, bits: int) -> Given:
    """The entry with the bits added that the app's user then needs."""
    added = 0 if app.uid == 0 else bits << shift(entry.uid, entry.gid, app)
    return Given(entry.path, entry.now, entry.uid, entry.gid, entry.mode | added)


def apart(files: Files, entries: Iterable[Given]) -> tuple[list[Given], list[tuple[Given, str]]]:
    """The entries that may be changed, and those that no step may change, each with the reason."""
    fine: list[Given] = []
    collected: list[tuple[Given, str]] = []
    for entry, why in _floors(files, entries):
        if why:
            collected.append((entry, why))
        else:
            fine.append(entry)
    return fine, collected


def _floors(files: Files, entries: Iterable[Given]) -> Iterator[tuple[Given, str]]:
    """Each entry with the reason why no step may change it, or nothing."""
    directories: frozenset[str] | None = None
    for entry in entries:
        now = entry.now
        why = floors.sealed(entry.path, now.mode)
        # What the app itself writes (sessions, views, caches) is private to its user, and holds no one else's keys.
        if not why and floors.private(now.mode) and now.section not in WRITTEN:
            if now.kind == "d" and directories is None:
                directories = floors.code_directories(files.classes)
            holds = entry.path in (directories or ()) if now.kind == "d" else floors.code(entry.path, now.section)
            if not holds:
                why = f"{entry.path} ({now.mode:04o}) is only its owner's to use and holds no code"
        yield entry, why


def too_many(count: int) -> str:
    """Why so many entries are not changed."""
    return (
        f"{count} entries are to be changed, and liveproof changes {MOST} in one run at most, for it writes down what "
        "each was before"
    )


def refusal(app: App, files: Files, entries: Collection[Given]) -> str:
    """Why a person should change these entries and not liveproof; empty when nothing speaks against it."""
    if len(entries) > MOST:
        return too_many(len(entries))
    for entry, why in _floors(files, entries):
        if why:
            return why
        if entry.now.linked and (entry.uid, entry.gid, entry.mode) != (entry.now.uid, entry.now.gid, entry.now.mode):
            return f"{entry.path} has another name elsewhere (a hard link), which a change here would change too"
        root, _ = files.place(entry.path)
        base = deployment(app)
        if root != files.root and not root.startswith(f"{base}/"):
            return f"{entry.path} lies in {root}, outside of {base}"
    return ""


def deployment(app: App) -> str:
    """The directory that holds all of the app: itself, or what its link and its release have in common."""
    link, real = app.path.split("/"), app.real.split("/")
    common = 0
    while common < min(len(link), len(real)) and link[common] == real[common]:
        common += 1
    # A first-level directory (/srv, /var) holds more than one deployment.
    return "/".join(link[:common]) if common > 2 else app.real


def steps(files: Files, entries: Iterable[Given], why: str) -> Iterator[Step]:
    """Changes of owner, one per owner, then changes of mode; only for entries that need them."""
    owners: dict[tuple[str, int, int], list[Owned]] = {}
    moded: dict[str, list[Moded]] = {}
    for entry in sorted(entries, key=lambda entry: entry.path):
        root, path = files.place(entry.path)
        uid = -1 if entry.uid == entry.now.uid else entry.uid
        gid = -1 if entry.gid == entry.now.gid else entry.gid
        if (uid, gid) != (-1, -1):
            owners.setdefault((root, uid, gid), []).append(Owned(path, entry.now.uid, entry.now.gid))
        if entry.mode != entry.now.mode:
            moded.setdefault(root, []).append(Moded(path, entry.now.mode, entry.mode))
    for (root, uid, gid), owned in sorted(owners.items()):
        yield Step(ChangeOwner(root, tuple(owned), uid, gid, _names(files, uid, gid)), why, _UNDO)
    for root, changed in sorted(moded.items()):
        yield Step(ChangeMode(root, tuple(changed)), why, _MODE_UNDO)


def _names(files: Files, uid: int, gid: int) -> str:
    """As chown(1) takes it: without the half that stays."""
    user, _, group = files.owner(uid, gid).partition(":")
    return user if gid == -1 else f"{'' if uid == -1 else user}:{group}"
