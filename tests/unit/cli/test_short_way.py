"""asked.py: the plain check that is understood without click."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.cli import check
from liveproof.cli.commands import run
from liveproof.cli.console import Console
from liveproof.cli.options import Asked, plain_check

_WORDS = """
check --format --format=json --format=x json text --timings --output --output= o --config c /p - -- -h --help
--out --policy seed --timings=1 --format= --config=c=d
"""
_WORD = st.sampled_from([*_WORDS.split(), ""])


@given(st.lists(_WORD, max_size=6).map(lambda words: ["check", *words]))
def test_the_short_way_reads_as_click_does(words: list[str]) -> None:
    """Whatever the short way understands, click understands in the same way."""
    quick = plain_check(words)
    if quick is None:
        return
    told: list[Asked] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "check", lambda asked, _: told.append(asked))
        assert run(words, Console()) == 0
    assert told == [quick]


@pytest.mark.parametrize(
    "words", [["check"], ["check", "/p", "--format", "json"], ["check", "--timings", "--output=x"]]
)
def test_the_short_way_is_taken(words: list[str]) -> None:
    """The plain forms do not import click."""
    assert plain_check(words) is not None
