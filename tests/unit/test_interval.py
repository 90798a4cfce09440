"""The interval that counted rates are given with."""

import pytest

from benchmarks.fix.interval import told, wilson


@pytest.mark.parametrize(
    ("hits", "tried", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 1000, 0.0, 0.003827),  # z²/(n + z²)
        (5, 10, 0.236593, 0.763407),
        (1000, 1000, 0.996173, 1.0),
    ],
)
def test_wilson(hits: int, tried: int, low: float, high: float) -> None:
    """Values of the formula, and the ends stay within 0 and 1."""
    assert wilson(hits, tried) == pytest.approx((low, high), abs=1e-5)


def test_told() -> None:
    """Percent with two digits."""
    assert told(0, 1000) == "0 of 1,000 (0.00 %, 95 %: 0.00 to 0.38 %)"
