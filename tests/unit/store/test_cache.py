"""store/cache.py and store/directory.py: what earlier runs saw."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.files import file_state
from liveproof.host.files.file_state import Inputs
from liveproof.host.files.reader import FileReader
from liveproof.model.findings import Unknown
from liveproof.store import directory
from liveproof.store.cache import Cache


class Row(NamedTuple):
    """What a probe may remember of one thing."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Value:
    """What a probe may remember."""

    rows: dict[str, Row]
    pairs: tuple[tuple[str, bool], ...]
    fresh: bool | Unknown


VALUE = Value({"a\udcff": Row("x", 1)}, (("p", True),), Unknown("why"))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path))


def computed(cache: Cache, value: str, signature: object = "s", **options: Any) -> str:
    """What the cache gives where ``value`` would be computed."""
    return cache.entry("word").memoised(signature, lambda: value, str, **options)


def test_recalls_what_was_kept(cache: Cache) -> None:
    """A value comes back, in its own type, for the signature and the thing that it was kept for."""
    cache.entry("value", "/app").keep("a", VALUE)
    assert cache.entry("value", "/app").recall("a", Value) == VALUE
    assert cache.entry("value", "/app").recall("b", Value) is None
    assert cache.entry("value", "/other").recall("a", Value) is None
    assert cache.entry("other", "/app").recall("a", Value) is None


def test_another_version_recalls_nothing(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have come to another result."""
    cache.entry("word").keep("a", "x")
    monkeypatch.setattr("liveproof.store.cache.__version__", "another")
    assert cache.entry("word").recall("a", str) is None


def test_two_things_in_one_file_are_not_confused(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """File names are short; the signature tells things apart."""
    monkeypatch.setattr("zlib.crc32", lambda _: 0)
    cache.entry("word", "/app").keep("a", "x")
    assert cache.entry("word", "/app").recall("a", str) == "x"
    assert cache.entry("word", "/other").recall("a", str) is None


def test_computes_only_what_is_not_known(cache: Cache) -> None:
    """Once for each signature; an empty signature, and a value that is not to be kept, each time."""
    assert [computed(cache, value) for value in "ab"] == ["a", "a"]
    assert [computed(cache, value, signature="t") for value in "cd"] == ["c", "c"]
    assert [computed(cache, value, signature="") for value in "ab"] == ["a", "b"]
    assert [computed(cache, value, signature="u", keep=lambda _: False) for value in "ab"] == ["a", "b"]


def test_what_fails_is_not_kept(cache: Cache) -> None:
    """The error reaches the caller, each time."""
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.entry("number").memoised("s", lambda: 1 // 0, int)


@pytest.mark.parametrize(("later", "value"), [(50.0, "a"), (200.0, "b"), (-50.0, "b")])
def test_an_old_value_is_computed_again(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, later: float, value: str
) -> None:
    """One from the future as well."""
    now = time.time()
    computed(cache, "a")
    monkeypatch.setattr("time.time", lambda: now + later)
    assert computed(cache, "b", max_age=100.0) == value


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (lambda _: None, True),
        (lambda path: path.joinpath("one").write_text("other"), False),
        (lambda path: path.joinpath("one").unlink(), False),
        (lambda path: path.joinpath("two").touch(), False),
        (lambda path: path.joinpath("d/new.conf").touch(), False),
    ],
)
def test_inputs_that_are_known_only_afterwards(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object], known: bool
) -> None:
    """A file that was read, one that was not there, and a pattern: any change of them makes it compute again."""
    monkeypatch.setattr(file_state, "TICK_NS", 0)
    (tmp_path / "d").mkdir()
    (tmp_path / "one").write_text("text")
    time.sleep(0.02)
    inputs = Inputs((f"{tmp_path}/one", f"{tmp_path}/two"), (), (f"{tmp_path}/d/*.conf",))

    def ask(value: str) -> str:
        entry = cache.entry("word")
        return entry.memoised_by_inputs(FileReader(), "s", lambda: (value, inputs), str, keep=lambda *_: True)[0]

    assert ask("a") == "a"
    change(tmp_path)
    assert ask("b") == ("a" if known else "b")


def test_inputs_that_just_changed_are_not_remembered(cache: Cache, tmp_path: Path) -> None:
    """Another change could hide behind the same time; so for inputs that are known before."""
    (tmp_path / "one").touch()
    cache.entry("word").memoised_by_inputs(
        FileReader(), "s", lambda: ("a", Inputs((f"{tmp_path}/one",))), str, keep=lambda *_: True
    )
    computed(cache, "a", file_state.signature(FileReader(), f"{tmp_path}/one"))
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b'{"signature": "a"', b"[" * 100_000, b'{"value": 1}']
)
def test_a_damaged_file_recalls_nothing(cache: Cache, tmp_path: Path, content: bytes) -> None:
    """A file cut short, overwritten or not ours is as good as none, and written again."""
    (tmp_path / "word.json").write_bytes(content)
    assert computed(cache, "a") == "a"
    assert computed(cache, "b") == "a"


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/etc/passwd", path), os.mkdir])
def test_what_is_no_file_recalls_nothing(cache: Cache, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A FIFO is not waited for, a link not followed."""
    make(tmp_path / "word.json")
    assert cache.entry("word").recall("s", str) is None
    assert computed(cache, "a") == "a"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.sampled_from(["rows", "pairs", "fresh", "is", "a"]), part),
    ),
    st.sampled_from(["value", "inputs", "state", "made"]),
)
def test_a_value_of_another_shape_recalls_nothing(value: object, place: str) -> None:
    """Whatever stands in a file that has the right signature: what comes back is of the type that was asked for."""
    with tempfile.TemporaryDirectory() as directory:
        entry = Cache(directory).entry("value")
        entry.keep("s", VALUE)
        record = json.loads(Path(entry.path).read_text())
        Path(entry.path).write_text(json.dumps({**record, place: value}))
        assert isinstance(entry.recall("s", Value), Value | None)
        found, _ = entry.memoised_by_inputs(FileReader(), "s", lambda: (VALUE, Inputs(())), Value, keep=lambda *_: True)
        assert isinstance(found, Value)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Nothing is kept, and nothing fails."""
    for cache in (Cache(str(tmp_path / "missing")), Cache(None)):
        assert [computed(cache, value) for value in "ab"] == ["a", "b"]


def test_nothing_is_left_behind(cache: Cache, tmp_path: Path) -> None:
    """Keeping leaves one private file and no temporary one, and no secret of the signature."""
    computed(cache, "a", ("hunter2",))
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("word.json", 0o600)
    assert "hunter2" not in file.read_text()


def test_state_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """A state directory that others can write could feed us lies."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(directory.UnsafeState):
        directory.ensure(str(tmp_path / "state"))


