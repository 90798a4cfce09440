"""The step that makes PHP compile everything again: a graceful reload of the masters behind some pools."""

from collections.abc import Iterable, Iterator

from liveproof.model.facts.fpm import Fpm, Master, Pool, PoolStatus, Socket, WorkerState
from liveproof.model.findings import Unknown
from liveproof.model.plan import Act, Step
from liveproof.model.verdicts import Safety
from liveproof.steps.service_action import ServiceAction

# How much longer PHP-FPM must wait than the longest request takes, in seconds: it may be a little longer next time.
MARGIN = 2.0
_UNDO = "nothing to undo: another reload compiles the files as they are then"


def graceful_reloads(fpm: Fpm, pools: Iterable[str], why: str) -> Iterator[Step]:
    """One reload for each running master of the pools with these ids, with what it costs there."""
    result: set[int] = set()
    for master, _ in fpm.serving(tuple(pools)):
        if master.pid and master.pid not in result:
            result.add(master.pid)
            yield graceful_reload(master, why)


def graceful_reload(master: Master, why: str, undo: str = _UNDO) -> Step:
    """The reload of a running master.

    It is safe where ``process_control_timeout`` lets every running request finish: it must be longer, by ``MARGIN``,
    than the longest request that the pools' status pages tell of. Measured on PHP 8.2 with 10 short requests a second:
    none lost with 10 s; one by 48 of 200 reloads with 0, the default, and by 35 of 200 at a moment without a request.
    """
    cost = "" if _unreachable(master) else cuts_off(master)
    return Step(reload_of(master), why, undo, Safety.DROPS if cost else Safety.SAFE, cost=cost)


def cuts_off(master: Master) -> str:
    """Why a reload of this master would cut off requests; empty where nothing says that it would."""
    if master.control_timeout <= 0:
        return (
            "process_control_timeout is 0, so requests that run at that moment are cut off (OPC013); measured with 10 "
            "short requests a second: one of four reloads lost a request"
        )
    setting = f"process_control_timeout is {master.control_timeout:g} s"
    longest = max((state.seconds for pool in master.pools for state in _states(pool)), default=0.0)
    if longest + MARGIN <= master.control_timeout:
        return ""
    if longest < 1:
        return f"{setting}, shorter than the {MARGIN:g} s that requests should get, so some may be cut off"
    return f"{setting}, and a request took {longest:.0f} s: one like it is cut off"


def _states(pool: Pool) -> tuple[WorkerState, ...]:
    return pool.status.workers if isinstance(pool.status, PoolStatus) else ()


def _unreachable(master: Master) -> bool:
    """Whether no request can be running, since nobody listens where its pools should."""
    return all(isinstance(pool.socket, Socket) and not pool.socket.listening for pool in master.pools)


def moves_socket(master: Master, act: Act) -> str:
    """Why this act on a running master must not be: its pool would leave the address that nginx passes to.

    Empty for every other act, and where what is loaded and what is on disk name the same addresses.
    """
    pool = next((pool for pool in master.pools if pool.pending), None)
    if pool is None or not master.pid:
        return ""
    if not isinstance(act, ServiceAction) or not act.empties_memory or not act.same_service(reload_of(master)):
        return ""
    return (
        f"PHP-FPM must not be reloaded now: pool {pool.id} would listen on {pool.pending}, as {pool.file} says since, "
        f"while nginx passes to {pool.address}. First let both name one address."
    )


def reload_of(master: Master) -> ServiceAction:
    """The graceful reload of a running master: of its unit, or by a signal where no unit runs it."""
    if isinstance(master.unit, Unknown) or not master.unit.name:
        return ServiceAction("signal", test=master.test, pid=master.pid, start=master.start)
    return ServiceAction("reload", master.unit.name, master.test)
