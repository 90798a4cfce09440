"""Real requests: straight to the pool and through nginx."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer over one way: ``nginx`` or ``pool``.

    Attributes:
        way: ``nginx`` (over its listen address) or ``pool`` (over the pool's socket).
        address: where it was sent: ``127.0.0.1:443``, ``unix:/run/php/php8.2-fpm.sock``.
        server: id of the server block.
        method, path, host: of the request; values of secret query parameters are hidden.
        request_id: what was sent as X-Request-Id.
        status: of the answer, 0 when none came.
        error: why no answer came; ``failure`` is its kind, as in http.HttpError and fastcgi.FastcgiError.
        answered_by: ``nginx`` (a page of its own), ``file`` (nginx served a file), ``fpm`` (PHP-FPM without running the
            script), ``app``, or empty when the answer does not tell.
        location: where a redirect leads, without its query.
        body: what it says in known words (it may quote any secret), its size and a digest.
        seconds: the time to the whole answer.
        expected_status, contains: what was configured (None and empty: nothing); the text itself is hidden.
        passed: whether the answer is right, or why that cannot be told.
        logs: the text that should be in the log; ``logged`` whether it came there (None: not asked).
    """

    way: str
    address: str
    server: str
    method: str
    path: str
    host: str
    request_id: str
    status: int
    error: str
    failure: str
    answered_by: str
    location: str
    body: str
    seconds: float
    expected_status: int | None
    contains: str
    passed: bool | Unknown
    logs: str
    logged: bool | Unknown | None

    @property
    def request(self) -> str:
        """The request in words: ``GET / (Host: example.com)``."""
        return f"{self.method} {self.path} (Host: {self.host})"


@dataclass(frozen=True, slots=True)
class Wire:
    """The exchanges of this run; ``configured`` is False when only ``GET /`` was asked.

    ``unasked`` are requests (with their way) that could not be sent, with the reason. ``logs`` are the files in which
    the expected texts were looked for. ``maintenance``: storage/framework/down exists, so that Laravel answers 503.
    """

    exchanges: tuple[Exchange, ...]
    configured: bool
    unasked: tuple[tuple[str, str], ...] = ()
    logs: tuple[str, ...] = ()
    maintenance: bool = False
