"""What a report says of entries that it does not list: how many there are, and where they are listed."""

import pytest

from liveproof.model.findings import Evidence, Finding
from liveproof.report.content.findings import unlisted


@pytest.mark.parametrize(
    ("listed", "more", "at_least", "words"),
    [
        (3, 0, False, ""),
        (10, 0, False, "and 7 more: `--format json` lists them"),
        (10, 591, False, "and 598 more: `--format json` lists 7"),
        (3, 591, False, "and 591 more"),
        (10, 290, True, "and at least 297 more: `--format json` lists 7"),
    ],
)
def test_the_rest_is_counted(listed: int, more: int, at_least: bool, words: str) -> None:
    """And nobody is sent to where it is not."""
    evidence = tuple(Evidence(f"stat /app/{number}", "0:0") for number in range(listed))
    assert unlisted(Finding("wrong", (), evidence, more=more, at_least=at_least), 3) == words
