"""Values beside their names: mappings, pairs and objects of the JSON kind, headers, settings, keys of arrays."""

import re
from collections.abc import Iterable
from typing import Any

from liveproof.model.secrets.names import HIDDEN, is_secret
from liveproof.model.secrets.shapes import hide_shapes, looks_random
from liveproof.model.secrets.texts import hide

_DIGESTS = ("sha", "digest", "commit", "release", "hash", "revision")
_PAIR = 2
_OURS = frozenset({"signature"})  # a digest of the files that were looked at, by which two looks are compared
_TOLD_HEADERS = frozenset({"accept", "accept-language", "content-type", "host", "user-agent", "x-requested-with"})
_SETTING = (
    r"(?i)[+-]?[\d.,]{1,20}[kmgKMG]?|on|off|yes|no|true|false|none|null|(?:/[\w.@+-]{1,80}){1,20}/?|[\w.-]{1,40}\.log|syslog|"
    r"stderr|all|E_\w{1,30}|UTC|[A-Z][a-z]{2,20}/[A-Z][A-Za-z_]{2,20}"
)
_VARIABLE = r"\$(?:\w+|\{\w+\})"
_PARAMETERS = frozenset({
    "GATEWAY_INTERFACE", "SERVER_SOFTWARE", "SERVER_PROTOCOL", "REDIRECT_STATUS", "REQUEST_SCHEME", "HTTPS",
    "SCRIPT_FILENAME", "DOCUMENT_ROOT", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED", "SERVER_NAME", "SERVER_PORT",
    "APP_ENV", "HTTP_HOST",
})  # fmt: skip
_SETTINGS = ("opcache.", "realpath_cache", "disable_functions", "disable_classes", "open_basedir", "error_reporting")
_KEY = r"[A-Za-z_\\/@.* -]{0,80}\d{0,2}[A-Za-z_\\/@.* -]{0,80}\d{0,4}"


def hide_all(value: Any, name: str = "") -> Any:
    """A JSON value with secrets hidden: behind a secret's name, as the second of a pair whose first is one, by shape.

    ``name`` is what the value stands behind. Digests behind a name that says so stay.
    """
    if isinstance(value, str):
        if name and is_secret(name) and name not in _OURS:
            return HIDDEN if value and not value.isdigit() else value
        return value if _is_digest(name, value) else hide(value)
    if isinstance(value, dict):
        return {key: hide_all(part, key) for key, part in value.items()}
    if isinstance(value, list | tuple):
        if len(value) == _PAIR and isinstance(value[0], str) and isinstance(value[1], str) and is_secret(value[0]):
            return [hide_shapes(value[0]), HIDDEN if value[1] else ""]
        return [hide_all(part, name) for part in value]
    return value


def _is_digest(name: str, value: str) -> bool:
    return any(word in name for word in _DIGESTS) and len(value) <= 128 and all(c in "0123456789abcdef" for c in value)


def hide_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers of a request with all values hidden but those that hold none by their meaning (``Accept``)."""
    return tuple((name, hide(value) if name.lower() in _TOLD_HEADERS else HIDDEN) for name, value in headers)


def harmless_setting(name: str, value: str) -> str:
    """The value of a PHP setting where it can be no secret: a number, a switch, a path, a list of functions."""
    if is_secret(name):
        return HIDDEN if value else ""
    if name.startswith(_SETTINGS) or (len(value) <= 2000 and re.fullmatch(_SETTING, value)):
        return hide(value)
    return HIDDEN if value else ""


def harmless_parameter(name: str, value: str) -> bool:
    """Whether a FastCGI parameter holds no secret: variables of nginx, what every configuration sets, short words."""
    if is_secret(name) and not value.startswith("$"):
        return not value
    plain = re.sub(_VARIABLE, "", value)
    return name in _PARAMETERS or not plain.strip("/:?.-") or bool(re.fullmatch(_SETTING, plain))


def harmless_key(key: str) -> str:
    """A key of an array, or ``[hidden]`` where it looks like a value that was made a key (a client by its token)."""
    if key.isdigit() and len(key) <= 6:
        return key
    fine = len(key) <= 200 and re.fullmatch(_KEY, key) and not looks_random(key) and hide_shapes(key) == key
    return key if fine else HIDDEN
