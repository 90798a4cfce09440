"""What PHP keeps in files beside its memory: found where it is older than the code."""

from typing import Any

import pytest

from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.model.findings import Answer, Finding, Holds, Unknown
from liveproof.rules.opcache import file_cache_outlives_restart as rule
from tests.unit.opcaches import BEGAN, app, fpm, opcache, pool, script

DIRECTORY = "/var/cache/x"
SETTLES = "rm -r /var/cache/x/*/srv/app && systemctl reload php8.2-fpm.service"


def kept(in_file: float, changed: float = BEGAN - 500, **fields: Any) -> Script:
    return script(mtime=changed, ctime=fields.pop("ctime", changed), in_file=in_file, **fields)


def answers(one: PoolOpcache) -> list[Answer]:
    return list(rule.check(app(), opcache(one), fpm()))


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (pool("0", scripts=(kept(-1.0),)), "pool 8.2/www keeps no bytecode in files"),
        (pool("0", file_cache=DIRECTORY, enabled=False), "pool 8.2/www keeps no bytecode in files"),
        (
            pool("1", file_cache=DIRECTORY, scripts=(kept(BEGAN - 900.0),)),
            "pool 8.2/www compares what it keeps in /var/cache/x with the files",
        ),
        (
            pool("0", file_cache=DIRECTORY, scripts=(kept(BEGAN - 100.0), kept(0.0))),
            "pool 8.2/www: what /var/cache/x keeps of 2 cached scripts of the app",
        ),
    ],
)
def test_what_holds(one, what):
    """No such files, files that PHP compares, and files that are younger than the code."""
    assert answers(one) == [Holds(what)]


def test_a_file_older_than_the_code_is_found():
    """With the command that removes it; liveproof has no fix of its own."""
    (found,) = answers(pool("0", file_cache=DIRECTORY, scripts=(kept(BEGAN - 900.0), kept(BEGAN - 100.0))))
    assert isinstance(found, Finding)
    assert "1 of the 2 cached scripts" in found.message
    assert found.advice.endswith(SETTLES)
    assert rule.rule.fix_function is None


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (kept(-1.0), "is not known"),
        (kept(BEGAN - 499.0), "changed while what"),
        (kept(BEGAN - 100.0, ctime=BEGAN + 5), "without moving their time"),
    ],
)
def test_what_the_times_do_not_settle_is_unknown(one, words):
    """With what does."""
    (said,) = answers(pool("0", file_cache=DIRECTORY, scripts=(one,)))
    assert isinstance(said, Unknown)
    assert words in said.reason
    assert said.reason.endswith(SETTLES)


def test_a_pool_that_keeps_bytecode_in_files_only_is_unknown():
    """No status tells of it."""
    (said,) = answers(pool("0", file_cache=DIRECTORY, file_cache_only="1"))
    assert isinstance(said, Unknown)


def test_what_an_earlier_run_proved_the_same_is_not_found():
    """Such as a file that was only touched."""
    (said,) = answers(pool("0", file_cache=DIRECTORY, scripts=(kept(BEGAN - 900.0, same=True),)))
    assert isinstance(said, Holds)
