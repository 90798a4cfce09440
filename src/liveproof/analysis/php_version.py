"""PHP's versions as it numbers them (php.net, PHP_VERSION_ID). Pure."""

import re

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?")


def version_id(version: str) -> int:
    """``8.2.20-1+deb12u1`` is 80220; 0 for what is no version."""
    found = _VERSION.match(version)
    return int(found[1]) * 10000 + int(found[2]) * 100 + int(found[3] or 0) if found else 0


def version_of(number: int) -> str:
    """80220 is ``8.2.20``."""
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"
