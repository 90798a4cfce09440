"""Patterns of paths below an app."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.files.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "matches", "not_"),
    [
        ("storage", ["storage"], ["storage/logs", "xstorage", "a/storage"]),
        ("storage/**", ["storage", "storage/logs", "storage/a/b"], ["storagex", "a/storage"]),
        ("**", [".", "a", "a/b", "new\nline/x"], []),
        ("**/*.log", ["a.log", "x/a.log", "x/y/a.log"], ["a.logs", "a.log/b"]),
        ("app/**/x.php", ["app/x.php", "app/a/x.php", "app/a/b/x.php"], ["x.php", "app/ax.php", "appx.php"]),
        ("public/*/img", ["public/a/img"], ["public/img", "public/a/b/img"]),
        ("a?c", ["abc", "a\nc"], ["ac", "a/c", "abbc"]),
        ("[ab]x", ["ax", "bx"], ["cx", "[ab]x"]),
        ("[!ab]x", ["cx"], ["ax", "/x"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("[?--]x", ["?x", "-x"], ["ax"]),
        ("[x", ["[x"], ["x"]),
        ("a.b", ["a.b"], ["axb"]),
        ("/uploads/", ["uploads"], ["uploads/x"]),
        ("a+(b)", ["a+(b)"], ["aab"]),
    ],
)
def test_matches(pattern: str, matches: list[str], not_: list[str]) -> None:
    """As the configuration's description says."""
    match = matcher([pattern])
    assert [path for path in matches if not match(path)] == []
    assert [path for path in not_ if match(path)] == []


def test_none_matches_nothing() -> None:
    """Not even the root."""
    assert not matcher([])(".")


@given(st.text("ab*?/.[]!-\\^", min_size=1, max_size=12), st.text("ab/.-\\^\n", max_size=12))
def test_any_pattern_is_a_pattern(pattern: str, path: str) -> None:
    """Nothing that can be written raises."""
    matcher([pattern])(path)


@given(st.text("ab*?.", min_size=1, max_size=8).filter(lambda p: "**" not in p), st.text("ab.", min_size=1, max_size=8))
def test_within_a_name_as_the_shell(pattern: str, name: str) -> None:
    """The same as fnmatch(3)."""
    assert matcher([pattern])(name) == fnmatch.fnmatchcase(name, pattern)
