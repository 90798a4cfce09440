"""How long requests are watched before a reload."""

import pytest

from liveproof.repair.reload_moment import _Watch


@pytest.mark.parametrize(
    ("looks", "over"),
    [
        ([(0.0, ""), (0.2, ""), (0.4, "")], 0.4),  # idle all the time
        ([(0.0, "a"), (1.0, ""), (1.1, ""), (1.4, "")], 1.4),  # one that ended, and none after it
        ([(0.0, "a"), (1.0, "b"), (1.4, "b"), (6.0, "b"), (6.1, "c")], 6.1),  # b followed a: how long it took is known
        ([(0.0, "a"), (1.0, "b"), (1.4, "b"), (9.0, "b")], 0.0),  # b runs yet
        ([(0.0, "ab"), (5.0, "b"), (9.0, "b")], 0.0),  # of b it is not known since when
    ],
)
def test_what_follows_the_requests_of_the_first_look_is_watched_to_its_end(
    looks: list[tuple[float, str]], over: float
) -> None:
    watch = _Watch()
    for now, held in looks:
        last = watch.over(frozenset(map(ord, held)), now + 100)
    assert last == (over + 100 if over else 0.0)
