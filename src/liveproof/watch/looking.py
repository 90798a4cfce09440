"""One look at the host: a check in a child, what it found put into the book of alerts, and what came of it."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from liveproof.model.alerts import Problem
from liveproof.model.dataclass import dataclass
from liveproof.model.rule import Rule
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Severity
from liveproof.store.alerts.book import AlertBook, Changes
from liveproof.store.history import History, NoSuchRun
from liveproof.store.sqlite import StoreFailed
from liveproof.watch import child
from liveproof.watch.problems import problems, unseen

LIMIT_SECONDS = 60.0  # a check ends within 30 s by itself
_FAILURES = 3  # so many checks in a row without a result are a problem of their own
_OWN = "WATCH"
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What one look gave.

    Attributes:
        checked: the child's result.
        changes: alerts that were raised and resolved by it.
        found: the problems that it found.
        record: the run as it was kept; None where it was not.
        store_failed: why the book of alerts or the history could not be used; empty where they could.
    """

    checked: child.Checked
    changes: Changes = Changes()
    found: tuple[Problem, ...] = ()
    record: Record | None = None
    store_failed: str = ""


class Looker:
    """Looks, and keeps the book.

    Args:
        rules: all rules.
        book: where alerts are kept.
        path, options: what is checked, and how: the words for ``liveproof check``.
        detail: one more line on a problem that was just found (who caused it), or an empty text.
    """

    def __init__(
        self,
        rules: Collection[Rule],
        book: AlertBook,
        path: str,
        options: Sequence[str],
        detail: Callable[[Problem, dict[str, Any]], str],
    ) -> None:
        self._rules, self._book, self._path, self._options = rules, book, path, tuple(options)
        self._detail = detail
        self._failures = 0

    async def look(
        self, codes: Sequence[str], stirred: Callable[[], bool] = lambda: False, *, by_event: bool = False
    ) -> Look:
        """Check these codes, or everything where there are none, and alert of what it found.

        What a log held is no state that ends: such alerts are resolved only by looks that no event asked for, so that
        a log which is rotated at this moment ends none.
        Where something changed while the check looked (``stirred``), it may have seen the one half before and the other
        half after: then it looks again, twice at most.
        """
        for _ in range(_AGAIN):
            checked = await child.check(codes, self._path, self._options, LIMIT_SECONDS)
            found = problems(checked.document, self._rules) if checked.document is not None else ()
            if not found or not stirred():
                break
        if checked.document is None:
            self._failures += 1
            return self._failed(checked)
        self._failures = 0
        document = checked.document
        try:
            detailed = tuple(self._detailed(problem, document) for problem in found)
            changes = self._book.reconcile("check", detailed, time.time(), unseen=self._unseen(document, by_event))
            own = self._book.reconcile(_OWN, (), time.time())
        except StoreFailed as error:
            return Look(checked, found=found, record=_record(document), store_failed=str(error))
        changes = Changes(changes.raised + own.raised, changes.resolved + own.resolved)
        return Look(checked, changes, detailed, _record(document))

    def tell(self, problem: Problem) -> Changes:
        """Alert of something that no check finds, until ``untell``."""
        return self._book.reconcile(problem.key, (problem,), time.time())

    def untell(self, key: str) -> Changes:
        """It is over."""
        return self._book.reconcile(key, (), time.time())

    def _unseen(self, document: dict[str, Any], by_event: bool) -> Callable[[Problem], bool]:
        of_logs = {rule.code for rule in self._rules if rule.alerts == "each"} if by_event else set[str]()
        not_seen = unseen(document)
        return lambda problem: problem.code in of_logs or not_seen(problem)

    def _failed(self, checked: child.Checked) -> Look:
        if self._failures < _FAILURES:
            return Look(checked)
        what = f"{self._failures} checks in a row gave no result, so nothing is known of this host"
        try:
            problem = Problem(_OWN, _OWN, self._path, Severity.HIGH, what, checked.why, "liveproof check")
            return Look(checked, self._book.reconcile(_OWN, (problem,), time.time()))
        except StoreFailed as error:
            return Look(checked, store_failed=str(error))

    def _detailed(self, problem: Problem, document: dict[str, Any]) -> Problem:
        line = self._detail(problem, document)
        if not line:
            return problem
        return Problem(
            problem.key, problem.code, problem.app, problem.severity, problem.what, problem.why, problem.command,
            (line, *problem.details),
        )  # fmt: skip


def _record(document: dict[str, Any]) -> Record | None:
    """The kept run of a check."""
    try:
        return History().load(document["run"]) if document.get("run") else None
    except (NoSuchRun, StoreFailed):
        return None
