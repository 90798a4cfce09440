"""Requests in parallel while something is done to a host, and how many of them were lost."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

CONNECTIONS = 8
PATH = "/api/status"
SECONDS = 90.0  # then the clients stop by themselves, whatever is still being done
REQUESTS = 25_000  # each client's
PAUSE = 0.002  # s between two requests of a client: the fixing needs some of the processor too


@dataclass
class Loss:
    """Answers with status 200, and why the other requests were lost: how often each."""

    served: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Requests that got another answer or none."""
        return sum(self.reasons.values())

    def __str__(self) -> str:
        why = "; ".join(f"{count} x {reason}" for reason, count in self.reasons.most_common(3))
        return f"{self.lost} of {self.lost + self.served} lost" + (f" ({why})" if why else "")


class Load:
    """Eight clients that ask a host one request after the other; use as a context manager, then read ``loss``.

    Each new connection is one request's: what a client that reuses connections sees when the server closes an idle one
    is not counted for or against anybody.
    """

    def __init__(self, address: str) -> None:
        self.loss = Loss()
        self._address = address
        self._until = 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CONNECTIONS)]

    def __enter__(self) -> Self:
        self._until = time.monotonic() + SECONDS
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None and self.ended:
            raise RuntimeError(f"the load was over after {SECONDS:.0f} s, before the fixing was")
        time.sleep(0.5)
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    @property
    def ended(self) -> bool:
        """Whether the clients have stopped by themselves."""
        return not any(thread.is_alive() for thread in self._threads)

    def _ask(self) -> None:
        for _ in range(REQUESTS):
            if self._stop.wait(PAUSE) or time.monotonic() > self._until:
                return
            reason = _one(self._address)
            with self._lock:
                if reason:
                    self.loss.reasons[reason] += 1
                else:
                    self.loss.served += 1


def _one(address: str) -> str:
    """Why a request was lost; empty when it was answered with 200."""
    connection = http.client.HTTPConnection(address, 80, timeout=10)
    try:
        connection.request("GET", PATH, headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    else:
        return "" if answer.status == 200 else f"status {answer.status}"
    finally:
        connection.close()
