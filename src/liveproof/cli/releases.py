"""What the commands of ``release`` share: the directory that is measured."""

from collections.abc import Callable

from liveproof.cli.errors import UsageError
from liveproof.host import deadline
from liveproof.host.files.tree_digests import TooMany, Tree, measure
from liveproof.report.style.escaping import visible

SCHEMA = "liveproof-release/1"
_SECONDS = 900.0


def tree_of(directory: str, excluded: Callable[[str], bool]) -> Tree:
    """The files of a directory.

    Raises:
        UsageError: it cannot be read, or not in a quarter of an hour.
    """
    try:
        with deadline.within(_SECONDS), deadline.alarmed():
            return measure(directory, excluded)
    except deadline.TimeIsUp:
        raise UsageError(f"{visible(directory)} was not read in {_SECONDS / 60:.0f} minutes") from None
    except TooMany as error:
        raise UsageError(f"{visible(directory)}: {error}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{visible(directory)} cannot be read: {reason}") from None
