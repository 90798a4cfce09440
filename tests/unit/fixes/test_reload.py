"""What a graceful reload costs on the host at hand."""

import pytest

from liveproof.fixes.reload import graceful_reload
from liveproof.model.facts.fpm import Master, Pool, PoolStatus, Socket, Unit, WorkerState
from liveproof.model.findings import Unknown
from liveproof.model.verdicts import Safety


def master(timeout: float, *seconds: float, listening: bool = True) -> Master:
    """A running master whose only pool's status page tells of requests that took these seconds."""
    socket = Socket(True, listening, 0, 0, 0o660, True, "/run/x.sock")
    status = PoolStatus(9, 0, 1, 1, 2, 0, 1.0, tuple(WorkerState(n, "Idle", "GET /", s) for n, s in enumerate(seconds)))
    pool = Pool(
        "8.2", "www", "/f", "www-data", "www-data", 33, 33, (33,), "unix:/run/x.sock", "dynamic", 5, 1, "/status", "",
        0.0, 0.0, (), (), socket, status if seconds else Unknown("no status page"),
    )  # fmt: skip
    unit = Unit("php8.2-fpm.service", "loaded", "active", "running", "success", 30, False, "enabled", False)
    return Master("8.2", 30, 1.0, "/usr/sbin/php-fpm8.2", "/c", (), timeout, "", unit, (pool,))


@pytest.mark.parametrize(
    ("timeout", "seconds", "safety", "reason"),
    [
        (10, (0.1, 7.9), Safety.SAFE, ""),
        (
            10,
            (0.1, 8.1),
            Safety.DROPS,
            "process_control_timeout is 10 s, and a request took 8 s: one like it is cut off",
        ),
        (10, (), Safety.SAFE, ""),
        (0, (0.1,), Safety.DROPS, "process_control_timeout is 0"),
        (1, (0.1,), Safety.DROPS, "process_control_timeout is 1 s, shorter than"),
    ],
)
def test_a_reload_is_safe_where_the_longest_request_may_finish(
    timeout: float, seconds: tuple[float, ...], safety: Safety, reason: str
) -> None:
    """By two seconds at least; without a status page by the timeout alone."""
    step = graceful_reload(master(timeout, *seconds), "why")
    assert step.safety is safety
    assert reason in step.cost
    assert bool(step.cost) is (safety is Safety.DROPS)


def test_nothing_is_cut_where_nobody_listens() -> None:
    """No request can be running in a pool that nobody reaches."""
    assert graceful_reload(master(0, listening=False), "why").safety is Safety.SAFE
