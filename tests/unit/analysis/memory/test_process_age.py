"""Whether a process began before or after what it loads changed."""

import pytest

from liveproof.analysis.memory.process_age import aged
from liveproof.model.facts.workers import CodeChange, PhpProcess

BEGAN = 1000.5
NOW = 5000.0


def process(command: str = "queue:work") -> PhpProcess:
    return PhpProcess(8, 1000.0, 33, "www-data", ("php", "artisan", command), "/srv/app", "q.service", began=BEGAN)


def change(changed: float, modified: float | None = None, kind: str = "code") -> CodeChange:
    return CodeChange("/srv/app/app/X.php", changed, changed if modified is None else modified, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "seen"),
    [
        (change(BEGAN - 0.1), "fresh"), (change(BEGAN + 0.1), "modified"), (change(BEGAN + 0.005), "moment"),
        (change(BEGAN - 0.005), "moment"), (change(1000.0), "moment"), (change(998.0), "fresh"),
        (change(1001.0), "moment"), (change(1003.0), "modified"),  # whole seconds may stand for two of them
        (change(2000.3, 900.0), "unclear"), (change(2000.3, NOW + 9), "unclear"),
        (change(2000.3, kind="cache"), "unclear"), (change(2000.3, kind="place"), "unclear"),
        (change(2000.3, kind="environment"), "modified"),
    ],
)  # fmt: skip
def test_a_change_against_the_start(one: CodeChange, seen: str) -> None:
    """Proven to be later, proven to be earlier, or said to be unknown: a new owner, an old time, the same moment."""
    found = aged(process(), [one], 0.0, NOW)
    told = {"modified": found.modified, "unclear": found.unclear, "moment": found.moment}
    assert [name for name, value in told.items() if value] == ([] if seen == "fresh" else [seen])


@pytest.mark.parametrize("command", ["queue:listen", "schedule:work"])
def test_what_starts_a_process_each_time_holds_the_environment_alone(command: str) -> None:
    """Its children load the code anew, and are handed the environment that it has."""
    code, env = change(2000.3), change(2000.3, kind="environment")
    assert aged(process(command), [code], 0.0, NOW) == process(command)
    assert aged(process(command), [env], 0.0, NOW).modified == (env,)


@pytest.mark.parametrize(
    ("command", "cached", "seen"),
    [
        ("queue:work", 900.3, "fresh"),  # the cache of before it began is what it reads
        ("queue:work", 3000.3, "modified"), ("queue:work", 0.0, "modified"), ("schedule:work", 900.3, "fresh"),
        ("schedule:work", 3000.3, "unclear"),  # it may have begun with an earlier cache, or without one
    ],
)  # fmt: skip
def test_the_environment_counts_where_it_was_read(command: str, cached: float, seen: str) -> None:
    """With a configuration cache Laravel does not read .env."""
    found = aged(process(command), [change(2000.3, kind="environment")], cached, NOW)
    assert [name for name in ("modified", "unclear") if getattr(found, name)] == ([] if seen == "fresh" else [seen])


def test_the_newest_are_named_and_all_are_counted() -> None:
    """A deploy changes thousands of files."""
    found = aged(process(), [change(2000.5 + n) for n in range(50)], 0.0, NOW)
    assert (found.modified_count, len(found.modified), found.modified[0].changed) == (50, 5, 2049.5)
