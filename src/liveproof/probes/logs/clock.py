"""Times of log lines to epoch seconds."""

import time
from collections.abc import Callable

Moment = tuple[int, int, int, int, int, int]
Clock = Callable[[Moment], float]


class UnknownZone(Exception):
    """This machine does not know the time zone; the message is its name."""


def utc(moment: Moment) -> float:
    """Epoch seconds of a civil time in UTC (Howard Hinnant's days from civil; no library is loaded for one line)."""
    year, month, day, hour, minute, second = moment
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days * 86400.0 + hour * 3600 + minute * 60 + second


def local(moment: Moment) -> float:
    """By this machine's own zone, as nginx and PHP-FPM write."""
    try:
        return time.mktime((*moment, 0, 0, -1))
    except (OverflowError, ValueError):
        return utc(moment)


def of_zone(name: str) -> Clock:
    """The clock of a zone by its name (``UTC``, ``Europe/Berlin``).

    Raises:
        UnknownZone: nobody here knows it.
    """
    if name in ("UTC", "Z", "GMT", "Etc/UTC"):
        return utc
    import datetime as dt  # noqa: PLC0415  (most logs are in UTC)

    try:
        import zoneinfo  # noqa: PLC0415  (as above)

        zone = zoneinfo.ZoneInfo(name)
    except (ImportError, ValueError, OSError, KeyError):
        raise UnknownZone(name) from None

    def clock(moment: Moment) -> float:
        try:
            return dt.datetime(*moment, tzinfo=zone).timestamp()
        except (ValueError, OverflowError):
            return utc(moment)

    return clock


def offset(text: str) -> float:
    """Seconds east of UTC of ``+02:00``, ``-0530`` or ``Z``."""
    digits = text[1:].replace(":", "")
    if len(digits) != 4 or not digits.isdigit():
        return 0.0
    seconds = int(digits[:2]) * 3600.0 + int(digits[2:]) * 60.0
    return -seconds if text[0] == "-" else seconds
