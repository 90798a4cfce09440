"""PHP files that the app can load: parsed by the pool's version of PHP, and remembered by size and times.

A first look at a large vendor directory is bounded; the next check goes on with what was left.
"""

import os
import stat as modes
from collections.abc import Sequence

from liveproof.analysis.laravel.composer_maps import STATIC, Maps, Unreadable, read_maps
from liveproof.host.deadline import left
from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import TICK_NS, Inputs, State
from liveproof.host.process.command import Identity
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.php_files import BrokenFile, PhpFiles
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.php_files.candidates import Candidate, candidates, is_usual
from liveproof.probes.php_files.parsing import Php, parse
from liveproof.store.cache import Cache

_SECONDS = 1.5  # for parsing in one check: half of what a first check takes besides
_SHARE = 0.3
_LARGE = 8 << 20
_MAPS_LIMIT = 64 << 20
_MOST = 200
_ON = ("1", "on", "yes", "true")
_PLACES = ("/usr/bin/php{}", "/usr/local/bin/php{}", "/usr/bin/php", "/usr/local/bin/php")


def probe(reader: Reader, cache: Cache, app: App, files: Files, opcache: Opcache | Unknown | Absent) -> PhpFiles:
    """Parse what has changed since it was last parsed.

    Raises:
        CannotSee: no PHP can be run for it, or the tree could not be read.
    """
    if unseen := files.unseen("code", "public", "vendor"):
        raise CannotSee(unseen.reason)
    phps = _phps(reader, app, opcache)
    held = _held(opcache)

    def look() -> tuple[PhpFiles, Inputs]:
        maps = _maps(reader, app)
        wanted = candidates(app, files, maps, held)
        outside = tuple(one.path for one in wanted if not one.path.startswith((files.root, *_followed(files))))
        return _parsed(reader, cache, app, phps, wanted), Inputs((*outside, *(php.path for php in phps)))

    def keep(found: PhpFiles, _: State) -> bool:
        return not found.left and not found.unread

    only_held = tuple(sorted(path for path in held if not is_usual(path)))
    named = (files.signature, tuple((php.version, php.short_tags) for php in phps), app.uid, only_held)
    entry = cache.entry("php-files", app.real)
    signature = named if files.settled else ()
    return entry.memoised_by_inputs(reader, signature, look, PhpFiles, keep=keep)[0]


def _followed(files: Files) -> tuple[str, ...]:
    return tuple(target for _, target in files.followed)


def _phps(reader: Reader, app: App, opcache: Opcache | Unknown | Absent) -> tuple[Php, ...]:
    """One for each version of the app's pools.

    Raises:
        CannotSee: there is none, or nobody to run it as.
    """
    if app.uid <= 0 or app.gid < 0:
        who = f"the app's user {app.user!r} is not known" if app.uid else "the pool runs as root"
        raise CannotSee(f"whether PHP files parse: {who}, and liveproof runs PHP as the app's user only")
    identity = Identity(app.uid, app.gid, app.groups)
    short: dict[str, bool] = {}
    for pool in opcache.seen if isinstance(opcache, Opcache) else ():
        version = ".".join(pool.php.split(".")[:2])
        short[version] = short.get(version, False) or pool.setting("short_open_tag").lower() in _ON
    versions = sorted({pool.partition("/")[0] for pool in app.pools} - {""})
    if not versions:
        raise CannotSee("whether PHP files parse: no PHP-FPM pool is known to serve the app, whose version would tell")
    return tuple(Php(_program(reader, version), version, identity, short.get(version, False)) for version in versions)


def _program(reader: Reader, version: str) -> str:
    for form in _PLACES:
        path = form.format(version)
        status = reader.stat(path)
        if status and status.is_file and status.mode & 0o111:
            return path
    raise CannotSee("no command line PHP is installed to parse files with (install the php-cli package)")


def _held(opcache: Opcache | Unknown | Absent) -> frozenset[str]:
    pools = opcache.seen if isinstance(opcache, Opcache) else ()
    storage = ("/storage/framework/", "/bootstrap/cache/")
    return frozenset(
        script.path
        for pool in pools
        for script in pool.scripts
        if script.exists and not any(place in script.path for place in storage)
    )


def _maps(reader: Reader, app: App) -> Maps | None:
    path = reader.resolve(f"{app.real}/{STATIC}")
    try:
        return read_maps(reader.read(path, _MAPS_LIMIT), path.rpartition("/")[0])
    except (OSError, CannotSee, Unreadable):
        return None  # a rule about Composer tells that


@dataclass(frozen=True, slots=True)
class _Remembered:
    """Files that parsed: path to size and times."""

    files: dict[str, str]


def _parsed(reader: Reader, cache: Cache, app: App, phps: Sequence[Php], wanted: Sequence[Candidate]) -> PhpFiles:
    broken: dict[str, BrokenFile] = {}
    unread: set[str] = set()
    looked, rest = 0, 0
    states = {one.path: found for one in wanted if (found := _state(one.path))}
    for one in wanted:
        size = states.get(one.path, (1, 0, 0))[0]
        if not size and one.holds:
            broken[one.path] = BrokenFile(one.path, "empty", 0, True)
        elif size > _LARGE and one.loaded:
            unread.add(one.path)
    files = [one for one in wanted if 0 < states.get(one.path, (0, 0, 0))[0] <= _LARGE]
    for php in phps:
        entry = cache.entry("php-files-parsed", app.real, php.version)
        signature = ("parsed", php.short_tags)
        kept = entry.recall(signature, _Remembered) or _Remembered({})
        known = {path: text for path, text in kept.files.items() if text == _text(states.get(path))}
        new = [one for one in files if one.path not in known]
        begun = reader.now()
        done = parse(php, new, min(_SECONDS, left() * _SHARE))
        bad = {one.path for one in done.broken} | set(done.unread)
        loaded = {one.path for one in new if one.loaded}
        broken.update({one.path: one for one in done.broken})
        unread |= set(done.unread) & loaded
        for one in new[: done.looked_at]:
            if one.path not in bad and states[one.path][2] < begun * 1e9 - TICK_NS:
                known[one.path] = _text(states[one.path])
        if new:
            entry.keep(signature, _Remembered(known), _Remembered)
        rest = max(rest, len(new) - done.looked_at)
        looked = len(files) - rest
    return PhpFiles(
        tuple(php.version for php in phps),
        looked - len(broken),
        tuple(broken.values())[:_MOST],
        rest,
        tuple(sorted(unread))[:_MOST],
        "",
    )


def _state(path: str) -> tuple[int, int, int] | None:
    """Size, mtime and ctime of a regular file. There may be ten thousand, so it is asked directly."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not modes.S_ISREG(status.st_mode):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _text(state: tuple[int, int, int] | None) -> str:
    return " ".join(map(str, state)) if state else ""
