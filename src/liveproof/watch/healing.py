"""Which problems may be fixed without being asked, and how often. The fixing itself is handed in by `cli`."""

from collections.abc import Collection, Iterable, Iterator

from liveproof.model.alerts import Problem, covers
from liveproof.model.dataclass import dataclass

_HOUR = 3600.0
_FIRST_WAIT = 60.0  # s after an attempt on a problem until the next one; twice as long each time


@dataclass(slots=True)
class _Attempts:
    count: int = 0
    last: float = 0.0


class Healing:
    """Chooses what to fix.

    Args:
        named: codes and families that may be fixed.
        per_hour: attempts in an hour at most, all problems together.
    """

    def __init__(self, named: Collection[str], per_hour: int) -> None:
        self._named, self._per_hour = tuple(named), per_hour
        self._attempts: dict[str, _Attempts] = {}
        self._times: list[float] = []

    def chosen(self, found: Iterable[Problem], now: float) -> Iterator[Problem]:
        """The problems that may be tried now; each that is given counts as tried."""
        there = tuple(found)
        self._times = [at for at in self._times if now - at < _HOUR]
        for key in self._attempts.keys() - {problem.key for problem in there}:
            if now - self._attempts[key].last > _HOUR:
                del self._attempts[key]
        for problem in there:
            before = self._attempts.setdefault(problem.key, _Attempts())
            waits = before.count and now - before.last < _FIRST_WAIT * 2.0 ** min(before.count - 1, 20)
            if self._may(problem) and not waits and len(self._times) < self._per_hour:
                before.count, before.last = before.count + 1, now
                self._times.append(now)
                yield problem

    def _may(self, problem: Problem) -> bool:
        return any(covers(named, problem.code) for named in self._named)
