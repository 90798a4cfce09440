"""What the effective configuration says about logs, views and the environment, without any of its secrets."""

import time
from collections.abc import Iterator

from liveproof.model.dataclass import dataclass
from liveproof.probes.laravel.phparray import Key, Value

_NO_FILE = ("syslog", "errorlog", "slack", "papertrail", "null")
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Effective:
    """Plain values: ``logs`` are (path, whether it is daily) of the default channel; ``compiled`` is the view cache.

    ``streams`` names where else that channel logs: channels without a file (``errorlog``, ``slack``), and streams of
    the worker itself (``php://stderr``, ``/proc/self/fd/2``). ``cache_driver`` is that of the default cache store
    (``redis``), ``cache_path`` where it lies in files. ``assets_elsewhere``: built assets have an address of their own.
    """

    environment: str
    debug: bool | None
    timezone: str
    channel: str
    logs: tuple[tuple[str, bool], ...]
    compiled: str
    views_cached: bool
    views_dated: bool
    streams: tuple[str, ...] = ()
    cache_driver: str = ""
    cache_path: str = ""
    assets_elsewhere: bool = False


def effective(config: dict[Key, Value]) -> Effective:
    """From the whole configuration array. What it does not say is what Laravel takes then (UTC, production)."""
    stores, store = _at(config, "cache", "stores"), _text(_at(config, "cache", "default"))
    channel = _text(_at(config, "logging", "default"))
    debug = _at(config, "app", "debug")
    logs = tuple(dict.fromkeys(_logs(_at(config, "logging", "channels"), channel, frozenset())))
    return Effective(
        environment=_text(_at(config, "app", "env")) or "production",
        debug=debug if isinstance(debug, bool) else None,
        timezone=_text(_at(config, "app", "timezone")) or "UTC",
        channel=channel,
        logs=tuple(log for log in logs if _is_file(log[0])),
        compiled=_text(_at(config, "view", "compiled")),
        views_cached=_at(config, "view", "cache") is not False,
        views_dated=_at(config, "view", "check_cache_timestamps") is not False,
        streams=tuple(path for path, _ in logs if not _is_file(path)),
        cache_driver=_text(_at(stores, store, "driver")),
        cache_path=_text(_at(stores, store, "path")),
        assets_elsewhere=any(_text(_at(config, "app", name)) for name in ("asset_url", "mix_url")),
    )


def application_key(config: dict[Key, Value]) -> str:
    """The application's key; it is compared with, never told."""
    return _text(_at(config, "app", "key"))


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
            import zoneinfo  # noqa: PLC0415  (as above)

            here = dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(timezone))
            return tuple((here + dt.timedelta(days=days)).strftime("%Y-%m-%d") for days in (0, 1))
        except (ImportError, ValueError, OSError, KeyError):
            pass
    return tuple(time.strftime("%Y-%m-%d", time.gmtime(now + offset)) for offset in (0.0, _DAY))


def _is_file(path: str) -> bool:
    """Whether a log is a file to whoever reads its name: a stream of the worker's own, read here, would be ours."""
    return path.startswith("/") and not path.startswith(("/dev/", "/proc/"))


def _logs(channels: Value, name: str, above: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Where a channel logs, and whether daily: a path, or what it is where it is none."""
    channel = channels.get(name) if isinstance(channels, dict) else None
    if not isinstance(channel, dict) or name in above:
        return
    driver, path = _text(channel.get("driver")), _text(channel.get("path"))
    if driver == "stack":
        parts = channel.get("channels")
        listed = [_text(part) for part in parts.values()] if isinstance(parts, dict) else _text(parts).split(",")
        for part in listed:
            yield from _logs(channels, part.strip(), above | {name})
    elif driver in _NO_FILE:
        yield driver, False
    else:
        stream = _text(_at(channel, "with", "stream") or _at(channel, "handler_with", "stream"))
        place = path or stream
        # Any other text (a host, an address) may hold a secret.
        yield place if place.startswith(("/", "php://")) else f"the channel {name}", driver == "daily"


def _at(value: Value, *keys: str) -> Value:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
