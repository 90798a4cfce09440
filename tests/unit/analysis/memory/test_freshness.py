"""What a pool and the file system tell of a script, and what follows: a table, and laws that hold for any values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.memory.freshness import State, blind, compiled_after, compiled_by, freshness, served_until
from liveproof.model.facts.opcache import PoolOpcache, Script
from tests.unit.opcaches import BEGAN, NOW, pool, script

SECOND = 1_000_000_000


def state(cache: PoolOpcache, cached: Script, now: float = NOW) -> State:
    return freshness(cache, cached, now).state


def at(seconds: float) -> int:
    return int(seconds * SECOND) + 1


@pytest.mark.parametrize("validates", ["0", "1"])
def test_a_file_older_than_the_cache_is_fresh(validates):
    """Nothing in the cache is older than its beginning, whatever PHP compares."""
    old = script(timestamp=int(validates) * (BEGAN - 500), mtime=BEGAN - 500, ctime=BEGAN - 0.2)
    assert state(pool(validates=validates), old) is State.FRESH


def test_a_file_put_in_place_later_is_not_fresh():
    """A directory that was renamed brings files which are older than the cache."""
    moved = script(mtime=BEGAN - 500, ctime=BEGAN - 400, placed_ns=at(BEGAN + 9))
    assert state(pool(validates="0"), moved) is State.UNKNOWN


def test_without_comparison_a_file_modified_after_its_last_use_is_stale():
    """Compiled before the change, and never looked at again."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 30)
    assert state(pool(validates="0"), cached) is State.STALE


def test_without_comparison_a_script_used_since_cannot_be_told():
    """Compiled before the change, or after: PHP keeps no time."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 90)
    assert state(pool(validates="0"), cached) is State.UNKNOWN


def test_an_earlier_run_that_saw_the_script_before_the_change_proves_it_stale():
    """It was compiled by then."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 90, seen_by=BEGAN + 20)
    assert state(pool(validates="0"), cached) is State.STALE


def test_the_request_that_compiled_it_dates_a_script_without_hits():
    """Only that request has used it, so its file's last change came before."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 90, hits=0)
    assert state(pool(validates="0"), cached) is State.FRESH


@pytest.mark.parametrize(("same", "expected"), [(True, State.FRESH), (False, State.STALE)])
@pytest.mark.parametrize("validates", ["0", "1"])
def test_content_settles_what_times_cannot(same, expected, validates):
    """An edit that kept the time, or an owner's change that moved only the ctime."""
    when = BEGAN - 500
    cached = script(timestamp=int(validates) * when, mtime=when, ctime=BEGAN + 60, last_used=BEGAN + 90, same=same)
    assert state(pool(validates=validates), cached) is expected


def test_a_kept_time_is_no_proof():
    """cp -p, rsync -t, chown: the recorded time agrees, and the content may not."""
    cached = script(timestamp=BEGAN - 500, mtime=BEGAN - 500, ctime=BEGAN + 60, last_used=BEGAN + 90)
    assert state(pool(), cached) is State.UNKNOWN


def test_a_file_that_was_young_when_it_changed_is_fresh():
    """PHP does not cache a file before file_update_protection is over, so it saw the last of these changes."""
    cached = script(timestamp=BEGAN + 60, mtime=BEGAN + 60.2, ctime=BEGAN + 61.1, last_used=BEGAN + 90)
    assert state(pool(), cached) is State.FRESH
    assert state(pool(protection="0"), cached) is State.UNKNOWN


def test_another_time_is_stale_only_within_the_window():
    """Afterwards the next request compiles the file anew."""
    cached = script(timestamp=BEGAN - 500, mtime=NOW - 5, ctime=NOW - 5, last_used=NOW - 1, revalidate=NOW + 10)
    judged = freshness(pool(freq="60"), cached, NOW)
    assert (judged.state, judged.until) == (State.PASSING, NOW + 10)
    assert state(pool(freq="60"), cached, NOW + 11) is State.FRESH
    assert state(pool(freq="0"), replace(cached, revalidate=0)) is State.FRESH


def test_where_php_does_not_tell_the_window_it_ends_a_frequency_after_the_change():
    """The last look at the file came before its change, and before its last use."""
    cached = script(timestamp=BEGAN - 500, mtime=NOW - 5, ctime=NOW - 5, last_used=NOW - 1)
    assert served_until(pool(freq="60"), cached) == NOW - 5 + 60
    assert served_until(pool(freq="60"), replace(cached, last_used=NOW - 30)) == NOW - 30 + 60


