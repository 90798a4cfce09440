"""A byte, a length, an owner, a mode, a life: of any file of the app or of its configuration."""

import string
from random import Random
from typing import Final

from benchmarks.chaos.edits.written import any_file, write
from tests.lab import Host

_MODES: Final = ("000", "400", "600", "640", "644", "755", "777", "444")
_OWNERS: Final = ("root:root", "www-data:www-data", "deploy:deploy", "nobody:nogroup", "gateway:gateway")


def byte(host: Host, chance: Random) -> str:
    """One letter or digit becomes another."""
    path = any_file(host, chance)
    content = bytearray(host.pull(path))
    places = [at for at, value in enumerate(content) if chr(value).isascii() and chr(value).isalnum()]
    if not places:
        raise RuntimeError(f"{path} has no letter")
    at = chance.choice(places)
    old = chr(content[at])
    alphabet = string.digits if old.isdigit() else string.ascii_lowercase
    content[at] = ord(chance.choice([each for each in alphabet if each != old]))
    how = write(host, chance, path, bytes(content))
    return f"byte {at} of {path}: {bytes(content[max(0, at - 12) : at + 12])!r} (was {old}), {how}"


def shorter(host: Host, chance: Random) -> str:
    """Emptied, or cut somewhere."""
    path = any_file(host, chance)
    content = host.pull(path)
    size = 0 if chance.random() < 0.4 else chance.randrange(len(content) + 1)
    return f"{path} cut to {size} of {len(content)} bytes, {write(host, chance, path, content[:size])}"


def deleted(host: Host, chance: Random) -> str:
    """Gone."""
    path = any_file(host, chance)
    host.file(path).unlink()
    return f"{path} deleted"


def mode(host: Host, chance: Random) -> str:
    """chmod of a file, or of the directory that holds it."""
    path, number = any_file(host, chance), chance.choice(_MODES)
    if chance.random() < 0.3:
        path = path.rpartition("/")[0]
    host.sh(f"chmod {number} '{path}'")
    return f"chmod {number} {path}"


def owner(host: Host, chance: Random) -> str:
    """chown of a file, or of the directory that holds it."""
    path, who = any_file(host, chance), chance.choice(_OWNERS)
    if chance.random() < 0.3:
        path = path.rpartition("/")[0]
    host.sh(f"chown {who} '{path}'")
    return f"chown {who} {path}"


def time(host: Host, chance: Random) -> str:
    """touch: now, long ago, or in the future."""
    path, when = any_file(host, chance), chance.choice(("now", "2020-01-01", "tomorrow"))
    host.sh(f"touch -d {when} '{path}'")
    return f"touch -d {when} {path}"


EDITS = (byte, byte, shorter, deleted, mode, owner, time)
