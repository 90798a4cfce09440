"""Manifests: what sha256sum writes is read, and nothing leads out of the app."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.attestation.manifest import BadManifest, parse

DIGEST = "0123456789abcdef" * 4
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)


def written(digest: str, path: str) -> str:
    """A line as sha256sum(1) documents it."""
    if any(character in path for character in "\\\n\r"):
        escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        return f"\\{digest}  {escaped}\n"
    return f"{digest}  {path}\n"


def paths(text: str) -> dict[str, str]:
    return {
        name if directory == "." else f"{directory}/{name}": digest
        for directory, files in parse(text)
        for name, _, digest in files
    }


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=4).map("/".join), st.just(DIGEST), max_size=20))
def test_what_is_written_is_read(files: dict[str, str]) -> None:
    """Whatever the names."""
    assert paths("".join(written(digest, path) for path, digest in files.items())) == files


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never a traceback, never a path that leads out."""
    try:
        found = paths(text)
    except BadManifest:
        return
    assert all(not path.startswith("/") and ".." not in path.split("/") for path in found)


def test_reads_what_sha256sum_writes(tmp_path: Path) -> None:
    """The program itself, with names that need escapes or are no UTF-8."""
    names = [b"plain", b"two words", b"new\nline", b"back\\slash", b"\xff\xfe", b" leading", b"* star"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text("x")
    out = subprocess.run(["sha256sum", "--", *names], cwd=tmp_path, capture_output=True, check=True).stdout
    assert set(paths(os.fsdecode(out))) == {os.fsdecode(name) for name in names}


def test_dots_and_stars() -> None:
    """A leading ``./`` and the mark of binary mode say nothing."""
    assert paths(f"{DIGEST}  ./a\n{DIGEST} *b/./c\n") == {"a": DIGEST, "b/c": DIGEST}


@pytest.mark.parametrize(
    "text",
    [
        f"{DIGEST}  /etc/passwd\n",
        f"{DIGEST}  /x\n",
        f"{DIGEST}  ../x\n",
        f"{DIGEST}  a/../../x\n",
        f"{DIGEST}  a/..\n",
        f"{DIGEST}  a/.\n",
        f"{DIGEST}  a//b\n",
        f"{DIGEST}  a/\n",
        f"{DIGEST}  \n",
        f"{DIGEST}  a\n{DIGEST}  a\n",
        f"{DIGEST}  a\n{DIGEST}  ./a\n",
        f"{DIGEST} a\n",
        f"{DIGEST[:40]}  a\n",
        f"{DIGEST.upper()}  a\n",
        f"{DIGEST[:-1]}g  a\n",
        f"{DIGEST[:-2]} 0  a\n",
        f"\\{DIGEST}  a\\tb\n",
        f"\\{DIGEST}  a\\\n",
        "SHA256 (a) = " + DIGEST,
        "hello",
        "\\",
        "\0" * 100,
    ],
)
def test_refused(text: str) -> None:
    """With a sentence."""
    with pytest.raises(BadManifest, match=r"."):
        parse(text)


def test_nothing_is_nothing() -> None:
    """An empty manifest names no file; who asks must judge that."""
    assert parse("") == parse("\n\n") == []
