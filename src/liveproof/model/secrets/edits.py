"""A configuration edit as it may be shown: the changed lines alone, secrets and comments hidden."""

import re

from liveproof.model.secrets.names import HIDDEN
from liveproof.model.secrets.texts import hide

_LINES = 200
_WIDTH = 300
_COMMENT = r"(?:(?<=\s)|^)([#;])\s*+\S.*"
_ENVIRONMENT = r"^(\s*+(?:env|php_value|php_admin_value)\s*+\[[^\]]*+\]\s*+=\s*+)(.*)"
_TOLD = ("[opcache.", "[realpath_cache")


def redacted_diff(path: str, old: str, new: str) -> str:
    """A unified diff without context (``diff -U0``) of a configuration file, as it may be shown.

    Comments are hidden, as are the values that a pool gives to PHP and to its environment, and whatever else is a
    secret by name or shape. At most 200 lines of 300 characters.
    """
    import difflib  # noqa: PLC0415  (few plans edit a file)

    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, "now", "after", n=0, lineterm=""))
    message = [
        line if at < 2 or line.startswith("@@") else f"{line[0]}{_line(line[1:])}" for at, line in enumerate(lines)
    ]
    more = [f"… {len(message) - _LINES} more lines"] if len(message) > _LINES else []
    return "\n".join([*message[:_LINES], *more])


def _line(text: str) -> str:
    text = re.sub(_COMMENT, rf"\1 {HIDDEN}", text)
    given = re.match(_ENVIRONMENT, text)
    if given and not any(word in given[1] for word in _TOLD):
        text = f"{given[1]}{HIDDEN}"
    result = hide(text)
    return result if len(result) <= _WIDTH else f"{result[: _WIDTH - 1]}…"
