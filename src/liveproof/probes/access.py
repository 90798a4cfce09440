"""What the app's user may write and read, asked of the kernel as that user, where the pool's processes live."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from liveproof.analysis.files import floors, permissions, sharing
from liveproof.analysis.files.ownership import MOST, mismatches, ownership
from liveproof.analysis.laravel import places as laravel_places
from liveproof.analysis.web.serving import configuration_files
from liveproof.host.errors import CannotSee
from liveproof.host.files.immutable import fixed
from liveproof.host.process import user_access
from liveproof.host.process.command import Identity
from liveproof.host.process.user_access import READ, SEARCH, WRITE, Answer, Question
from liveproof.host.reader import Reader
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings

_CODE = ("code", "public", "vendor")
# What PHP loads; other files in these sections are nobody's or the web server's to read.
_LOADED = (".php", ".json", ".phar", ".inc", ".phtml")
# Credentials of Composer, and what only developers run.
_PRIVATE = ("auth.json",)
_UNLOADED = ("tests/", "node_modules/")
_EVERY = MOST  # what a run changes must be listed whole, or the next look lists others
_BATCH = 5000  # questions that are only counted, asked at a time
_ASKED = 20_000
_COUNTED = 200_000
_SAMPLE = 20


def probe(
    *,
    reader: Reader,
    settings: Settings,
    app: App,
    files: Files,
    fpm: Fpm | Unknown | Absent,
    laravel: Laravel | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
) -> Access:
    """Ask what the app's user may do.

    Raises:
        CannotSee: we may not become that user, or its pool lives in a chroot or another root directory.
    """
    if app.uid < 0:
        if not app.user:
            raise CannotSee(f"cannot tell which user {app.path} runs as: name it with --user, or as user under [app]")
        raise CannotSee(f"the app's user {app.user!r} does not exist on this host")
    pid, view = _view(reader, app, fpm)
    kernel = _Kernel(reader, app, pid)
    deeper, left = [*_deeper(app, files, laravel)], [*_left_behind(settings, app, files, laravel)]
    written = [*(laravel_places.written(laravel) if app.laravel else ()), *_answered(deeper)]
    logs = _logs(app, laravel)
    homes = [os.path.dirname(log) for log in logs]
    questions = [(path, WRITE | SEARCH) for path in (*written, *homes)]
    questions += [(path, WRITE) for path in (*logs, *_answered(left))]
    kernel.ask([*questions, (".", SEARCH), *_reading(app, files)])
    if kernel.answers[".", SEARCH] is Answer.MISSING:
        raise CannotSee(f"{app.path} is not there as {view} sees it")
    alike = [*_classmates(app, files, set(kernel.unreadable()))]
    kernel.ask(question for kind in alike for question in islice(_loaded(kind), _EVERY))
    result = {path: kernel.answers[path, rights] for path, rights in questions}
    denied = [*result, *kernel.unreadable(), *_mismatched(settings, app, files), *_derived(files, laravel)]
    places = [files.real(below(app, path)) for path in denied]
    # A fix may edit these; a link's own target is what would be changed.
    places += map(reader.resolve, configuration_files(fpm, nginx))
    unwritable = kernel.count([*_rest(deeper, WRITE | SEARCH), *_rest(left, WRITE)])
    unreadable = kernel.count(_unread(app, files, alike, private=False))
    return Access(
        writable=tuple((path, _may(answer, path)) for path, answer in result.items() if answer is not Answer.MISSING),
        missing=tuple(path for path, answer in result.items() if answer is Answer.MISSING),
        unreadable=tuple(sorted(kernel.unreadable())),
        asked=sum(kind.count for kind in _code(files)),
        read_only=tuple(path for path, answer in result.items() if answer is Answer.READ_ONLY),
        full=tuple(path for path, answer in result.items() if answer is Answer.FULL),
        view=view,
        fixed=tuple(sorted(fixed([*places, *map(os.path.dirname, places)]).items())),
        more_unwritable=unwritable,
        more_unreadable=unreadable,
        more_private=kernel.count(_unread(app, files, alike, private=True)),
        uncounted=kernel.uncounted,
        inherited=tuple(_inherited(reader, app, files)),
    )


class _Kernel:
    """Answers of the kernel by path below the app (or absolute) and right."""

    def __init__(self, reader: Reader, app: App, pid: int) -> None:
        self.answers: dict[Question, Answer] = {}
        self.uncounted = False
        self._reader = reader
        self._app = app
        self._pid = pid

    def ask(self, questions: Iterable[Question]) -> None:
        """Ask what was not asked yet."""
        new = [question for question in dict.fromkeys(questions) if question not in self.answers]
        if new:
            self.answers.update(zip(new, self._questions(new), strict=True))

    def count(self, questions: Iterable[Question]) -> int:
        """How many are denied; what is asked is not kept, and no more than a bounded number is asked."""
        bounded, denied = iter(questions), 0
        for _ in range(0, _COUNTED, _BATCH):
            asked = self._questions(list(islice(bounded, _BATCH)))
            denied += sum(answer in (Answer.DENIED, Answer.READ_ONLY) for answer in asked)
        self.uncounted |= next(bounded, None) is not None
        return denied

    def _questions(self, questions: list[Question]) -> tuple[Answer, ...]:
        if not questions:
            return ()
        identity = Identity(self._app.uid, self._app.gid, self._app.groups)
        places = [
            (self._app.path if path == "." else os.path.join(self._app.path, path), how) for path, how in questions
        ]
        # Each batch has a limit of time of its own, so that many questions are no hanging mount.
        batches = (places[at : at + _ASKED] for at in range(0, len(places), _ASKED))
        return tuple(answer for batch in batches for answer in user_access.ask(batch, identity, self._pid))

    def unreadable(self) -> Iterator[str]:
        """Code that was denied; what lies below a denied directory is reported by the directory alone."""
        denied = {path for (path, how), answer in self.answers.items() if not how & WRITE and answer is Answer.DENIED}
        closed = {path for path in denied if (path, SEARCH) in self.answers}
        for path in denied:
            parts = path.split("/")
            above = {"."} if path != "." else set()
            above |= {"/".join(parts[:at]) for at in range(1, len(parts))}
            if closed.isdisjoint(above):
                yield path


def _view(reader: Reader, app: App, fpm: Fpm | Unknown | Absent) -> tuple[int, str]:
    """A process of the pool, and in words in whose view of the file system is asked."""
    for master, pool in fpm.serving(app.pools) if isinstance(fpm, Fpm) else ():
        if pool.chroot:
            raise CannotSee(f"pool {pool.id} lives in the chroot {pool.chroot}, where the app has another path")
        for pid in (*(worker.pid for worker in pool.workers), master.pid):
            if pid and reader.stat(f"/proc/{pid}") is not None:
                return pid, f"process {pid} of pool {pool.id}"
    return 0, "liveproof itself (no process of a pool runs)"


def _inherited(reader: Reader, app: App, files: Files) -> Iterator[str]:
    """Shared directories whose default ACL lets the app's user write what is made in them."""
    for path in islice(sharing.shared(app, files), _EVERY):
        acl = {(tag, number): bits for tag, bits, number in reader.default_acl(files.real(path))}
        mask = next((bits for (tag, _), bits in acl.items() if tag == sharing.MASK), 7)
        named = [(sharing.USER, app.uid), *((sharing.GROUP, gid) for gid in app.groups)]
        if any(acl.get(who, 0) & mask & WRITE for who in named):
            yield path


