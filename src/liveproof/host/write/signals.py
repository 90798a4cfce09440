"""Being asked to stop while files are changed: noted, and obeyed where nothing is half-done."""

import signal
import threading
from types import FrameType
from typing import Any, Self

# SIGHUP comes when the terminal goes away: a lost ssh session must not leave a fix half-done.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """Inside a ``with``, SIGINT, SIGTERM and SIGHUP only set ``asked``. Signals that are ignored stay ignored."""

    def __init__(self) -> None:
        self.name = ""
        self._before: dict[signal.Signals, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return bool(self.name)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.name = signal.Signals(number).name