def test_a_script_without_a_recorded_time_is_never_compared():
    """Compiled by another pool of the master with validate_timestamps=0, or preloaded."""
    cached = script(timestamp=0, mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 30)
    assert state(pool(validates="1"), cached) is State.STALE


EDITED = script(timestamp=0, mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 30, memory=1000)


@pytest.mark.parametrize(
    ("validates", "wasted", "revalidate", "expected"),
    [
        ("1", 1000, BEGAN + 32, State.FRESH),  # PHP 8.3 and newer: it was compared once, so it was invalidated
        ("1", 1000, 0, State.UNKNOWN),  # before 8.3, or compiled with validate_timestamps=0
        ("1", 999, 0, State.STALE),  # too little was given up for it to be among that
        ("0", 5000, 0, State.UNKNOWN),  # opcache_invalidate() works without comparison as well
        ("0", 5000, BEGAN + 32, State.UNKNOWN),  # compiled by another pool, and this one does not tell the time
        ("0", 0, 0, State.STALE),
    ],
)
def test_an_invalidated_script_is_not_stale(validates, wasted, revalidate, expected):
    """The next request compiles it; a recorded time of 0 alone does not tell that from one that PHP never compares."""
    cache = pool(validates=validates, memory_wasted=wasted)
    assert state(cache, replace(EDITED, revalidate=revalidate)) is expected


@pytest.mark.parametrize("validates", ["0", "1"])
def test_a_script_that_php_calls_given_up_is_fresh(validates):
    """PHP itself says so, so nothing is concluded from sizes and times."""
    given_up = replace(EDITED, given_up=True)
    assert state(pool(validates=validates), given_up) is State.FRESH


def test_an_invalidated_script_that_is_older_than_the_cache_is_fresh_all_the_same():
    """What was given up without a change needs no doubt."""
    cached = script(timestamp=0, mtime=BEGAN - 60, ctime=BEGAN - 60, memory=1000)
    assert state(pool(memory_wasted=1000), cached) is State.FRESH


def test_a_file_cache_may_be_older_than_the_cache():
    """What it holds survives every reload, so the beginning of the cache proves nothing."""
    cached = script(mtime=BEGAN - 500, ctime=BEGAN - 400, hits=0)
    assert state(pool(validates="0", file_cache="/tmp/x"), cached) is State.UNKNOWN


def test_a_reset_does_not_preload_again():
    """A preloaded script is as old as the start."""
    cached = script(mtime=BEGAN + 50, ctime=BEGAN + 50, last_used=BEGAN + 300, preloaded=True)
    reset = pool(preload="/srv/p.php", validates="0", since=BEGAN + 200.0, last_restart_time=BEGAN + 200)
    assert state(reset, cached) is State.UNKNOWN
    assert state(reset, replace(cached, preloaded=False)) is State.FRESH


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, State.FRESH),
        ({"mtime": BEGAN + 60.5, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2}, State.STALE),
        ({"mtime": BEGAN + 60.5, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2, "given_up": True}, State.STALE),
        ({"mtime": BEGAN + 1.5, "ctime": BEGAN + 1.5, "seen_by": BEGAN + 2}, State.UNKNOWN),
        ({"mtime": BEGAN + 60.5, "ctime": BEGAN + 60.5}, State.UNKNOWN),
        ({"mtime": BEGAN - 60, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2}, State.UNKNOWN),
        ({"mtime": BEGAN - 60, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2, "same": True}, State.FRESH),
        ({"mtime": BEGAN - 60, "ctime": BEGAN + 60.5, "seen_by": BEGAN + 2, "same": False}, State.STALE),
        ({"exists": False}, State.GONE),
    ],
)
@pytest.mark.parametrize("validates", ["0", "1"])
def test_what_was_preloaded_is_never_looked_at_again(validates, fields, expected):
    """It was compiled before the first worker was forked; a script never used has no last use."""
    cached = script(preloaded=True, **{"hits": 0, "last_used": 0, **fields})
    assert state(pool(validates, preload="/srv/app/p.php", memory_wasted=5000), cached) is expected


def test_a_time_without_a_fraction_was_cut():
    """On a file system that keeps whole seconds, the change may have come up to a second later."""
    cut = replace(script(), ctime_ns=BEGAN * SECOND, mtime_ns=BEGAN * SECOND)
    assert state(pool(validates="0", since=BEGAN + 0.5), cut) is not State.FRESH


