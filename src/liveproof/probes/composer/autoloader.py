"""The autoloader's maps beside the files that are there."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from liveproof.analysis.laravel.composer_maps import STATIC, Maps, Unreadable, class_files, read_maps
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Autoloader
from liveproof.model.facts.files import Files
from liveproof.model.findings import Unknown
from liveproof.probes.composer.packages import Record

_LIMIT = 64 << 20
_MOST = 200  # names that are told
_AUTHORITATIVE = b"->setClassMapAuthoritative(true)"
_NAMESPACE = re.compile(rb"^\s*(?:<\?php\s+)?namespace\s+([\w\\]+)\s*[;{]", re.MULTILINE)
_CLASS = rb"^\s*(?:(?:final|abstract|readonly)\s+)*(?:class|interface|trait|enum)\s+(%s)\b"


def see_autoloader(
    reader: Reader, app: App, files: Files, directory: str, record: Record | None
) -> tuple[Autoloader | Unknown, tuple[str, ...]]:
    """The maps, and the files that they name outside of the app."""
    try:
        maps = read_maps(reader.read(f"{directory}/autoload_static.php", _LIMIT), directory)
        authoritative = _AUTHORITATIVE in reader.read(f"{directory}/autoload_real.php", _LIMIT)
    except Unreadable as error:
        return Unknown(f"what the autoloader loads is not known: {app.path}/{STATIC}: {error}"), ()
    except (OSError, CannotSee) as error:
        return Unknown(f"what the autoloader loads is not known: {error}"), ()
    named = [("", path) for path in maps.files] + list(maps.classes.items())
    missing = tuple((name, path) for name, path in named if not _is_there(path))
    own = list(_own_classes(reader, app, files, maps))
    directories = {path.rpartition("/")[0] for _, path in named}
    outside = {where for where in directories if not _within(where, app, directory)}
    return Autoloader(
        len(maps.classes),
        len(maps.files),
        len(maps.namespaces),
        missing[:_MOST],
        tuple(_unknown_namespaces(record, maps))[:_MOST] if record else (),
        authoritative,
        tuple((name, path) for name, declared, path in own if authoritative and name == declared)[:_MOST],
        tuple((declared, path) for name, declared, path in own if name != declared)[:_MOST],
    ), tuple(sorted({path for _, path in named if path.rpartition("/")[0] in outside}))


def _is_there(path: str) -> bool:
    # Ten thousand of them: os.stat directly, and what cannot be looked at is not missing.
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def _within(where: str, app: App, directory: str) -> bool:
    """Whether a change in the directory changes the signature of the app's tree: it is no package that is linked in."""
    return f"{os.path.realpath(where)}/".startswith((f"{app.real}/", f"{directory.rpartition('/')[0]}/"))


def _unknown_namespaces(record: Record, maps: Maps) -> Iterator[tuple[str, str]]:
    for name, package in record.packages.items():
        if name in record.development:  # `dump-autoload --no-dev` leaves them out
            continue
        for prefix in _prefixes(package):
            if prefix not in maps.namespaces:
                yield prefix, name


def _prefixes(package: Mapping[str, Any]) -> Iterator[str]:
    autoload = package.get("autoload")
    found = autoload.get("psr-4") if isinstance(autoload, dict) else None
    yield from found if isinstance(found, dict) else ()


def _own_classes(reader: Reader, app: App, files: Files, maps: Maps) -> Iterator[tuple[str, str, str]]:
    """Files of the app's own namespaces that no map names: the class by the path, the class in the file, the path."""
    vendor = f"{app.real}/vendor/"
    mapped = {*maps.classes.values(), *maps.files}
    own = [
        path
        for kind in files.classes
        if kind.section == "code" and kind.kind == "f"
        for path in map(files.real, kind.paths())
        if path.endswith(".php") and path not in mapped
    ]
    for prefix, directories in maps.namespaces.items():
        places = tuple(directory for directory in directories if not f"{directory}/".startswith(vendor))
        for name, path in class_files(places, prefix, own):
            if declared := _declared(reader, path, name):
                yield name, declared, path


def _declared(reader: Reader, path: str, name: str) -> str:
    """The class that the file declares under this name, in its own upper and lower case; empty where it does not."""
    try:
        content = reader.read(path, _LIMIT)
    except (OSError, CannotSee):
        return ""
    short = name.rpartition("\\")[2]
    found = re.search(_CLASS % re.escape(os.fsencode(short)), content, re.MULTILINE | re.IGNORECASE)
    if not found:
        return ""
    space = _NAMESPACE.search(content)
    declared = f"{os.fsdecode(space[1])}\\{os.fsdecode(found[1])}" if space else os.fsdecode(found[1])
    return declared if declared.lower() == name.lower() else ""
