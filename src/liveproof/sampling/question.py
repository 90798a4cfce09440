"""Questions that are asked in threads of their own: whoever does not answer costs the others nothing."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from liveproof.host.errors import CannotSee

_T = TypeVar("_T")
_PATIENCE = 1.0  # s; a question that took so long in vain is not asked again at once: it would only join the queue
_PAUSE = 5.0


class Question(Generic[_T]):
    """One question, asked at most every so many seconds, and never twice at the same time.

    Attributes:
        answer: the latest answer, None before the first and after a failure.
        why: why the latest one failed, empty while it does not.
        at: when it was answered (epoch seconds), 0 before.
    """

    def __init__(self, ask: Callable[[], _T], every: float = 0.0) -> None:
        self.answer: _T | None = None
        self.why = ""
        self.at = 0.0
        self._ask, self._every = ask, every
        self._due = 0.0
        self._began = 0.0
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Ask, where it is time to and nothing is being waited for."""
        if time.monotonic() < self._due or (self._thread and self._thread.is_alive()):
            return
        self._began = time.monotonic()
        self._due = self._began + self._every
        self._thread = threading.Thread(target=self._run, daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # no more threads are to be had
            self._thread, self.answer, self.why = None, None, f"it could not be asked: {error}"

    def wait(self, until: float) -> None:
        """Wait for the answer until that moment of the monotonic clock."""
        if self._thread:
            self._thread.join(max(0.0, until - time.monotonic()))

    @property
    def waiting(self) -> float:
        """For how many seconds it has been waited for; 0 while nothing is."""
        return time.monotonic() - self._began if self._thread and self._thread.is_alive() else 0.0

    def _run(self) -> None:
        try:
            answer, why = self._ask(), ""
        except (CannotSee, OSError) as error:
            answer, why = None, str(error)
        except Exception as error:  # noqa: BLE001  (an answer that nobody thought of must not end the others)
            answer, why = None, f"liveproof failed to ask ({type(error).__name__}: {error}); please report this"
        took = time.monotonic() - self._began
        if why and took >= _PATIENCE:
            self._due = time.monotonic() + _PAUSE
        self.answer, self.why, self.at = answer, why, time.time()
