"""What a pool says to the one request that lets it drop scripts, and what an administrator is told of it."""

import json

import pytest

from liveproof.host.write.opcache import NotInvalidated, Told, parsed


def document(**told: object) -> bytes:
    return json.dumps({"liveproof": 1, "php": "8.2.36", "problem": "", **told}, separators=(",", ":")).encode()


def test_what_php_would_still_take_is_told() -> None:
    body = document(generation="10 20", kept=["/srv/a.php", "\0" + b"/srv/\xe9.php".hex()])
    assert parsed(body) == Told((10, 20), ("/srv/a.php", "/srv/\udce9.php"))


def test_an_auto_prepend_file_may_talk() -> None:
    assert parsed(b"hello\n" + document(generation="10 0", kept=[])) == Told((10, 0), ())


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("restricted", "opcache.restrict_api keeps"),
        ("another cache", "its cache was started again"),
        ("full", "no room"),
        ("opcache_invalidate is disabled", "disable_functions holds opcache_invalidate"),
        ("not its own real path: /srv/a.php", "/srv/a.php is not its own real path"),
        ("not taken: \0" + b"/\xe9".hex(), "/\udce9 is not taken"),
        ("failed: out of memory", "PHP failed: out of memory"),
    ],
)
def test_why_it_was_not_done(problem: str, words: str) -> None:
    with pytest.raises(NotInvalidated) as raised:
        parsed(document(problem=problem, generation="10 0", kept=[]))
    assert words in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        document(),
        document(generation="10"),
        document(generation=10, kept=[]),
        document(generation="10 0", kept=[7]),
        document(generation="10 0", kept=["\0zz"]),
        document(generation="10 0", kept=None),
        document(generation="10 0", kept=[]) + b"talk",
    ],
)
def test_an_answer_that_is_none_is_no_proof(body: bytes) -> None:
    with pytest.raises(NotInvalidated, match="disturbed"):
        parsed(body)


def test_an_answer_that_does_not_say_what_is_kept_is_no_proof() -> None:
    with pytest.raises(NotInvalidated, match="disturbed"):
        parsed(document(generation="10 0"))
