"""One look after the other, each in a few milliseconds."""

import os
import time

from liveproof.host.reader import Reader
from liveproof.model.sample import QueueWorker, Sample
from liveproof.model.secrets import hide
from liveproof.model.settings import Settings
from liveproof.sampling.known import Knowledge, Known
from liveproof.sampling.logs import Logs
from liveproof.sampling.pools import Pools
from liveproof.sampling.processes import queue_workers

_WAIT = 0.25  # s that a look waits for answers; later ones stand in the next look
_SCAN_EVERY = 5.0  # s; reading every process of a host takes longer than all the rest
_NOT_ROOT = "not root: not every pool, log and process can be seen; run it as root"


class Sampler:
    """Looks at what is known; ``look`` is called once a tick."""

    def __init__(self, settings: Settings, knowledge: Knowledge) -> None:
        self._reader = Reader()
        self._knowledge = knowledge
        self._logs = Logs(self._reader, settings)
        self._pools = Pools(self._reader, Known((), ""))
        self._workers: tuple[QueueWorker, ...] = ()
        self._scan = 0.0

    def look(self) -> Sample:
        """What is live now."""
        began = time.monotonic()
        known, changed = self._knowledge.now()
        if changed:
            self._pools = Pools(self._reader, known)
            self._logs.follow(known)
            self._scan = 0.0
        self._pools.begin()
        if time.monotonic() >= self._scan:
            self._reader.forget_processes()
            self._workers = queue_workers(self._reader, (app for app, _ in known.apps))
            self._scan = time.monotonic() + _SCAN_EVERY
        logs = self._logs.now()
        self._pools.wait(time.monotonic() + _WAIT)
        notes = (known.reason, "" if self._reader.root else _NOT_ROOT)
        return Sample(
            at=round(time.time(), 3),
            seconds=round(time.monotonic() - began, 3),
            host=os.uname().nodename,
            root=self._reader.root,
            source=known.source,
            apps=tuple(app.path for app, _ in known.apps),
            reason=hide("; ".join(filter(None, notes))),
            pools=self._pools.pools(),
            opcache=self._pools.opcache(),
            workers=self._workers,
            logs=logs,
        )
