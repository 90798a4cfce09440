"""What was logged since the deploy, by Laravel, PHP-FPM and nginx."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Like messages, grouped by fingerprint.

    Attributes:
        source: the log file.
        kind: ``permission``, ``cache_write``, ``exception``, ``fpm`` or ``nginx``.
        fingerprint: class and place of an exception, and the message, in known words; a digest tells like from unlike.
        level: as logged, in lower case (``error``, ``fatal error``, ``crit``).
        sample: the same of the first entry, at most 300 characters: words that anybody may have written are left out.
        count, first, last: how often, and epoch seconds.
        paths: files that it names.
        cured: whether the app's user may now do with these paths what was denied; None where that cannot be asked.
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
    cured: bool | None = None


@dataclass(frozen=True, slots=True)
class Logs:
    """Errors logged after ``since`` (epoch seconds) in ``read`` (files); ``reason`` says what happened at ``since``.

    ``truncated``: these logs grew by more than liveproof reads since then, so only their end was read. ``unread`` holds
    files that could not be read, or whose times cannot be placed, with the reason. ``more`` counts entries, by file and
    kind, that are like none in ``groups``: of each only so many are reported apart. ``fpm`` are those of ``read`` that
    the app's PHP-FPM masters write.
    """

    since: float
    groups: tuple[LogGroup, ...]
    read: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]
    truncated: tuple[str, ...]
    reason: str = ""
    more: tuple[tuple[str, str, int], ...] = ()
    fpm: tuple[str, ...] = ()
