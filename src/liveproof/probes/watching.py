"""The watcher of this host: its unit, its process, when it looked last, and the channels of its alerts."""

import os

from liveproof.host.errors import CannotSee
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import services
from liveproof.model.facts.watching import Watching
from liveproof.model.findings import Unknown
from liveproof.model.settings import Settings
from liveproof.store import watch_state

UNIT = "liveproof-watch.service"


def probe(*, reader: Reader, settings: Settings) -> Watching:
    """See whether a watcher runs; what root's watcher is, is not taken from a process of another user."""
    mine = {0, os.geteuid()}
    found = next((one for one in reader.processes() if one.uid in mine and _watches(one)), None)
    return Watching(
        _unit(reader),
        found.pid if found else 0,
        found.unit if found else "",
        max(watch_state.load().values(), default=0.0),
        reader.now(),
        tuple(channel.name for channel in settings.alerts.channel),
    )


def _watches(process: Process) -> bool:
    """``liveproof watch``, also as ``python3 /opt/…/bin/liveproof watch`` or ``python3 -m liveproof watch``."""
    for number, word in enumerate(process.argv[:-1]):
        if word.rpartition("/")[2] == "liveproof" and number < 4:
            return process.argv[number + 1] == "watch" and "--once" not in process.argv
    return False


def _unit(reader: Reader) -> str | Unknown:
    try:
        unit = services(reader, (UNIT,))[UNIT]
    except (CannotSee, OSError) as error:
        return Unknown(str(error))
    return f"{unit.active}/{unit.enabled}" if unit.load == "loaded" else ""
