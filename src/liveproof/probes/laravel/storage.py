"""Where Laravel keeps its storage: asked of Laravel itself, since the app's code may have moved it."""

import base64
import os
import re
from collections.abc import Mapping
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.fingerprint import caches_signature
from liveproof.probes.laravel.recompute import Kitchen
from liveproof.probes.laravel.subject import Subject

VARIABLE = "LARAVEL_STORAGE_PATH"
_MOVED = re.compile(rb"useStoragePath|path\.storage|" + VARIABLE.encode())
_CODE = ("bootstrap/app.php", "public/index.php", "app/Providers/AppServiceProvider.php")
_VIEWS = "/framework/views"
_LIMIT = 1 << 20


def find_storage(subject: Subject, environment: Mapping[str, str], compiled: str) -> str | Unknown:
    """The storage directory (below the app, or absolute), or why it cannot be told.

    Where neither the environment, nor the code that starts the app, nor the place of the compiled views speaks of
    another one, it is where Laravel's skeleton has it.

    Args:
        subject: the app.
        environment: what the pool and ``.env`` say.
        compiled: the directory of the compiled views, empty if unknown.
    """
    moved = compiled.endswith(_VIEWS) and compiled_place(subject, compiled, "storage") != f"storage{_VIEWS}"
    if VARIABLE not in environment and not moved and not any(_speaks(subject, path) for path in _CODE):
        return "storage"
    unknown = "where Laravel's storage lies is not known"
    kitchen = subject.pool or subject.kitchen
    if isinstance(kitchen, Unknown):
        return Unknown(f"{unknown}: {kitchen.reason}")
    signature = f"{subject.sources}:{caches_signature(subject.reader, subject.place)}" if subject.sources else ""
    kept: Any = subject.cache.recall(subject.name("storage"), signature) if signature else None
    if kept:
        return str(kept)
    try:
        told = _asked(subject, kitchen)
    except (CannotSee, OSError) as error:
        return Unknown(f"{unknown}: {error}")
    if signature:
        subject.cache.keep(subject.name("storage"), signature, told)
    return told


def compiled_place(subject: Subject, compiled: str, storage: str | Unknown) -> str:
    """The directory of the compiled views, by its path below the storage where it lies there, links followed."""
    if not compiled or isinstance(storage, Unknown):
        return subject.below(compiled)
    usual = f"{storage}{_VIEWS}"
    whole = os.path.join(subject.app.real, usual)
    return usual if subject.reader.resolve(whole) == subject.reader.resolve(compiled) else subject.below(compiled)


def _asked(subject: Subject, kitchen: Kitchen) -> str:
    # Only the web's own front controller runs public/index.php: what it moves, no command line tells.
    front = f"{subject.app.root or subject.app.path + '/public'}/index.php"
    if re.search(rb"useStoragePath|path\.storage", _text(subject, front)):
        raise CannotSee(f"{front} moves it for requests only")
    told = os.fsdecode(base64.b64decode(kitchen.storage()))
    return subject.below(os.path.normpath(os.path.join(subject.app.real, told)))


def _speaks(subject: Subject, path: str) -> bool:
    return bool(_MOVED.search(_text(subject, f"{subject.app.real}/{path}")))


def _text(subject: Subject, path: str) -> bytes:
    try:
        return subject.reader.read(path, _LIMIT)
    except (OSError, CannotSee):
        return b""
