"""Whole numbers as others write them: of any length, and Python refuses to read one of more than 4,300 digits."""

_DIGITS = 18  # so that it fits into 63 bits


def whole(text: str) -> int | None:
    """The number that ``text`` is in decimal ASCII digits, up to 18 of them; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
