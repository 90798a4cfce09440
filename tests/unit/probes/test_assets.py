"""Manifests of built assets, in a tree on this machine's own file system."""

import json
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.assets import Assets
from liveproof.model.facts.laravel import counted
from liveproof.probes.assets import probe
from tests.unit.opcaches import app

_VITE = {
    "resources/js/app.js": {"file": "assets/app.js", "css": ["assets/app.css"], "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared.js", "assets": ["assets/logo.svg"]},
    "app.js.map": {"file": "assets/app.js.map"},
}


def _look(tmp_path: Path, files: dict[str, str | bytes]) -> Assets:
    for name, content in files.items():
        path = tmp_path / "public" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return probe(Reader(), app(str(tmp_path)))


def _missing(tmp_path: Path, entries: object) -> tuple[str, ...]:
    missing = _look(tmp_path, {"build/manifest.json": json.dumps(entries)}).manifests[0].missing
    assert isinstance(missing, tuple)
    return missing


def test_each_file_that_vite_names_is_looked_for(tmp_path):
    """Also styles and others, not maps of sources; none of it is an entry that is imported."""
    assert _look(tmp_path, {}) == Assets((), ())
    gone = ("build/assets/app.css", "build/assets/app.js", "build/assets/logo.svg", "build/assets/shared.js")
    assert _missing(tmp_path, _VITE) == gone
    found = _look(tmp_path, dict.fromkeys(gone, "x")).manifests[0]
    assert (found.missing, found.files, found.broken) == ((), 4, "")
    assert _missing(tmp_path, {**_VITE, "b": {"file": "assets/app.js", "imports": ["_gone.js"]}}) == (
        "the entry _gone.js",
    )


def test_names_that_are_no_files_below_public(tmp_path):
    """Directories, ways out, and names that no file can have; thousands are counted."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "public/build/assets").mkdir(parents=True)
    names = ["assets", "../../secret", "a\0b", "\ud800", "x" * 300, "/etc/passwd"]
    assert len(_missing(tmp_path, {str(n): {"file": name} for n, name in enumerate(names)})) == len(names)
    assert counted(_missing(tmp_path, {str(n): {"file": f"a{n}"} for n in range(3000)})) == 3000


_USELESS = ("", " \n", '{"a": {"fi', "[" * 100_000, "{}", "null", '"a"', b"\xff\xfe", b"\xef\xbb\xbf{}", '{"a": {}}')


@pytest.mark.parametrize("content", _USELESS, ids=range(len(_USELESS)))
def test_what_laravel_cannot_use_is_broken(tmp_path, content):
    """Empty, cut off, of another form, of another encoding."""
    assert _look(tmp_path, {"build/manifest.json": content}).manifests[0].broken


def test_mix_names_versions(tmp_path):
    """They are no part of the name; other servers are passed over; a manifest of nothing is none that fails."""
    names = {"/js/app.js": "/js/app.js?id=1", "/b.js": "//localhost:8080/b.js", "/c.css": "/c.css"}
    (found,) = _look(tmp_path, {"mix-manifest.json": json.dumps(names), "js/app.js": "x"}).manifests
    assert (found.tool, found.missing, found.files) == ("mix", ("c.css",), 2)
    assert not _look(tmp_path, {"mix-manifest.json": "{}"}).manifests[0].broken


def test_hot_and_what_is_too_large(tmp_path):
    """The address without its password; a manifest of more than 1 MB is not read; a directory is no such file."""
    found = _look(tmp_path, {"hot": "http://dev:pa55word@10.0.0.1:5173\n", "build/manifest.json": " " * 1_100_000})
    assert len(found.hot) == 1
    assert "10.0.0.1:5173" in found.hot[0].address
    assert "pa55word" not in found.hot[0].address
    assert not found.manifests
    assert "1 MB" in found.unseen[0].reason
    (tmp_path / "public/hot").unlink()
    (tmp_path / "public/hot").mkdir()
    assert not _look(tmp_path, {}).hot
