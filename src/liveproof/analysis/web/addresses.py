"""Addresses as nginx and PHP-FPM write them, ``unix:PATH`` or ``HOST:PORT``: whether they are here, and which meet."""

from collections.abc import Sequence


def meets(listen: str, asked: str, ours: Sequence[str] = ()) -> bool:
    """Whether a TCP ``listen`` takes connections to ``asked`` (``HOST:PORT``); ``ours`` are this host's addresses."""
    any_host = listen.isascii() and listen.isdigit()
    host, _, port = ("", "", listen) if any_host else listen.rpartition(":")
    wanted, _, number = asked.rpartition(":")
    if port != number or not number:
        return False
    if host == wanted or ("localhost" in (host, wanted) and local(host) and local(wanted)):
        return True
    return host in ("", "*", "0.0.0.0", "[::]", "::") and (local(wanted) or wanted.strip("[]") in ours)  # noqa: S104


def local(host: str) -> bool:
    """Whether a host's name or number is this very machine's loopback."""
    return host in ("localhost", "[::1]", "::1") or (host.startswith("127.") and host.count(".") == 3)


def is_here(address: str) -> bool:
    """Whether an address is surely on this host."""
    return address.startswith("unix:") or local(address.rpartition(":")[0])
