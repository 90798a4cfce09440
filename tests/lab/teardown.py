"""The end of a host."""

import shutil

from tests.lab import machine, network
from tests.lab.layer import remove
from tests.lab.overlay import unmount
from tests.lab.state import State


def destroy(known: State) -> None:
    """Take away everything of a host: processes, network, mounts, files."""
    # Only while the number is this host's: a host taken down twice must not take another with it.
    if network.holds(known.home, known.index):
        machine.stop(known.running(), known.index, orderly=False)
        network.give_back(known.home, known.index)
    unmount(known.home)
    for leftover in (f"/run/systemd/nspawn/propagate/{known.name}", f"/run/systemd/nspawn/unix-export/{known.name}"):
        shutil.rmtree(leftover, ignore_errors=True)
    remove(known.home)
