"""The log files that the effective configuration names, today and tomorrow."""

import time

from liveproof.probes.laravel.effective import Effective

_DAY = 86400.0


def log_files(rules: Effective, now: float) -> tuple[str, ...]:
    """Absolute paths. A daily log (Monolog, RotatingFileHandler) is ``NAME-YYYY-MM-DD.EXT``, by the app's time zone."""
    found: list[str] = []
    for path, daily in rules.logs:
        stem, dot, end = path.rpartition(".")
        if not dot or "/" in end:
            stem, dot, end = path, "", ""
        found += [f"{stem}-{day}{dot}{end}" for day in _days(rules.timezone, now)] if daily else [path]
    return tuple(dict.fromkeys(found))


def _days(timezone: str, now: float) -> tuple[str, ...]:
    """Today and tomorrow there; by UTC where this machine does not know the zone."""
    if timezone != "UTC":
        import datetime as dt  # noqa: PLC0415  (only a daily log needs the calendar)

        try:
            import zoneinfo  # noqa: PLC0415

            here = dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(timezone))
            return tuple((here + dt.timedelta(days=days)).strftime("%Y-%m-%d") for days in (0, 1))
        except (ImportError, ValueError, OSError, KeyError):
            pass
    return tuple(time.strftime("%Y-%m-%d", time.gmtime(now + offset)) for offset in (0.0, _DAY))
