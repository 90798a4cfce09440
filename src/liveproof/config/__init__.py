"""``liveproof.toml``: found, trusted, read, checked and told.

The file is ``/etc/liveproof/liveproof.toml`` for root, ``$XDG_CONFIG_HOME/liveproof/liveproof.toml`` for others, or the
one named with ``--config``. Root refuses a file that another user could write. Its shape is checked by pydantic
(shape.py), which is imported only for a file that was not checked before.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from liveproof import __version__
from liveproof.config.values import ConfigError, settings_of, with_overrides
from liveproof.host.files import trusted
from liveproof.model.settings import Settings
from liveproof.store.cache import Memory, open_memory

if TYPE_CHECKING:
    from liveproof.config.shown import Setting

__all__ = ["ConfigError", "default_path", "load", "schema", "show"]

LIMIT = 1024 * 1024
# A file may change again within the grain of its times; one that changed this recently is checked anew (seconds).
_SETTLED = 2.0


def default_path() -> str:
    """Where the configuration is looked for when none is named; nothing need be there."""
    if os.geteuid() == 0:
        return "/etc/liveproof/liveproof.toml"
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "liveproof/liveproof.toml")


def load(path: str | None, *, overrides: Mapping[str, object] | None = None, memory: Memory | None = None) -> Settings:
    """The effective settings: defaults, then the file, then the command line.

    Args:
        path: the file named by ``--config``, or None for the default one, which need not exist.
        overrides: what the command line says: ``app.path``, ``app.user``, ``app.release`` and ``policy.name`` (text),
            ``rules.disabled`` and ``files.ignore`` (sequences, added to the file's); None as a value is not said.
        memory: where to remember that a file was checked; by default this host's and user's.

    Raises:
        ConfigError: the file is missing though named, refused, unreadable, no TOML or wrong; every error at once.
    """
    where = path or default_path()
    read = _read(where, named=path is not None)
    if read is None:
        settings = Settings()
    else:
        document = _parse(where, read[0])
        _check(where, document, read[1], memory or open_memory())
        settings = settings_of(document, where)
    return with_overrides(settings, overrides or {})


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    from liveproof.config.shape import Document  # noqa: PLC0415  (imports pydantic)

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(),
        "title": "liveproof.toml",
    }


def show(settings: Settings) -> "tuple[Setting, ...]":
    """Every effective value in the file's own keys, and where it came from: default, the file, or command line."""
    from liveproof.config.shown import rows  # noqa: PLC0415  (only `config show` asks)

    sources = dict(settings.sources)
    return tuple(replace(row, source=sources.get(row.key, "default")) for row in rows(settings))


def _read(path: str, *, named: bool) -> tuple[bytes, os.stat_result] | None:
    try:
        if os.geteuid() == 0:
            return trusted.read(path, limit=LIMIT + 1)
        return _plain_read(path)
    except trusted.Untrusted as error:
        raise ConfigError(path, (f"refused, since another user could write it: {error}",)) from None
    except FileNotFoundError:
        if not named:
            return None
        raise ConfigError(path, ("there is no such file",)) from None
    except OSError as error:
        raise ConfigError(path, (f"cannot be read: {error.strerror or error}",)) from None


def _plain_read(path: str) -> tuple[bytes, os.stat_result]:
    """As an unprivileged user the file can do no harm that this user could not do; a FIFO is still not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        seen = os.fstat(descriptor)
        if seen.st_mode & 0o170000 != 0o100000:
            raise OSError(22, "Not a regular file", path)
        return os.read(descriptor, LIMIT + 1), seen
    finally:
        os.close(descriptor)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  (pulls in re)

    if len(content) > LIMIT:
        raise ConfigError(path, (f"is longer than {LIMIT} bytes",))
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, (f"line {line} is not UTF-8",)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (f"is no TOML: {error}",)) from None
    except RecursionError:
        raise ConfigError(path, ("is nested too deeply",)) from None


def _check(path: str, document: dict[str, Any], seen: os.stat_result, memory: Memory) -> None:
    """Check the document unless this version of liveproof already found this very file right."""
    signature = f"{__version__} {seen.st_dev} {seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {path}"
    if memory.recall("config", signature) is True:
        return
    from liveproof.config.shape import errors  # noqa: PLC0415  (imports pydantic)

    wrong = errors(document)
    if wrong:
        raise ConfigError(path, wrong)
    if time.time() - seen.st_ctime > _SETTLED:
        memory.keep("config", signature, True)
