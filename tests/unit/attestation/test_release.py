"""Statements of releases: what one may hold, and all that none may hold even when a trusted key signed it."""

import hashlib
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.attestation.release import BadRelease, Outdated, digest_of, made, parse, payload
from tests.golden.contracts import refuse_other
from tests.unit.attestation.signing import SHA

FILES = [("a.php", "file", 0o644, 3, SHA), ("b/c é.php", "file", 0o755, 0, SHA), ("d", "link", 0o777, 5, SHA)]


def statement() -> Any:
    return json.loads(payload(made(FILES, "v1", ("storage/**",), 60.0)))


def test_what_is_written_is_read() -> None:
    """The same release, as its schema says."""
    one = made(FILES, "", (".env",), 3600.0)
    assert parse(payload(one)) == one
    assert one.expires == one.created + 3600
    assert one.id.endswith(one.digest[:12])
    refuse_other(json.loads(payload(one))["predicate"], "liveproof-release-predicate-1")


def _edit(**fields: Any) -> bytes:
    whole = statement()
    whole["predicate"]["files"][0] |= fields
    return _whole(whole)


def _whole(whole: Any) -> bytes:
    """With a digest that fits, as whoever has the key would make it."""
    files = whole["predicate"]["files"]
    if all(isinstance(file.get("path"), str) and isinstance(file.get("sha256"), str) for file in files):
        lines = "".join("{sha256} {mode} {size} {type} {path}\0".format(**file) for file in files)
        text = lines.encode(errors="surrogatepass")
        whole["subject"][0]["digest"]["sha256"] = hashlib.sha256(text).hexdigest()
    return json.dumps(whole).encode()


def _set(path: str, value: Any) -> bytes:
    whole = statement()
    *way, last = path.split("/")
    at = whole
    for name in way:
        at = at[name]
    at[last] = value
    return json.dumps(whole).encode()


def _files(*paths: str) -> bytes:
    whole = statement()
    whole["predicate"]["files"] = [whole["predicate"]["files"][0] | {"path": path} for path in paths]
    return _whole(whole)


