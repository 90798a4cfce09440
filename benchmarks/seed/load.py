"""Requests in parallel while something is done to a host, and how many of them were lost."""

import http.client
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CONNECTIONS = 8
PATH = "/api/status"


@dataclass
class Loss:
    """Answers with status 200, and requests that got another answer or none."""

    served: int = 0
    lost: int = 0


class Load:
    """Eight clients that ask a host without pause; use as a context manager, then read ``loss``."""

    def __init__(self, address: str) -> None:
        self.loss = Loss()
        self._address = address
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CONNECTIONS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        time.sleep(0.5)
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    def _ask(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(self._address, 80, timeout=10)
            try:
                while not self._stop.is_set():
                    connection.request("GET", PATH)
                    answer = connection.getresponse()
                    answer.read()
                    self._count(answer.status == 200)
            except (OSError, http.client.HTTPException):
                self._count(False)
                time.sleep(0.005)
            finally:
                connection.close()

    def _count(self, served: bool) -> None:
        with self._lock:
            if served:
                self.loss.served += 1
            else:
                self.loss.lost += 1
