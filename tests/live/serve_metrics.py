"""Runs on a host: serves the newest kept run at /metrics, as `liveproof watch` does, until it is ended."""

import sys
import time

sys.path[:0] = ["/opt/liveproof/app", "/opt/liveproof/lib"]

from liveproof.rules import load  # noqa: E402  (the path comes first)
from liveproof.steps import load as load_steps  # noqa: E402
from liveproof.store.history import History  # noqa: E402
from liveproof.watch.metrics.metrics import Metrics  # noqa: E402
from liveproof.watch.metrics.server import MetricsServer  # noqa: E402
from liveproof.watch.metrics.textfile import write_textfile  # noqa: E402

load_steps()
metrics = Metrics(load())
MetricsServer(metrics.text, lambda error: print(error, flush=True)).start("127.0.0.1", 9978)
known = ""
while True:
    runs = History().runs(1)
    if runs and runs[0].id != known:
        known = runs[0].id
        metrics.update(History().load(known))
        metrics.own.check_ended(0.2)
        write_textfile("/var/lib/liveproof-metrics.prom", metrics.text())
    time.sleep(0.1)
