"""Gives the metrics out: at /metrics and as a textfile, as the configuration says."""

from collections.abc import Callable

from liveproof.model.settings import MetricsTable, listen_address
from liveproof.watch.metrics.metrics import Metrics
from liveproof.watch.metrics.server import CannotServe, MetricsServer
from liveproof.watch.metrics.textfile import write_textfile

_WARNING = 4


class Gauges:
    """Where metrics go. What cannot be given out is said, and ends nothing."""

    def __init__(self, metrics: Metrics, table: MetricsTable, log: Callable[[int, str], None]) -> None:
        self._metrics, self._table, self._log = metrics, table, log
        self._server: MetricsServer | None = None
        self._said = ""

    def configure(self, table: MetricsTable) -> None:
        """Give them out elsewhere, where that has changed."""
        if table != self._table:
            self.stop()
            self._table = table
            self.start()

    def start(self) -> None:
        """Listen."""
        address = listen_address(self._table.listen)
        if not address:
            return
        self._server = MetricsServer(self._metrics.text, lambda why: self._log(_WARNING, why))
        try:
            self._server.start(*address)
        except CannotServe as error:
            self._server = None
            self._log(_WARNING, str(error))

    def stop(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.stop()
        self._server = None

    def write(self) -> None:
        """Write the textfile, where there is to be one; the same failure is said once."""
        if not self._table.textfile:
            return
        try:
            write_textfile(self._table.textfile, self._metrics.text())
            self._said = ""
        except OSError as error:
            why = f"{self._table.textfile} cannot be written: {error.strerror or error}"
            if why != self._said:
                self._log(_WARNING, why)
            self._said = why
            self._metrics.own.error("textfile")
