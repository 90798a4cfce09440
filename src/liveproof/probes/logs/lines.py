"""Lines of Laravel's, PHP's, PHP-FPM's and nginx's logs to entries. What is no first line of an entry is left out."""

import re
from collections.abc import Callable, Iterator

from liveproof.model.dataclass import dataclass
from liveproof.probes.logs.clock import Clock, Moment, UnknownZone, local, of_zone, offset, utc

LINE_LIMIT = 16384
_MONTHS = {name: number for number, name in enumerate(
    (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1)}  # fmt: skip

# Monolog's LineFormatter, as Laravel sets it up and by its own default.
_LARAVEL = re.compile(
    rb"\[(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?\] "
    rb"([\w.-]{1,60})\.([A-Z]{1,12}): (.*)",
    re.DOTALL,
)
_NGINX = re.compile(rb"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) \[(\w{1,10})\] \d+#\d+: (?:\*\d+ )?(.*)", re.DOTALL)
# php-fpm's own log and PHP's error_log differ in the zone only.
_PHP = re.compile(
    rb"\[(\d\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?: ([\w/+:-]{1,40}))?\] (.*)", re.DOTALL
)
_FPM_LEVEL = re.compile(rb"([A-Z]{4,7}): (.*)", re.DOTALL)
_PHP_LEVEL = re.compile(r"PHP ([A-Z][a-z]+(?: [a-z]+)?):\s+(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: epoch seconds, the level in lower case, the text of its first line."""

    time: float
    level: str
    text: str


Parse = Callable[[bytes], Entry | None]


def laravel(clock: Clock) -> Parse:
    """Parses ``[2026-11-23 21:00:00] production.ERROR: text``; a time with an offset of its own needs no clock."""

    def parse(line: bytes) -> Entry | None:
        found = _LARAVEL.match(line)
        if not found:
            return None
        moment = _moment(*found.groups()[:6])
        if moment is None:
            return None
        zone = (found[7] or b"").decode()
        at = utc(moment) - offset(zone) if zone else clock(moment)
        return Entry(at, found[9].decode().lower(), _text(found[10]))

    return parse


def nginx(line: bytes) -> Entry | None:
    """Parses ``2026/11/23 21:00:00 [error] 812#812: *1 text``."""
    found = _NGINX.match(line)
    moment = _moment(*found.groups()[:6]) if found else None
    return Entry(local(moment), found[7].decode().lower(), _text(found[8])) if found and moment else None


def php(line: bytes) -> Entry | None:
    """Parses ``[23-Nov-2026 21:00:00] WARNING: text`` (php-fpm) and ``[… UTC] PHP Fatal error:  text`` (error_log)."""
    found = _PHP.match(line)
    if not found or found[2] not in _MONTHS:
        return None
    moment = _moment(found[3], b"%d" % _MONTHS[found[2]], *found.groups()[:1], *found.groups()[3:6])
    if moment is None:
        return None
    own = _FPM_LEVEL.match(found[8])
    level, text = (own[1].decode().lower(), _text(own[2])) if own else php_level(_text(found[8]))
    try:
        at = of_zone(found[7].decode())(moment) if found[7] else local(moment)
    except UnknownZone:
        return None
    return Entry(at, level, text)


def php_level(text: str) -> tuple[str, str]:
    """``PHP Fatal error:  text`` to its level and text; without a level the first is empty."""
    found = _PHP_LEVEL.match(text)
    return (found[1].lower(), found[2]) if found else ("", text)


def first_lines(content: bytes) -> Iterator[bytes]:
    """The lines that begin with a digit or a bracket, as every first line does; each cut at ``LINE_LIMIT`` bytes."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        if content[start : start + 1] == b"[" or content[start : start + 1].isdigit():
            yield content[start : min(end, start + LINE_LIMIT)]
        start = end + 1


def _moment(*parts: bytes) -> Moment | None:
    year, month, day, hour, minute, second = (int(part) for part in parts)
    found = (year, month, day, hour, minute, second)
    right = 1 <= found[1] <= 12 and 1 <= found[2] <= 31 and found[3] < 24 and found[4] < 60 and found[5] <= 60
    return found if right and found[0] > 0 else None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
