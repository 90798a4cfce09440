"""Rows of a table of ratios."""

from typing import NamedTuple


class Row(NamedTuple):
    """What was measured against which peer: the ratio ours/peer (median of pairs) and its bound (None: only told)."""

    name: str
    peer: str
    ratio: float
    bound: float | None


def table(rows: list[Row]) -> int:
    """Print the rows; 1 when a bound is missed, else 0."""
    missed = 0
    print(f"{'what':52} {'against':46} {'ratio':>7} {'bound':>6}")
    for row in rows:
        over = row.bound is not None and row.ratio > row.bound
        missed |= over
        bound = "" if row.bound is None else f"{row.bound:.2f}"
        print(f"{row.name:52} {row.peer:46} {row.ratio:7.2f} {bound:>6} {'MISSED' if over else ''}")
    return 1 if missed else 0