def test_state_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """A link in place of the state directory leads elsewhere."""
    (tmp_path / "state").symlink_to(tmp_path)
    with pytest.raises(directory.UnsafeState):
        directory.ensure(str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(30, "Read-only file system", "/state/x/lock"), "/state/x is on a read-only file system"),
        (OSError(30, "Read-only file system", "/state"), "/state/x is on a read-only file system"),
        (OSError(28, "No space left on device"), "/state/x cannot be used (No space left on device)"),
        (directory.UnsafeState("it is a link"), "it is a link"),
        (OSError(13, "Permission denied", "/elsewhere/y"), "/elsewhere/y: Permission denied"),
    ],
)  # fmt: skip
def test_why_the_state_directory_cannot_be_used(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    """A sentence with the place and what to do, no number of the kernel's."""
    monkeypatch.setenv("LIVEPROOF_STATE", "/state/x")
    told = directory.unusable(error)
    assert words in told
    assert "Errno" not in told
    assert ("LIVEPROOF_STATE" in told) is ("/state/x" in told)


def test_no_advice_changes_the_directory_that_is_named(tmp_path: Path) -> None:
    """It may be a home, or one that many share."""
    tmp_path.chmod(0o777)
    with pytest.raises(directory.UnsafeState, match="LIVEPROOF_STATE name a new one") as refused:
        directory.ensure(str(tmp_path))
    assert "chown" not in str(refused.value)
    assert "chmod" not in str(refused.value)
