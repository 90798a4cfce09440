"""``installed.json`` against ``composer.lock``: names, versions and references."""

import json
import os
from collections.abc import Mapping
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Installed, PackageDiffers
from liveproof.model.findings import Absent, Unknown

_LIMIT = 64 << 20
_SHORT = 12  # characters of a reference that are shown


@dataclass(frozen=True, slots=True)
class Record:
    """``installed.json``: packages by name, the names of those for development only, whether these were asked for.

    ``dev`` is None where Composer 1 wrote it, which does not tell.
    """

    packages: Mapping[str, Mapping[str, Any]]
    development: frozenset[str]
    dev: bool | None


def see_installed(reader: Reader, app: App, directory: str) -> tuple[Installed | Unknown | Absent, Record | None]:
    """What is installed beside what is locked, and the record itself; ``directory`` is that of ``installed.json``."""
    try:
        record = read_record(reader.read(f"{directory}/installed.json", _LIMIT))
    except (OSError, CannotSee, ValueError) as error:
        return Unknown(
            f"what Composer installed is not known: {app.path}/vendor/composer/installed.json: {error}"
        ), None
    lock = f"{app.real}/composer.lock"
    try:
        if reader.stat(lock) is None:
            return Absent(f"{app.path} has no composer.lock to compare vendor with"), record
        compared, differ = compare(record, reader.read(lock, _LIMIT))
    except (OSError, CannotSee, ValueError) as error:
        return Unknown(f"{app.path}/composer.lock: {error}"), record
    return Installed(compared, differ, _absent(reader, directory, record)), record


def read_record(content: bytes) -> Record:
    """``installed.json`` of Composer 1 (a list) or 2 (an object).

    Raises:
        ValueError: not JSON, or not Composer's.
    """
    data = _json(content)
    listed = data.get("packages") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise ValueError("it holds no list of packages")  # noqa: TRY004  (the content is wrong, not a type)
    dev = data.get("dev") if isinstance(data, dict) else None
    names = data.get("dev-package-names") if isinstance(data, dict) else None
    development = frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
    return Record(_by_name(listed), development, dev if isinstance(dev, bool) else None)


def compare(record: Record, lock: bytes) -> tuple[int, tuple[PackageDiffers, ...]]:
    """How many packages of the lock were compared, and those that are installed otherwise.

    Packages for development count where they were asked for. A package that another one replaces is in neither file.

    Raises:
        ValueError: the lock is not JSON, or not Composer's.
    """
    data = _json(lock)
    wanted = _by_name(data.get("packages") if isinstance(data, dict) else None)
    development = _by_name(data.get("packages-dev") or [])
    needed = {**wanted, **(development if record.dev else {})}
    found: list[PackageDiffers] = []
    for name, locked in needed.items():
        here = record.packages.get(name)
        if here is None:
            found.append(PackageDiffers(name, "", _version(locked)))
        elif why := _differs(here, locked):
            found.append(PackageDiffers(name, *why))
    for name, here in record.packages.items():
        if name in needed:
            continue
        if name in development:
            if why := _differs(here, development[name]):
                found.append(PackageDiffers(name, *why, harmless=True))
        else:
            found.append(PackageDiffers(name, _version(here), "", harmless=True))
    return len(needed), tuple(found)


def _differs(here: Mapping[str, Any], locked: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is installed and what is locked. A path repository's version and reference follow its directory."""
    if _is_path(here) or _is_path(locked):
        return None
    if _version(here) != _version(locked):
        return _version(here), _version(locked)
    kinds = [kind for kind in ("source", "dist") if _reference(here, kind) and _reference(locked, kind)]
    if kinds and not any(_reference(here, kind) == _reference(locked, kind) for kind in kinds):
        kind = kinds[0]
        return (
            f"{_version(here)} at {_reference(here, kind)[:_SHORT]}",
            f"{_version(locked)} at {_reference(locked, kind)[:_SHORT]}",
        )
    return None


def _absent(reader: Reader, directory: str, record: Record) -> tuple[tuple[str, str], ...]:
    found = []
    for name, package in record.packages.items():
        place = package.get("install-path")
        if not isinstance(place, str) or package.get("type") == "metapackage":
            continue
        path = os.path.normpath(os.path.join(directory, place))
        try:
            there = reader.stat(path) is not None
        except OSError:
            continue
        if not there:
            found.append((name, path))
    return tuple(found)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _by_name(packages: Any) -> dict[str, Mapping[str, Any]]:
    if not isinstance(packages, list):
        raise ValueError("it holds no list of packages")  # noqa: TRY004  (the content is wrong, not a type)
    return {one["name"].lower(): one for one in packages if isinstance(one, dict) and isinstance(one.get("name"), str)}


def _version(package: Mapping[str, Any]) -> str:
    return str(package.get("version", ""))


def _place(package: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    place = package.get(kind)
    return place if isinstance(place, dict) else {}


def _reference(package: Mapping[str, Any], kind: str) -> str:
    return str(_place(package, kind).get("reference") or "")


def _is_path(package: Mapping[str, Any]) -> bool:
    return _place(package, "dist").get("type") == "path"
