"""The symbolic links of an app that lead out of it, or nowhere."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TreeLink:
    """A link: its path below the app, its target as written and where that really leads, whether anything is there."""

    path: str
    written: str
    target: str
    exists: bool


@dataclass(frozen=True, slots=True)
class TreeLinks:
    """Links below the app, without those among packages (vendor, node_modules) and those that stay inside and exist.

    ``count`` is how many were looked at; ``unseen`` are those whose target could not be, each with the reason.
    """

    links: tuple[TreeLink, ...]
    count: int
    unseen: tuple[tuple[str, str], ...] = ()
