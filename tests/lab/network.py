"""A bridge for all hosts, and for each host an address and a network name space of its own."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Final

from tests.lab import places
from tests.lab.errors import LabError
from tests.lab.locking import locked
from tests.lab.shell import run

BRIDGE: Final = "lplab0"
_PREFIX: Final = "172.30"
_FIRST: Final = 160
_NETWORK: Final = 20
_LAST: Final = 4000
_LOCK: Final = places.ADDRESSES / "lock"

# Left alone, a bridge takes the lowest hardware address among its ports: it would change whenever a host comes or goes,
# and what the other hosts answer just then would be sent to nobody for as long as they remember the old one.
_HARDWARE: Final = "02:6c:70:ff:00:01"


def address(index: int) -> str:
    """The address of the host with this number."""
    return f"{_PREFIX}.{_FIRST + index // 256}.{index % 256}"


def namespace(index: int) -> str:
    """The name of its network name space."""
    return f"lplab-{index}"


def take(home: Path) -> int:
    """Take a number nobody on this machine has, for the host that lives in ``home``.

    Raises:
        LabError: all are taken.
    """
    with locked(_LOCK, timeout=30):
        for index in range(2, _LAST):
            claim = places.ADDRESSES / str(index)
            try:
                claim.symlink_to(home)
            except FileExistsError:
                # Its host's directory is gone: nobody gave the number back.
                if Path(os.readlink(claim)).exists():
                    continue
                _unplug(index)
                claim.unlink()
                claim.symlink_to(home)
            return index
    raise LabError("no address is left; take hosts down: python -m tests.lab gc")


def holds(home: Path, index: int) -> bool:
    """Whether the number is still that of the host in ``home``, and not given to another since."""
    try:
        return Path(os.readlink(places.ADDRESSES / str(index))) == home
    except OSError:
        return False


def give_back(home: Path, index: int) -> None:
    """Undo ``take`` and ``plug``; nothing happens when the number is another host's by now."""
    with locked(_LOCK, timeout=30):
        if holds(home, index):
            _unplug(index)
            (places.ADDRESSES / str(index)).unlink(missing_ok=True)


def plug(index: int) -> None:
    """Give the host number ``index`` its name space, with ``eth0`` on the bridge."""
    with locked(_LOCK, timeout=30):
        if not Path("/sys/class/net", BRIDGE).exists():
            _batch(f"link add {BRIDGE} address {_HARDWARE} type bridge\nlink set {BRIDGE} up\n")
            _batch(f"addr add {address(1)}/{_NETWORK} dev {BRIDGE}\n")
        _room()
    name = namespace(index)
    if Path("/run/netns", name).exists():
        return
    run(["ip", "netns", "add", name], timeout=10)
    # One number, one hardware address: the machine's neighbour table may still know the last host of that number.
    mac = f"02:6c:70:00:{index // 256:02x}:{index % 256:02x}"
    _batch(
        f"link add lpv{index} type veth peer name eth0 address {mac} netns {name}\n"
        f"link set lpv{index} master {BRIDGE} up\n"
    )
    _batch(f"link set lo up\naddr add {address(index)}/{_NETWORK} dev eth0\nlink set eth0 up\n", inside=name)


def _unplug(index: int) -> None:
    for argv in (["ip", "link", "del", f"lpv{index}"], ["ip", "netns", "del", namespace(index)]):
        subprocess.run(argv, capture_output=True, timeout=10, check=False)


def _batch(lines: str, *, inside: str = "") -> None:
    where = ["-n", inside] if inside else []
    run(["ip", *where, "-batch", "-"], stdin=lines, timeout=10)


def _room() -> None:
    # Each systemd needs some inotify instances; the usual limit of 128 is used up by a few hosts.
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    with contextlib.suppress(OSError, ValueError):
        if int(limit.read_text()) < 4096:
            limit.write_text("8192\n")
