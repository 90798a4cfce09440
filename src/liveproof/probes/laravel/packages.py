"""The package manifest (``packages.php``) that Laravel would build now, from Composer's record of what is installed."""

import json
import os
from collections.abc import Callable, Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.probes.laravel.phparray import Key, Value


@dataclass(frozen=True, slots=True)
class Installed:
    """What Composer installed: packages' Laravel extras, and where namespaces live (prefix, directories)."""

    manifest: dict[Key, Value]
    namespaces: tuple[tuple[str, tuple[str, ...]], ...]


def read_installed(installed: bytes, composer: bytes | None, app: str) -> Installed:
    r"""``vendor/composer/installed.json`` (Composer 1: a list, 2: an object) and the app's ``composer.json``.

    The manifest is what ``Illuminate\Foundation\PackageManifest`` builds: per package its ``extra.laravel``, without
    packages that the app or a package excludes by ``dont-discover``.

    Raises:
        ValueError: not JSON, or not Composer's.
    """
    try:
        return _read(installed, composer, app)
    except RecursionError:
        raise ValueError("installed.json or composer.json is nested too deep") from None


def _read(installed: bytes, composer: bytes | None, app: str) -> Installed:
    data = json.loads(installed)
    packages = data.get("packages", data) if isinstance(data, dict) else data
    if not isinstance(packages, list):
        raise ValueError("installed.json holds no list of packages")  # noqa: TRY004  (the content is wrong, not a type)
    root = json.loads(composer) if composer else {}
    found = [package for package in packages if isinstance(package, dict) and isinstance(package.get("name"), str)]
    return Installed(_manifest(found, root), tuple(_namespaces(found, root, app)))


def _manifest(packages: list[dict[str, object]], root: object) -> dict[Key, Value]:
    ignored = _strings(_laravel(root).get("dont-discover"))
    extras = {str(package["name"]): _laravel(package) for package in packages}
    for extra in extras.values():
        ignored |= _strings(extra.get("dont-discover"))
    if "*" in _strings(_laravel(root).get("dont-discover")):
        return {}
    return {name: _php(extra) for name, extra in extras.items() if name not in ignored and extra}


def _laravel(package: object) -> dict[str, object]:
    extra = package.get("extra") if isinstance(package, dict) else None
    laravel = extra.get("laravel") if isinstance(extra, dict) else None
    return laravel if isinstance(laravel, dict) else {}


def _strings(value: object) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()


def _php(value: object) -> Value:
    """JSON as PHP's arrays: a list has the keys 0, 1, 2 and so on."""
    if isinstance(value, dict):
        return {key: _php(item) for key, item in value.items()}
    if isinstance(value, list):
        return {number: _php(item) for number, item in enumerate(value)}
    return value if isinstance(value, str | int) or value is None else str(value)


def _namespaces(packages: list[dict[str, object]], root: object, app: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    for package in packages:
        path = package.get("install-path")
        home = f"{app}/vendor/composer/{path}" if isinstance(path, str) else f"{app}/vendor/{package['name']}"
        yield from _prefixes(package, home)
    yield from _prefixes(root, app)


def _prefixes(package: object, home: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    autoload = package.get("autoload") if isinstance(package, dict) else None
    prefixes = autoload.get("psr-4") if isinstance(autoload, dict) else None
    for prefix, where in prefixes.items() if isinstance(prefixes, dict) else ():
        places = where if isinstance(where, list) else [where]
        yield prefix, tuple(f"{home}/{place}".rstrip("/") for place in places if isinstance(place, str))


def providers(manifest: Mapping[Key, Value]) -> tuple[str, ...]:
    """The provider classes of a package manifest, in its order."""
    found: list[str] = []
    for extra in manifest.values():
        listed = extra.get("providers") if isinstance(extra, dict) else None
        found += [str(name) for name in (listed.values() if isinstance(listed, dict) else [listed] if listed else [])]
    return tuple(found)


def missing(
    classes: Iterable[str], installed: Installed, exists: Callable[[str], bool], classmap: bytes, app: str
) -> tuple[str, ...]:
    """The classes that Composer's autoloader cannot find: their namespace is known (PSR-4), their file is not there.

    Neither is the one that ``autoload_classmap.php`` (``classmap``) names. A class that nobody knows is not judged.
    """
    found = []
    for name in dict.fromkeys(classes):
        places = [
            f"{directory}/{name[len(prefix) :].replace(chr(92), '/')}.php"
            for prefix, directories in installed.namespaces
            if prefix and name.startswith(prefix)
            for directory in directories
        ]
        places += _mapped(name, classmap, app)
        if places and not any(map(exists, places)):
            found.append(name)
    return tuple(found)


def _mapped(name: str, classmap: bytes, app: str) -> list[str]:
    """Where the class map says that a class is: a line ``'Name' => $vendorDir . '/path',``."""
    quoted = ("'" + name.replace("\\", "\\\\") + "' => $").encode(errors="surrogateescape")
    _, there, rest = classmap.partition(quoted)
    base, _, path = rest.partition(b"\n")[0].partition(b" . ")
    tops = {b"vendorDir": f"{app}/vendor", b"baseDir": app}
    return [tops[base] + os.fsdecode(path.strip(b",")[1:-1])] if there and base in tops else []
