"""How sure a counted rate is."""

from math import sqrt

_Z = 1.96


def wilson(hits: int, tried: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for ``hits`` of ``tried``; (0, 1) where nothing was tried."""
    if not tried:
        return 0.0, 1.0
    rate, square = hits / tried, _Z * _Z
    middle = rate + square / (2 * tried)
    margin = _Z * sqrt(rate * (1 - rate) / tried + square / (4 * tried * tried))
    whole = 1 + square / tried
    return max(0.0, (middle - margin) / whole), min(1.0, (middle + margin) / whole)


def told(hits: int, tried: int) -> str:
    """``3 of 1,000 (0.30 %, 95 %: 0.10 to 0.88 %)``."""
    low, high = wilson(hits, tried)
    rate = 100 * hits / tried if tried else 0.0
    return f"{hits:,} of {tried:,} ({rate:.2f} %, 95 %: {100 * low:.2f} to {100 * high:.2f} %)"
