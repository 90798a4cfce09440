"""Which manifests of built assets a Laravel app has, and whether their files are there. Read, never executed.

Laravel reads ``build/manifest.json`` (Vite), ``mix-manifest.json`` and ``hot`` in public/ (Laravel's classes Vite and
Mix). Vite's entries name a file, more files (``css``, ``assets``) and other entries (``imports``).
"""

import json
import os
from collections.abc import Iterator

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.assets import Assets, Hot, Manifest
from liveproof.model.findings import Unknown
from liveproof.model.secrets import one_line

_LIMIT = 1 << 20
_ADDRESS = 1024
_NAMED = 50
_MANIFESTS = (("vite", "build/manifest.json", "build"), ("mix", "mix-manifest.json", ""))


class _Broken(Exception):
    """A manifest that Laravel cannot use; its text tells why."""


def probe(reader: Reader, app: App) -> Assets:
    """Look into public/, and into the document root where that is another directory.

    Raises:
        NotThere: the app is no Laravel.
    """
    if not app.laravel:
        raise NotThere("the app is not Laravel: it has no artisan or no bootstrap/app.php")
    manifests: list[Manifest] = []
    hot: list[Hot] = []
    unseen: list[Unknown] = []
    for public in _public(reader, app):
        for tool, name, base in _MANIFESTS:
            path = f"{public}/{name}"
            try:
                status = reader.stat(path)
                if status is None:
                    continue
                if status.size > _LIMIT:
                    unseen.append(Unknown(f"what {path} names is not known: it is larger than {_LIMIT >> 20} MB"))
                else:
                    manifests.append(_manifest(reader, tool, path, public, base))
            except (OSError, CannotSee) as error:
                unseen.append(_unseen(path, error))
        try:
            status = reader.stat(f"{public}/hot")
            if status and status.is_file:
                text = reader.read(f"{public}/hot", _ADDRESS).decode("utf-8", "replace").strip()
                hot.append(Hot(f"{public}/hot", one_line(text, 200)))
        except (OSError, CannotSee) as error:
            unseen.append(_unseen(f"{public}/hot", error))
    return Assets(tuple(manifests), tuple(hot), tuple(unseen))


def _public(reader: Reader, app: App) -> Iterator[str]:
    yield f"{app.path}/public"
    if app.root and reader.resolve(app.root) != reader.resolve(f"{app.path}/public"):
        yield app.root.rstrip("/")


def _unseen(path: str, error: Exception) -> Unknown:
    reason = error.strerror if isinstance(error, OSError) else ""
    return Unknown(f"which assets the app's pages load: {path}: {reason or error}")


def _manifest(reader: Reader, tool: str, path: str, public: str, base: str) -> Manifest:
    try:
        entries = _entries(reader.read(path, _LIMIT))
        names, lacking = _vite(entries) if tool == "vite" else (_mix(entries), ())
    except _Broken as error:
        return Manifest(path, tool, 0, (), str(error))
    files = sorted({name for name in names if not name.endswith(".map")})
    top = f"{public}/{base}".rstrip("/")
    try:
        gone = [name for name in files if not _is_there(reader, os.path.normpath(f"{top}/{name}"), public)]
    except OSError as error:
        why = Unknown(f"whether the files are there that {path} names: {error.filename}: {error.strerror}")
        return Manifest(path, tool, len(files), why)
    shown = [one_line(f"{base}/{name.lstrip('/')}".lstrip("/"), 200) for name in gone]
    shown += [f"the entry {one_line(name, 200)}" for name in lacking]
    more = (f"and {len(shown) - _NAMED} more",) if len(shown) > _NAMED else ()
    return Manifest(path, tool, len(files), (*shown[:_NAMED], *more))


def _entries(content: bytes) -> dict[str, object]:
    """The manifest as PHP's json_decode would read it."""
    if not content.strip():
        raise _Broken("it is empty")
    try:
        entries = json.loads(content.decode())  # not bytes: PHP refuses a byte order mark, and knows UTF-8 only
    except (ValueError, RecursionError):
        raise _Broken("it is cut off, or no JSON") from None
    if entries == []:  # what PHP writes where nothing is
        return {}
    if not isinstance(entries, dict):
        raise _Broken("it holds no list of entries")
    return entries


def _vite(entries: dict[str, object]) -> tuple[list[str], tuple[str, ...]]:
    """The files that it names, and entries that are imported and that it lacks."""
    if not entries:
        raise _Broken("it names no file")
    names: list[str] = []
    imports: set[str] = set()
    for key, entry in entries.items():
        file = entry.get("file") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(file, str):
            raise _Broken(f"its entry {one_line(key, 200)} names no file")
        names.append(file)
        for field in ("css", "assets"):
            names += _texts(entry.get(field))
        imports.update(_texts(entry.get("imports")))
    return names, tuple(sorted(imports - set(entries)))


def _mix(entries: dict[str, object]) -> list[str]:
    """The files that it names, without the version after them; addresses of other servers are not ours to look at."""
    names = [value for value in entries.values() if isinstance(value, str)]
    if len(names) < len(entries):
        raise _Broken("some of its entries name no file")
    return [name.partition("?")[0] for name in names if not name.startswith(("//", "http:", "https:"))]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_there(reader: Reader, path: str, public: str) -> bool:
    """Whether it is a file below ``public``; links are followed.

    Raises:
        OSError: nobody but the kernel knows.
    """
    if not path.startswith(f"{os.path.normpath(public)}/"):
        return False
    try:
        status = reader.stat(path)
    except PermissionError:
        raise
    except (OSError, ValueError):  # a loop of links, a name that no file can have
        return False
    return status is not None and status.is_file
