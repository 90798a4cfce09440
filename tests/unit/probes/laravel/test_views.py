"""probes/laravel/views.py: which compiled views are stale."""

import json
import os
from base64 import b64encode
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.probes.laravel.effective import Effective
from liveproof.probes.laravel.views import (
    Compiled,
    Content,
    Expected,
    compiled_views,
    digest,
    identity,
    judge,
    read_answer,
    sources_file,
)

_RULES = Effective("production", False, "UTC", "single", (), "/views", True, True)


def seen(tmp_path: Path, *, compiled: float, source: float) -> Compiled:
    """A compiled view with the modification times of both files."""
    (tmp_path / "v.blade.php").write_text("source")
    view = tmp_path / "c.php"
    view.write_text(f"compiled <?php /**PATH {tmp_path}/v.blade.php ENDPATH**/ ?>")
    os.utime(tmp_path / "v.blade.php", (source, source))
    os.utime(view, (compiled, compiled))
    return next(one for one in compiled_views(Reader(), str(tmp_path), {}) if one.name == "c.php")


def verdict(
    view: Compiled, expected: Expected | None, rules: Effective = _RULES, writes: bool = True
) -> tuple[list[str], list[str]]:
    """Stale and unproven names."""
    told = {view.source: expected} if expected else {}
    stale, unproven = judge(Reader(), [view], told, rules, lambda _: writes)
    return [one.name for one, _ in stale], unproven


def test_the_source_is_read_from_the_last_mark(tmp_path: Path) -> None:
    """Blade names the source at the end of what it compiles."""
    assert seen(tmp_path, compiled=2e9, source=1e9).source == f"{tmp_path}/v.blade.php"


def test_equal_content_is_fresh(tmp_path: Path) -> None:
    """Whatever the times say."""
    view = seen(tmp_path, compiled=1e9, source=2e9)
    assert verdict(view, Expected("c.php", view.digest), writes=False) == ([], [])


def test_other_content_that_is_newer_is_stale(tmp_path: Path) -> None:
    """Laravel compares the times and keeps it."""
    assert verdict(seen(tmp_path, compiled=2e9, source=1e9), Expected("c.php", "x")) == (["c.php"], [])


def test_other_content_that_is_older_heals(tmp_path: Path) -> None:
    """Laravel compiles it on the next request."""
    assert verdict(seen(tmp_path, compiled=1e9, source=2e9), Expected("c.php", "x")) == ([], [])


def test_what_laravel_cannot_write_is_stale(tmp_path: Path) -> None:
    """It would have to."""
    assert verdict(seen(tmp_path, compiled=1e9, source=2e9), Expected("c.php", "x"), writes=False) == (["c.php"], [])


def test_without_comparing_times_nothing_heals(tmp_path: Path) -> None:
    """view.check_cache_timestamps is off."""
    rules = Effective("production", False, "UTC", "single", (), "/views", True, False)
    assert verdict(seen(tmp_path, compiled=1e9, source=2e9), Expected("c.php", "x"), rules) == (["c.php"], [])


def test_without_a_view_cache_nothing_is_stale(tmp_path: Path) -> None:
    """Laravel compiles each time."""
    rules = Effective("production", False, "UTC", "single", (), "/views", False, True)
    assert verdict(seen(tmp_path, compiled=2e9, source=1e9), Expected("c.php", "x"), rules) == ([], [])


def test_a_leftover_is_no_fault(tmp_path: Path) -> None:
    """Its source is gone, or would be compiled under another name."""
    view = seen(tmp_path, compiled=2e9, source=1e9)
    assert verdict(view, Expected("other.php", "x")) == ([], [])
    (tmp_path / "v.blade.php").unlink()
    assert verdict(view, Expected("c.php", "x")) == ([], [])


def test_what_does_not_compile_twice_alike_is_told_by_times(tmp_path: Path) -> None:
    """Compiled after the source's last change it is fresh, else nobody knows."""
    assert verdict(seen(tmp_path, compiled=4e9, source=1e9), Expected("c.php", "")) == ([], [])
    assert verdict(seen(tmp_path, compiled=1.5e9, source=1e9), Expected("c.php", "")) == (
        [],
        [f"{tmp_path}/v.blade.php"],
    )


def test_random_numbers_of_once_do_not_count() -> None:
    """@once writes a new UUID each time."""
    one = b"a 0b0c0d0e-1111-4222-8333-444455556666 b 0b0c0d0e-1111-4222-8333-444455556667"
    other = one.replace(b"0b0c0d0e", b"ffffffff")
    assert digest(one) == digest(other)
    assert digest(one) != digest(one.replace(b"67", b"66"))


def test_remembered_views_are_not_read_again(tmp_path: Path) -> None:
    """What is known by inode, size and times is taken as it was."""
    view = seen(tmp_path, compiled=2e9, source=1e9)
    known = {identity(view.name, view.stat): Content("/kept", "digest")}
    told = [one for one in compiled_views(Reader(), str(tmp_path), known) if one.name == "c.php"]
    assert (told[0].source, told[0].digest) == ("/kept", "digest")


def test_only_regular_files_are_compiled_views(tmp_path: Path) -> None:
    """A FIFO is not waited for, a link is not followed."""
    os.mkfifo(tmp_path / "a.php")
    (tmp_path / "b.php").symlink_to("/etc/passwd")
    assert list(compiled_views(Reader(), str(tmp_path), {})) == []


def test_too_many_views_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says how many."""
    monkeypatch.setattr("liveproof.probes.laravel.views._MOST", 1)
    for name in ("a.php", "b.php"):
        (tmp_path / name).touch()
    with pytest.raises(CannotSee, match="2 compiled views"):
        list(compiled_views(Reader(), str(tmp_path), {}))


def test_the_scripts_answer_is_read() -> None:
    """Paths of any bytes go there and back; noise of the app is skipped."""
    odd = "/a\nb\udcff.blade.php"
    (sent,) = json.loads(sources_file([odd]))
    output = b"some output of the app\n" + sent.encode() + b' ["c.php",true]\n' + b64encode(b"/x") + b' ["",false]\n'
    found = read_answer(output, {"c.php": b"compiled"})
    assert found == {odd: Expected("c.php", digest(b"compiled")), "/x": Expected("", "")}
