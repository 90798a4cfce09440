"""What a rule answers, parted for tests."""

from collections.abc import Iterable

from liveproof.model.findings import Answer, Finding, Holds, Unknown


def faults(answers: Iterable[Answer]) -> list[Finding | Unknown]:
    """What was found, and what could not be seen."""
    return [answer for answer in answers if not isinstance(answer, Holds)]


def findings(answers: Iterable[Answer]) -> list[Finding]:
    """Only what was found."""
    return [answer for answer in answers if isinstance(answer, Finding)]