def _answered(classes: list[list[str]]) -> Iterator[str]:
    """Of each class what is reported one by one."""
    return (path for paths in classes for path in paths[:_EVERY])


def _rest(classes: list[list[str]], rights: int) -> Iterator[Question]:
    """Of each class what is only counted."""
    return ((path, rights) for paths in classes for path in paths[_EVERY:])


def _deeper(app: App, files: Files, laravel: Laravel | Unknown | Absent) -> Iterator[list[str]]:
    """Directories below those that Laravel writes into: all that mode bits forbid, and a few of each other kind."""
    for kind in files.classes:
        if kind.section == "storage" and kind.kind == "d" and app.laravel:
            paths = [path for path in kind.paths() if path.startswith(_deeps(laravel))]
            allowed = permissions.permits(kind.mode, kind.uid, kind.gid, app, permissions.WRITE | permissions.SEARCH)
            yield _sample(paths)[:_EVERY] if allowed else paths


def _deeps(laravel: Laravel | Unknown | Absent) -> tuple[str, ...]:
    """The beginnings of paths that Laravel writes, without the views where those lie elsewhere."""
    where, views = laravel_places.storage(laravel), laravel_places.views(laravel)
    if isinstance(where, Unknown):
        return ()
    parts = ("framework/cache/", "framework/sessions/", "framework/testing/", "logs/")
    return (*(f"{where}/{part}" for part in parts), f"{views}/")


