"""Real requests: straight to the pool and through nginx."""

from dataclasses import dataclass

from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer over one way: ``nginx`` or ``pool``.

    ``status`` 0 and ``error`` when no answer came. ``body`` is the first 2 kB, decoded. ``seconds`` is the time to the
    whole answer. ``logged`` tells whether the expected text appeared in the log (None: not asked).
    """

    way: str
    method: str
    path: str
    host: str
    request_id: str
    status: int
    error: str
    body: str
    seconds: float
    expected_status: int | None
    contains: str
    passed: bool
    logs: str
    logged: bool | Unknown | None


@dataclass(frozen=True, slots=True)
class Wire:
    """The exchanges of this run; ``configured`` is False when only ``GET /`` was asked."""

    exchanges: tuple[Exchange, ...]
    configured: bool
