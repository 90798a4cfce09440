"""What the app's environment says: ``.env``, and the variables that a pool hands to its workers."""

import re
from collections.abc import Iterator

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*$")
_POOL = re.compile(r"^\s*env\[\s*([A-Za-z_][A-Za-z0-9_]*)\s*\]\s*=\s*(.*?)\s*$")


def dotenv(content: bytes) -> dict[str, str]:
    """The plain assignments of a ``.env`` file; the last one of a name wins, ``${…}`` is left as it stands.

    Enough to find paths that must be known before Laravel runs; what the app really sees, Laravel itself tells.
    """
    return {name: _unquoted(value) for name, value in _assignments(content, _LINE)}


def pool_environment(configuration: bytes) -> dict[str, str]:
    """The ``env[NAME] = value`` lines of a pool's file (php.net, FPM configuration)."""
    return {name: _unquoted(value) for name, value in _assignments(configuration, _POOL)}


def _assignments(content: bytes, form: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for line in content.decode(errors="surrogateescape").splitlines():
        if found := form.match(line):
            yield found[1], found[2]


def _unquoted(value: str) -> str:
    for quote in "\"'":
        if value.startswith(quote):
            return value[1:].partition(quote)[0]
    return re.split(r"\s+[#;]", value, maxsplit=1)[0]
