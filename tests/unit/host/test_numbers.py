"""host/numbers.py and the parsers that use it: numbers of any length, texts of any depth."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.numbers import whole
from liveproof.probes.fpm import configuration
from liveproof.probes.laravel.packages import read_installed

_LONG = "9" * 5001


@given(st.text() | st.integers().map(str) | st.text("0123456789", min_size=4000, max_size=6000))
def test_any_text_is_a_number_or_none(text: str) -> None:
    """And never an exception."""
    number = whole(text)
    assert number is None or 0 <= number < 10**18


@given(st.integers(0, 10**18 - 1))
def test_numbers_that_fit_are_read(number: int) -> None:
    """Leading zeros included while there is room."""
    assert whole(str(number)) == number


def test_long_numbers_of_a_pool_count_as_not_set() -> None:
    """php-fpm refuses them as well."""
    text = f"[www]\npm.max_requests = {_LONG}\nrequest_terminate_timeout = {_LONG}s\n"
    (pool,) = configuration.load("/p", lambda _: text, lambda _: (), "").pools
    assert (pool.number("pm.max_requests", 7), pool.seconds("request_terminate_timeout")) == (7, 0.0)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 5000 + "]" * 5000])
def test_deep_json_is_no_record_of_composers(deep: str) -> None:
    """It ends as any other nonsense."""
    with pytest.raises(ValueError, match=r"."):
        read_installed(deep.encode(), None, "/app")
    package = json.dumps([{"name": "a/b", "extra": {"laravel": 1}}]).replace("1", "[" * 900 + "]" * 900)
    with pytest.raises(ValueError, match=r"."):
        read_installed(package.encode(), deep.encode(), "/app")