HOSTILE = {
    "an absolute path": (_edit(path="/etc/passwd"), "absolute"),
    "a traversal": (_edit(path="a/../../etc/passwd"), "holds `..`"),
    "a dot": (_edit(path="./a.php"), "`.`"),
    "a doubled slash": (_edit(path="a//b"), "`//`"),
    "a slash at the end": (_edit(path="a/"), "empty"),
    "no path": (_edit(path=""), "empty"),
    "a NUL": (_edit(path="a\0b"), "control character"),
    "a line break": (_edit(path="a\nb"), "control character"),
    "an escape sequence": (_edit(path="a\x1b[2Jb"), "control character"),
    "a direction override": (_edit(path="a\u202egpj.php"), "control character"),
    "bytes that are not UTF-8": (_edit(path="caf\udce9"), "control character"),
    "a path of a number": (_edit(path=5), "not a text"),
    "a path twice": (_files("a.php", "a.php"), "stands there twice"),
    "a file in a file": (_files("a", "a/b"), "is a file and a directory"),
    "unsorted": (_files("b", "a"), "not sorted"),
    "a device": (_edit(type="device"), "neither a file nor a link"),
    "a mode of words": (_edit(mode="rw-r"), "octal"),
    "a mode of too many digits": (_edit(mode="100644"), "octal"),
    "a negative size": (_edit(size=-1), "not a size"),
    "a size of true": (_edit(size=True), "not a size"),
    "a huge size": (_edit(size=1 << 62), "not a size"),
    "a short digest": (_edit(sha256="ab"), "not a SHA-256"),
    "a digest in capitals": (_edit(sha256="AB" * 32), "not a SHA-256"),
    "another field": (_edit(owner="root"), "in other words"),
    "no files": (_set("predicate/files", []), "names no file"),
    "files that are none": (_set("predicate/files", [5]), "in other words"),
    "a list cut off": (_set("predicate/files", statement()["predicate"]["files"][:1]), "cut off"),
    "another digest": (_set("subject", [{"name": "v1", "digest": {"sha256": SHA}}]), "digest"),
    "two subjects": (_set("subject", statement()["subject"] * 2), "lacks something"),
    "another subject": (_set("subject", [{"name": "v2", "digest": {"sha256": SHA}}]), "not that of its subject"),
    "an id of words": (_set("predicate/id", "v 1"), "the release's id"),
    "no time": (_set("predicate/created", "yesterday"), "lacks something"),
    "a time of a number": (_set("predicate/expires", 5), "lacks something"),
    "patterns of numbers": (_set("predicate/exclude", [5]), "patterns"),
    "no predicate": (_set("predicate", None), "lacks something"),
    "another predicate": (_set("predicateType", "https://slsa.dev/provenance/v1"), "something else"),
    "another statement": (_set("_type", "https://in-toto.io/Statement/v0.1"), "Statement/v1"),
    "a list": (b"[]", "Statement/v1"),
    "a key twice": (b'{"_type": "x", "_type": "https://in-toto.io/Statement/v1"}', "stands there twice"),
    "cut off": (payload(made(FILES, "v1", ()))[:-9], "not complete JSON"),
    "not UTF-8": (b'{"_type": "\xe9"}', "not UTF-8"),
    "NaN": (b'{"_type": NaN}', "NaN"),
    "nested beyond reason": (b"[" * 100_000, "nested"),
    "a number of 5000 digits": (b"1" * 5000, "not complete JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_statements_are_refused(name: str) -> None:
    """Each with its reason, whoever signed it."""
    content, says = HOSTILE[name]
    with pytest.raises(BadRelease, match=r".") as caught:
        parse(content)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_the_table_begins_at_what_is_right() -> None:
    """What the table changes is no fault without the change."""
    assert len(parse(_edit()).files) == len(FILES)
    assert len(parse(_files("a", "b")).files) == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["id", "path", "files", "x"]), x),
    )
)
def test_anything_is_refused_or_read(part: Any) -> None:
    """Never a traceback, whatever stands in a predicate."""
    for place in ("predicate", "subject"):
        with pytest.raises(BadRelease):
            parse(_set(place, part))


@given(st.binary())
def test_any_bytes_are_refused(content: bytes) -> None:
    """Never a traceback."""
    with pytest.raises(BadRelease):
        parse(content)


def test_what_no_longer_counts() -> None:
    """Expired to the second, of another id, of a time to come; else it counts."""
    one = made(FILES, "v1", (), 60.0)
    one.refuse_outdated(one.created + 59, "v1")
    for now, expected, says in (
        (one.expires, "", "it expired at"),
        (one.created, "v2", "is of release v1, not of v2"),
        (one.created - 301, "", "yet to come"),
    ):
        with pytest.raises(Outdated, match=says):
            one.refuse_outdated(now, expected)


@pytest.mark.parametrize("wrong", ["-x", "a b", "a\n", "x" * 129, "é"])
def test_ids(wrong: str) -> None:
    """What could not stand on a command line, or in a header."""
    with pytest.raises(BadRelease, match="begin with a letter"):
        made(FILES, wrong, ())


def test_the_digest_depends_on_everything() -> None:
    """Path, kind, mode, size and content."""
    other = [("x", "file", 0o644, 3, SHA), ("a.php", "link", 0o644, 3, SHA), ("a.php", "file", 0o645, 3, SHA),
             ("a.php", "file", 0o644, 4, SHA), ("a.php", "file", 0o644, 3, "cd" * 32)]  # fmt: skip
    digests = {digest_of([file]) for file in [FILES[0], *other]}
    assert len(digests) == 6


def test_the_schema_refuses_another_shape() -> None:
    """The test above can fail."""
    predicate = statement()["predicate"]
    predicate["files"][0]["mode"] = "rw-"
    with pytest.raises(jsonschema.ValidationError):
        refuse_other(predicate, "liveproof-release-predicate-1")
