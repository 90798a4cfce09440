"""The exit status of a check."""

from dataclasses import replace

import pytest

from liveproof.cli.errors import UsageError
from liveproof.cli.parser import command_parser
from liveproof.cli.registry import find
from liveproof.cli.session import exit_status
from liveproof.model.examination import Examination
from liveproof.model.verdicts import Severity
from tests.golden import incident


def _examined(*codes: str, unseen: bool = False) -> Examination:
    why = {"WIR001": "the pool is saturated"} if unseen else {}
    return incident.examination(incident.app(*codes, unseen=why))


@pytest.mark.parametrize(
    ("examination", "fail_on", "status"),
    [
        (_examined(), "medium", 0),
        (_examined("OPC013"), "medium", 0),
        (_examined("OPC013"), "notice", 1),
        (_examined("FIL003"), "medium", 1),
        (_examined("FIL003"), "high", 1),
        (_examined("FIL003"), "critical", 0),
        (_examined("FIL003", unseen=True), "critical", 3),
        (_examined("FIL003", "FIL001"), "critical", 1),
        (_examined(unseen=True), "critical", 3),
        (_examined("FIL003", unseen=True), "medium", 1),
        (Examination("host", 0.0, 0.1, (), "no app", ()), "medium", 3),
    ],
)
def test_exit_status(examination: Examination, fail_on: str, status: int) -> None:
    """Findings that are less severe do not count; what was not seen always does."""
    assert exit_status(examination, Severity(fail_on)) == status


def test_with_selected_rules_nothing_found_is_no_failure() -> None:
    """No link is proven by that, and the status is 0 all the same."""
    (app,) = _examined().apps
    links = tuple(replace(state, verdict=type(state.verdict).NOT_ASKED) for state in app.links)
    examination = incident.examination(replace(app, selected=("FIL",), links=links))
    assert examination.nothing_found
    assert exit_status(examination, Severity.MEDIUM) == 0


def test_quiet_and_verbose_exclude_each_other() -> None:
    """As argparse says it."""
    with pytest.raises(UsageError, match="not allowed with argument"):
        command_parser(find(["check"])).parse_words(["-q", "-v"])