def test_a_file_that_is_gone_is_told_so():
    """It is no proof of anything: nobody may ask for it any more."""
    assert state(pool(), script(exists=False)) is State.GONE


@pytest.mark.parametrize(
    ("cache", "words"),
    [
        (pool(file_cache_only="1"), "files only"),
        (replace(pool(), restart_pending=True), "waits to restart"),
        (pool(), ""),
    ],
)
def test_what_makes_a_pool_blind(cache, words):
    """A cache that is kept in files, or about to be dropped, tells nothing of the next request."""
    told = blind(cache)
    assert words in told
    assert bool(told) == bool(words)


@st.composite
def histories(draw):
    """A script with the moments that only we know: when it was compiled, and when its file changed last."""
    began = BEGAN
    compiled = began + draw(st.integers(0, 500)) + draw(st.floats(0.02, 0.98))
    changed = began + draw(st.integers(-500, 900)) + draw(st.floats(0.02, 0.98))
    kept = draw(st.booleans())
    hits = draw(st.integers(0, 3))
    last = int(compiled) if not hits else draw(st.integers(int(compiled), int(compiled) + 400))
    modified = changed - 700 if kept else changed
    cached = script(mtime=modified, ctime=changed, last_used=last, hits=hits, timestamp=0)
    return compiled, changed, cached


@given(histories())
def test_without_comparison_no_verdict_is_ever_wrong(history):
    """FRESH only if the last change came before the compilation, STALE only if it came after."""
    compiled, changed, cached = history
    judged = state(pool(validates="0"), cached, BEGAN + 5000)
    if judged is State.FRESH:
        assert changed <= compiled
    if judged is State.STALE:
        assert changed > compiled


@given(histories())
def test_the_bounds_hold_the_compilation(history):
    """The lower bound never lies after it, the upper one never before it."""
    compiled, _, cached = history
    assert compiled_after(pool(validates="0"), cached) <= compiled <= compiled_by(cached) + 1


def test_a_script_that_was_dropped_after_the_change_is_fresh():
    """Whatever PHP has of it was compiled from the file as it was then, however often it was used since."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 300, dropped=BEGAN + 70.0)
    assert state(pool(validates="0", memory_wasted=1000), cached) is State.FRESH


@pytest.mark.parametrize("moment", [0.0, BEGAN + 60.4, BEGAN + 60.5])
def test_a_script_that_was_dropped_before_the_change_is_not(moment):
    """Or at that very moment."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 300, dropped=moment)
    assert state(pool(validates="0", memory_wasted=1000), cached) is State.UNKNOWN


def test_what_is_kept_in_files_was_not_dropped_with_it():
    """A file cache may give old bytecode back."""
    cached = script(mtime=BEGAN + 60.5, ctime=BEGAN + 60.5, last_used=BEGAN + 300, dropped=BEGAN + 70.0)
    assert state(pool(validates="0", file_cache="/tmp/x"), cached) is not State.FRESH


@pytest.mark.parametrize(
    ("changed", "in_file", "expected"),
    [
        (BEGAN - 500, BEGAN - 400, State.FRESH),
        (BEGAN - 400, BEGAN - 399, State.UNKNOWN),
        (BEGAN - 300, BEGAN - 400, State.STALE),
        (BEGAN + 50, BEGAN + 60, State.FRESH),
        (BEGAN + 50, BEGAN + 40, State.STALE),
        (BEGAN - 500, 0, State.FRESH),
        (BEGAN + 50, 0, State.UNKNOWN),
        (BEGAN - 500, -1, State.UNKNOWN),
    ],
)
def test_the_file_that_php_keeps_of_a_script_dates_it(changed, in_file, expected):
    """It was written when the script was compiled, perhaps by an earlier master; 0: there was none to read."""
    cached = script(mtime=changed, ctime=changed, in_file=float(in_file), last_used=BEGAN + 300)
    assert state(pool("0", file_cache="/var/cache/x"), cached) is expected


def test_a_file_that_kept_its_time_is_no_proof_against_the_file_cache():
    """An owner's change, or `cp -p` of other content."""
    cached = script(mtime=BEGAN - 500, ctime=BEGAN + 50, in_file=BEGAN - 100.0, last_used=BEGAN + 300)
    assert state(pool("0", file_cache="/var/cache/x"), cached) is State.UNKNOWN