def _left_behind(
    settings: Settings, app: App, files: Files, laravel: Laravel | Unknown | Absent
) -> Iterator[list[str]]:
    """Cache entries, sessions and views that somebody left who neither deploys nor runs the app."""
    owned = ownership(settings.policy, files, app)
    welcome = {app.uid} | (set() if isinstance(owned, Unknown) else owned.accepted)
    rewritten = tuple(path for path in _deeps(laravel) if not path.endswith("/logs/"))
    for kind in files.classes if app.laravel else ():
        left = kind.section == "storage" and kind.kind == "f" and kind.uid not in welcome
        if left and not permissions.permits(kind.mode, kind.uid, kind.gid, app, permissions.WRITE):
            yield [path for path in kind.paths() if path.startswith(rewritten) and "/." not in path]


def _mismatched(settings: Settings, app: App, files: Files) -> Iterator[str]:
    """What the policy wants to have another owner or mode."""
    owned = ownership(settings.policy, files, app)
    wrong = Unknown("") if isinstance(owned, Unknown) else mismatches(owned, files, app)
    for one in islice(() if isinstance(wrong, Unknown) else wrong, _EVERY):
        yield one.path


def _derived(files: Files, laravel: Laravel | Unknown | Absent) -> Iterator[str]:
    """Caches and stale views, which may be made again or removed."""
    for kind in files.classes:
        if kind.section in ("cache", "env") and kind.kind in "df":
            yield from islice(kind.paths(), _EVERY)
    if isinstance(laravel, Laravel):
        yield from (cache.path for cache in laravel.caches)
        if laravel.stale_views and isinstance(laravel.stale_views, tuple):  # artisan makes all views again then
            yield from (view.compiled for view in laravel.stale_views)
            views = f"{laravel.compiled}/"
            for kind in files.classes:
                if kind.section == "storage" and kind.kind == "f":
                    yield from islice((path for path in kind.paths() if path.startswith(views)), _EVERY)


def _logs(app: App, laravel: Laravel | Unknown | Absent) -> tuple[str, ...]:
    named = laravel.log_files if isinstance(laravel, Laravel) and isinstance(laravel.log_files, tuple) else ()
    return tuple(dict.fromkeys(below(app, path) for path in named if path.startswith("/")))


def below(app: App, path: str) -> str:
    """A path as Access tells it: below the app where it is, else absolute."""
    for top in (app.path, app.real):
        if path.startswith(f"{top}/"):
            return path[len(top) + 1 :]
    return path


def _code(files: Files) -> Iterator[FileClass]:
    return (kind for kind in files.classes if kind.section in _CODE and kind.kind in "df")


def _loaded(kind: FileClass) -> Iterator[Question]:
    """What of a class PHP loads: the question whether that can be done."""
    for path in kind.paths():
        if not path.startswith((".", *_UNLOADED)) and "/." not in path:
            if kind.kind == "d":
                yield path, SEARCH
            elif path.endswith(_LOADED) and not path.endswith(_PRIVATE):
                yield path, READ


def _allowed(app: App, kind: FileClass) -> bool:
    bits = permissions.SEARCH if kind.kind == "d" else permissions.READ
    return permissions.permits(kind.mode, kind.uid, kind.gid, app, bits)


def _reading(app: App, files: Files) -> Iterator[Question]:
    """Code that mode bits forbid, and of every other class one entry, whose ACL may still forbid it."""
    for kind in _code(files):
        yield from islice(_loaded(kind), 1 if _allowed(app, kind) else _EVERY)


def _classmates(app: App, files: Files, unreadable: set[str]) -> Iterator[FileClass]:
    """The classes of which one entry was denied although its mode bits allow it."""
    for kind in _code(files):
        if _allowed(app, kind) and any(path in unreadable for path, _ in islice(_loaded(kind), 1)):
            yield kind


def _unread(app: App, files: Files, alike: list[FileClass], *, private: bool) -> Iterator[Question]:
    """What is asked only to be counted: what no step may open, or all else."""
    for kind in [kind for kind in _code(files) if not _allowed(app, kind)] + alike:
        for path, how in islice(_loaded(kind), _EVERY, None):
            owned = kind.kind == "f" and floors.private(kind.mode) and not floors.code(path, kind.section)
            if owned is private:
                yield path, how


def _sample(paths: list[str]) -> list[str]:
    return paths[:: max(1, len(paths) // _SAMPLE)]


def _may(answer: Answer, path: str) -> bool | Unknown:
    if answer is Answer.UNSEEN:
        return Unknown(f"{path} leads round in a circle, or cannot be read")
    return answer in (Answer.ALLOWED, Answer.FULL)
