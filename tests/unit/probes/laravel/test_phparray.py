"""probes/laravel/phparray.py: PHP arrays are read, never executed."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveproof.probes.laravel.phparray import Code, Unreadable, names, read_array

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30)
_KEY = st.one_of(st.integers(-(2**62), 2**62), _TEXT.filter(lambda t: not t.removeprefix("-").isdigit()))
_SCALAR = st.one_of(st.integers(-(2**62), 2**62), st.booleans(), st.none(), _TEXT)
_VALUE = st.recursive(_SCALAR, lambda inner: st.dictionaries(_KEY, inner, max_size=5), max_leaves=30)


def var_export(value: object) -> str:
    """As PHP's function of that name writes arrays, texts, numbers, booleans and null."""
    if isinstance(value, dict):
        return "array (\n" + "".join(f"{var_export(k)} => \n{var_export(v)},\n" for k, v in value.items()) + ")"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "NULL" if value is None else str(value).lower()


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_KEY, _VALUE, max_size=6))
def test_reads_what_var_export_writes(value: dict[object, object]) -> None:
    """Whatever stands in an array comes back as it was, in its order."""
    found = read_array(f"<?php return {var_export(value)};\n".encode())
    assert found == value
    assert list(found) == list(value)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing but Unreadable comes out of hostile content."""
    for start in (b"", b"<?php return array (", b"<?php return ['a' => "):
        with suppress(Unreadable):
            read_array(start + content)
        names(start + content)


@pytest.mark.parametrize("cut", [1, 2, 20, 60, 100])
def test_a_file_cut_off_is_refused(cut: int) -> None:
    """A cache that was only half written is no array."""
    content = (
        "<?php return " + var_export({"app": {"name": "x", "list": {0: "a", 1: "b"}}, "mail": {"from": "m"}})
    ) + ";"
    with pytest.raises(Unreadable):
        read_array(content.encode()[:-cut])


def test_deep_nesting_is_refused() -> None:
    """Ten thousand arrays in each other neither overflow the stack nor count as read."""
    with pytest.raises(Unreadable):
        read_array(b"<?php return " + b"array(0=>" * 10000 + b"1" + b")" * 10000 + b";")


def test_objects_and_constants_stay_source_text() -> None:
    """What is neither array nor plain scalar is compared by its text."""
    found = read_array(
        b"<?php return ['a' => \\App\\E::Case, 'b' => 1.50, 'c' => -7, 'd' => (object) array(), 'e' => PHP_EOL];"
    )
    assert found["a"] == Code("\\App\\E::Case")
    assert found["b"] == Code("1.50")
    assert found["c"] == -7
    assert isinstance(found["d"], Code)
    assert found["e"] == Code("PHP_EOL")


def test_keys_become_what_php_makes_of_them() -> None:
    """A number written as text is a number; list elements count on from the highest."""
    assert read_array(b"<?php return ['7' => 'a', 'b', '07' => 'c', true => 'd'];") == {
        7: "a",
        8: "b",
        "07": "c",
        1: "d",
    }


def test_the_array_of_a_call_is_found() -> None:
    """A route cache hands its array to a method."""
    assert read_array(b"<?php\napp('router')->setCompiledRoutes(\n    array ( 'compiled' => array () )\n);") == {
        "compiled": {}
    }


def test_names_tells_what_a_file_calls() -> None:
    """Calls are names, texts are none."""
    found = names(b"<?php return ['v' => time(), 'w' => Str::random(3), 'x' => 'uniqid()'];")
    assert {"time", "random"} <= found
    assert "uniqid" not in found
