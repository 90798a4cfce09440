"""Requests to a page while something is done to its host: at random, or from connections that never rest.

Lost is a request without a whole 2xx answer within 60 s; each page of this bench ends its answer with ``whole``, one of
the app's own with what closes its JSON.
"""

import http.client
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

TIME_LIMIT = 60.0
WHOLE = "whole"
_PAUSE = 0.002  # s between two requests of a connection that never rests


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was sent and answered (monotonic, s), what came, and why it is lost (empty: it is not)."""

    began: float
    ended: float
    body: str
    lost: str

    @property
    def seconds(self) -> float:
        """How long its client waited."""
        return self.ended - self.began


def ask(address: str, path: str, end: str = WHOLE) -> Answer:
    """One request on a connection of its own, whose answer is whole if it ends so."""
    began = time.monotonic()
    body, lost = "", ""
    connection = http.client.HTTPConnection(address, 80, timeout=TIME_LIMIT)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        if not 200 <= answer.status < 300:
            lost = f"status {answer.status}"
        elif not body.endswith(end):
            lost = "cut off"
    except (OSError, http.client.HTTPException) as error:
        lost = type(error).__name__
    finally:
        connection.close()
    ended = time.monotonic()
    return Answer(began, ended, body, lost or ("too late" if ended - began > TIME_LIMIT else ""))


class Load:
    """Requests from beginning to end of a ``with``; then ``answers`` has them all, in the order of their sending."""

    def __init__(self, address: str, path: str, end: str = WHOLE) -> None:
        self.answers: Sequence[Answer] = ()
        self._address, self._path, self._end = address, path, end
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(64)
        self._asked: list[Future[Answer]] = []

    def __enter__(self) -> Self:
        self._running = [threading.Thread(target=self._send) for _ in range(self._senders())]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._stop.is_set():
            time.sleep(1.0)
        self._stop.set()
        for thread in self._running:
            thread.join()
        self._pool.shutdown()
        self.answers = sorted((one.result() for one in self._asked), key=lambda answer: answer.began)

    def stop(self) -> None:
        """Send no more; what was sent is still waited for at the end of the ``with``."""
        self._stop.set()

    def _senders(self) -> int:
        raise NotImplementedError

    def _send(self) -> None:
        raise NotImplementedError


class Random(Load):
    """Requests that come by themselves, at ``rate`` a second (Poisson), however long others take."""

    def __init__(self, address: str, path: str, rate: float, seed: int, end: str = WHOLE) -> None:
        super().__init__(address, path, end)
        self._rate, self._chance = rate, random.Random(seed)

    def _senders(self) -> int:
        return 1

    def _send(self) -> None:
        due = time.monotonic()
        while True:
            due += self._chance.expovariate(self._rate)
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            self._asked.append(self._pool.submit(ask, self._address, self._path, self._end))


class Restless(Load):
    """``connections`` clients that ask again as soon as they have their answer, or after a pause of their own.

    ``rest`` is the mean of these pauses in seconds, which are as random as the time between events that come by
    themselves.
    """

    def __init__(self, address: str, path: str, connections: int, end: str = WHOLE, *, rest: float = 0.0) -> None:
        super().__init__(address, path, end)
        self._connections, self._rest = connections, rest

    def _senders(self) -> int:
        return self._connections

    def _send(self) -> None:
        chance = random.Random(threading.get_ident())
        while not self._stop.wait(chance.expovariate(1 / self._rest) if self._rest else _PAUSE):
            one = self._pool.submit(ask, self._address, self._path, self._end)
            self._asked.append(one)
            one.result()
