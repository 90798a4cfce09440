"""Sizes as people write them: ``64M``, ``1G``; in bytes for the program."""

import re

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
EXPECTED = "should be a size such as 512K, 128M or 2G, of at most 1024G"


def octets(text: str) -> int:
    """The bytes of a size: a number with its unit K, M or G, which are powers of 1024 as nginx and PHP have them.

    Raises:
        ValueError: it is none; the message says what it should be.
    """
    found = re.fullmatch(r"([0-9]{1,9})([KMG])", text)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < size <= 1024 * _UNITS["G"]:
        raise ValueError(EXPECTED)
    return size
