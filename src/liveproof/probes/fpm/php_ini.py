"""Which php.ini files a php-fpm reads: php.ini itself, and those of the directories that it scans."""

from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import signature
from liveproof.host.process.command import run
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.probes.fpm.masters import Found, option
from liveproof.store.cache import Cache

_PATIENCE = 5.0
# PHP looks for a file of the SAPI's own name first (php.net: configuration.file).
_NAMES = ("php-fpm-fcgi.ini", "php.ini")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a program looks: a directory for php.ini, the file that it found (empty: none), directories to scan."""

    directory: str
    file: str
    scanned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IniFiles:
    """The files that are there now, and the patterns that the scanned ones match."""

    files: tuple[str, ...]
    patterns: tuple[str, ...]


def ini_files(reader: Reader, cache: Cache, found: Found) -> IniFiles | None:
    """The ini files of a master; None where its program cannot tell, or must not be run."""
    argv = next((argv for argv in found.service.start if argv), ()) if found.service else ()
    if "-n" in argv or "--no-php-ini" in argv:
        return IniFiles((), ())
    if not found.trusted or not found.binary:
        return None
    chosen = option(argv, "-c", "--php-ini")
    try:
        places = cache.entry("fpm-ini", found.binary).memoised(
            (signature(reader, found.binary), chosen) if signature(reader, found.binary) else (),
            lambda: parse(run([found.binary, *(("-c", chosen) if chosen else ()), "-i"], timeout=_PATIENCE).text),
            Places,
            keep=lambda places: bool(places.directory),
        )
    except (OSError, CannotSee):
        return None
    if not places.directory:
        return None
    candidates = [places.file] if places.file else [f"{places.directory}/{name}" for name in _NAMES]
    patterns = tuple(f"{directory}/*.ini" for directory in places.scanned)
    scanned = [path for pattern in patterns for path in reader.glob(pattern)]
    return IniFiles(tuple(path for path in (*candidates, *scanned) if _there(reader, path)), patterns)


def parse(text: str) -> Places:
    """What ``php-fpm -i`` tells, as text or, where html_errors has it so, as HTML with one row a line."""
    told = dict(_pair(line) for line in text.splitlines()[:200])
    directory = _given(told.get("Configuration File (php.ini) Path", ""))
    file = _given(told.get("Loaded Configuration File", ""))
    scanned = _given(told.get("Scan this dir for additional .ini files", ""))
    return Places(directory or file.rpartition("/")[0], file, tuple(part for part in scanned.split(":") if part))


def _pair(line: str) -> tuple[str, str]:
    plain = line.replace('</td><td class="v">', " => ").replace('<tr><td class="e">', "").replace("</td></tr>", "")
    name, _, value = plain.partition("=>")
    return name.strip(), value.strip()


def _given(value: str) -> str:
    return value if value.startswith("/") else ""


def _there(reader: Reader, path: str) -> bool:
    try:
        status = reader.stat(path)
    except OSError:
        return False
    return status is not None and status.is_file
