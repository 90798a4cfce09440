"""Numbers in words: times, ages, sizes, modes."""

import stat
import time


def clock(at: float) -> str:
    """A moment in the local time zone: ``2026-11-23 21:15:01 UTC``."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at))


def iso(at: float) -> str:
    """A moment for machines: ``2026-11-23T21:15:01Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def age(seconds: float) -> str:
    """A span in one unit: ``12 min``."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def span(seconds: float) -> str:
    """A short duration: ``12 ms``, ``1.8 s``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def size(octets: float) -> str:
    """A size as the seed writes it: ``427 KB``, ``64.0 MB``."""
    if octets < 1024:
        return f"{octets:.0f} B"
    return f"{octets / 1024:.0f} KB" if octets < 1024 * 1024 else f"{octets / 1024 / 1024:.1f} MB"


def mode(bits: int, kind: str = "") -> str:
    """Permission bits as ls writes them: ``srw-rw----`` for a socket (``s``)."""
    kinds = {"s": stat.S_IFSOCK, "d": stat.S_IFDIR, "f": stat.S_IFREG}
    text = stat.filemode(kinds.get(kind, stat.S_IFREG) | bits)
    return text if kind else text[1:]
