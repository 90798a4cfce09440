"""What was logged since the deploy, by Laravel, PHP-FPM and nginx."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Like messages, grouped by fingerprint.

    ``kind`` is permission, cache_write, exception, fpm or nginx. ``sample`` is the first line (300 characters),
    secrets and control characters removed. ``first`` and ``last`` are epoch seconds. ``paths`` are files it names.
    """

    source: str
    kind: str
    fingerprint: str
    level: str
    sample: str
    count: int
    first: float
    last: float
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logs:
    """Errors logged after ``since`` (epoch seconds) in ``read`` (files). ``truncated``: a log was longer than the bound.

    ``unread`` holds files that could not be read with the reason.
    """

    since: float
    groups: tuple[LogGroup, ...]
    read: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]
    truncated: tuple[str, ...]
