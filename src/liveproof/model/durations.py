"""Durations as people write them: ``15m``, ``2h``, ``1h30m``, ``7d``; in seconds for the program."""

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SHAPE = r"(?:\d{1,9}[smhdw])+"
LONGEST = 3660 * 86400.0  # ten years: beyond it, a slip of the pen
EXPECTED = "should be a duration such as 30s, 15m, 2h, 1h30m or 7d, of at most ten years"


def seconds(text: str) -> float:
    """The seconds of a duration: numbers, each with its unit s, m, h, d or w.

    Raises:
        ValueError: it is none; the message says what it should be.
    """
    if not re.fullmatch(_SHAPE, text, re.ASCII):
        raise ValueError(EXPECTED)
    total = float(sum(int(part[:-1]) * _UNITS[part[-1]] for part in re.findall(r"\d+[smhdw]", text)))
    if total > LONGEST:
        raise ValueError(EXPECTED)
    return total


def words(duration: float) -> str:
    """Seconds as such a text, in its two largest units: ``1h30m``; ``0s`` for less than a second."""
    rest, parts = int(duration), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"
