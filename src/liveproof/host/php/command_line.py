"""Read the command line of PHP (php(1)) far enough to know which script it runs. Pure."""

import posixpath
from collections.abc import Sequence

_WITH_VALUE = frozenset({"-d", "-c", "-z", "--define", "--php-ini", "--zend-extension"})
_NO_SCRIPT = frozenset(
    {"-r", "-B", "-R", "-F", "-E", "-S", "-a", "-i", "-l", "-m", "-v", "--run", "--server", "--version"}
)


def is_php(program: str | None) -> bool:
    """Whether a program's path is that of PHP's command line: ``php``, ``/usr/bin/php8.2``."""
    name = posixpath.basename(program or "")
    return name.startswith("php") and all(char in "0123456789." for char in name[3:])


def script_at(words: Sequence[str | None]) -> int:
    """The index of the script in a command line: after PHP and its options, 0 when the first word is not PHP.

    It is ``len(words)`` when PHP runs no script (``php -r``). A word that is None is one whose value is not known.
    """
    if not words or not is_php(words[0]):
        return 0
    at = 1
    while at < len(words) and (word := words[at]) is not None and word.startswith("-") and word != "-":
        if word == "--":
            return at + 1
        if word in _NO_SCRIPT:
            return len(words)
        at += 2 if word in _WITH_VALUE else 1
    return at
