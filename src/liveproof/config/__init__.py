"""``liveproof.toml``: found, trusted, read and checked.

The file is ``/etc/liveproof/liveproof.toml`` for root, ``$XDG_CONFIG_HOME/liveproof/liveproof.toml`` for others, or the
one named with ``--config``. Root refuses a file that another user could write. Its keys are declared in
model/settings.py; pydantic, which checks them (checked.py), is imported only for a file that was not checked before.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from liveproof.config.keys import keys
from liveproof.host.files import trusted
from liveproof.model.codec import Misshapen, from_json
from liveproof.model.settings import COMMAND_LINE, Settings
from liveproof.store.cache import Cache, open_cache

LIMIT = 1024 * 1024


class ConfigError(Exception):
    """The configuration is wrong; ``errors`` are all of them, each with its place in the file."""

    exit_status = 2

    def __init__(self, path: str, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(f"{path}: {error}" for error in errors))
        self.path = path
        self.errors = errors


def default_path() -> str:
    """Where the configuration is looked for when none is named; nothing need be there."""
    if os.geteuid() == 0:
        return "/etc/liveproof/liveproof.toml"
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "liveproof/liveproof.toml")


def load(
    path: str | None,
    known_rules: Callable[[], Collection[str]],
    *,
    overrides: Mapping[str, str | None] | None = None,
    cache: Cache | None = None,
) -> Settings:
    """The effective settings: defaults, then the file, then the command line.

    Args:
        path: the file named by ``--config``, or None for the default one, which need not exist.
        known_rules: gives the codes that ``rules.disabled`` may hold; only called where it must be checked.
        overrides: what the command line says, by the file's keys, ``app.path`` first; None is not said.
        cache: where to remember that a file was checked, by its content; by default this host's and user's.

    Raises:
        ConfigError: the file is missing though named, refused, unreadable, no TOML or wrong; every error at once.
    """
    where = path or default_path()
    document: dict[str, Any] = {}
    content = _read(where, named=path is not None)
    if content is not None:
        document = _parse(where, content)
        policy = document.get("policy")
        if isinstance(policy, dict) and policy.get("rules"):
            policy.setdefault("name", "own")  # rules say it, with or without the name

        def checked() -> bool:
            _check(where, document, known_rules)
            return True

        (cache or open_cache()).entry("config").memoised((where, content), checked, bool)
    return settings_of(document, where, {key: value for key, value in (overrides or {}).items() if value is not None})


def settings_of(document: dict[str, Any], where: str, overrides: Mapping[str, str]) -> Settings:
    """The settings of a document that was found right, with what the command line says over it.

    Raises:
        ConfigError: the command line says what cannot be.
    """
    empty = tuple(f"{key}: should be a text that is not empty" for key, value in overrides.items() if not value)
    if empty:
        raise ConfigError(COMMAND_LINE, empty)
    for key, value in overrides.items():
        _override(document, key, value)
    sources = tuple((key, COMMAND_LINE if key in overrides else where) for key, _, _ in keys(document))
    try:
        return replace(from_json(Settings, document), sources=sources)
    except Misshapen as error:
        raise ConfigError(COMMAND_LINE, (str(error).lstrip("."),)) from None


def _override(document: dict[str, Any], key: str, value: str) -> None:
    table, _, name = key.partition(".")
    values = document.setdefault(table, {})
    if key == "app.path":
        value = os.path.abspath(value)
        if "path" in values and os.path.realpath(values["path"]) != os.path.realpath(value):
            values.clear()  # the file's user and release are those of its own app, and say nothing of another
    elif key == "policy.name" and value != "own":
        values.pop("rules", None)
    values[name] = value


def _read(path: str, *, named: bool) -> bytes | None:
    try:
        if os.geteuid() == 0:
            return trusted.read(path, limit=LIMIT + 1)[0]
        return _plain_read(path)
    except trusted.Untrusted as error:
        raise ConfigError(path, (f"refused, since another user could write it: {error}",)) from None
    except FileNotFoundError:
        if not named:
            return None
        raise ConfigError(path, ("there is no such file",)) from None
    except OSError as error:
        raise ConfigError(path, (f"cannot be read: {error.strerror or error}",)) from None


def _plain_read(path: str) -> bytes:
    """As an unprivileged user the file can do no harm that this user could not do; a FIFO is still not waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        if os.fstat(descriptor).st_mode & 0o170000 != 0o100000:
            raise OSError(22, "Not a regular file", path)
        return os.read(descriptor, LIMIT + 1)
    finally:
        os.close(descriptor)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  (only where there is a file)

    if len(content) > LIMIT:
        raise ConfigError(path, (f"is longer than {LIMIT} bytes",))
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, (f"line {line} is not UTF-8",)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (f"is not valid TOML: {error}",)) from None
    except RecursionError:
        raise ConfigError(path, ("is nested too deeply",)) from None


def _check(path: str, document: dict[str, Any], known_rules: Callable[[], Collection[str]]) -> None:
    from liveproof.config.checked import errors  # noqa: PLC0415  (imports pydantic)

    if wrong := errors(document, known_rules):
        raise ConfigError(path, wrong)
