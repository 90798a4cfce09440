"""Durations as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.model.durations import LONGEST, seconds, words


@pytest.mark.parametrize(
    ("text", "expected"), [("30s", 30), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("7d", 604800), ("2w", 1209600)]
)
def test_right_ones(text: str, expected: float) -> None:
    """Numbers with units, added up."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "2h ", "2y", "1.5h", "٣h", "999999999w", "2h\n"])
def test_wrong_ones(text: str) -> None:
    """Refused, with what it should be."""
    with pytest.raises(ValueError, match="such as 30s"):
        seconds(text)


@given(st.text("0123456789smhdw", max_size=12))
def test_any_text(text: str) -> None:
    """A number or a ValueError."""
    with suppress(ValueError):
        assert 0 <= seconds(text) <= LONGEST


@given(st.integers(1, 86400 * 365))
def test_words_are_read_again(duration: int) -> None:
    """In two units: never more than it is, and nearly it."""
    again = seconds(words(duration))
    assert again <= duration < again + 86400
