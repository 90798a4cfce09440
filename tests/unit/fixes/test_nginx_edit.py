"""Edits of configuration files change what they must, keep every other byte, and keep their hands off the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.fixes.nginx_edit import with_global, with_realpath_root

PARAMS = "fastcgi_param  QUERY_STRING  $query_string;\nfastcgi_param  DOCUMENT_ROOT  $document_root;\n"
CONF = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n" + PARAMS
OTHERS = {"/etc/nginx/fastcgi_params": PARAMS, "/etc/nginx/fastcgi.conf": CONF}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[global]\npid = x\n[www]\n", "[global]\nt = 10s\npid = x\n[www]\n"),
        ("; c\n[global]\n;t = 0\nx=1\n", "; c\n[global]\nt = 10s\nx=1\n"),
        ("[global]\nt=0\n;t = 5\n[www]\nt = 1\n", "[global]\nt = 10s\n;t = 5\n[www]\nt = 1\n"),
        ("[global]\ntt = 0\n", "[global]\nt = 10s\ntt = 0\n"),
        ("[global]", "[global]\nt = 10s\n"),
        ("[www]\nt = 1\n", None),
        ("", None),
    ],
)
def test_a_global_setting_is_set_where_it_belongs(text, expected):
    """In place of the line that sets it, of a commented one, or below the heading; never in a pool's section."""
    assert with_global(text, "t", "10s") == expected


@given(st.text(max_size=200))
def test_setting_twice_is_setting_once(text):
    """Whatever else stands in the file."""
    once = with_global(f"[global]\n{text}", "t", "10s")
    assert once is not None
    assert with_global(once, "t", "10s") == once


def site(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    root = "root /srv/current/public; # } not an end"
    return f"# a site\nserver {{\n  {root}\n  location ~ \\.php(/|$) {{\n{body}  }}\n}}\n"


PASS = "fastcgi_pass unix:/run/php.sock;"
LINE = 5  # of the first line within the location


def test_parameters_of_the_location_are_changed_in_place():
    """Nothing else is touched, not even the blanks."""
    text = site(
        PASS, "include fastcgi_params;", "fastcgi_param  SCRIPT_FILENAME  $document_root$fastcgi_script_name;",
        "fastcgi_param DOCUMENT_ROOT ${document_root};",
    )  # fmt: skip
    new = with_realpath_root(text, LINE, OTHERS)
    assert new == text.replace("${document_root}", "$realpath_root").replace("$document_root", "$realpath_root")


def test_included_parameters_are_overridden_at_the_end_of_the_location():
    """The last one of a name is what PHP gets."""
    text = site(PASS, "include fastcgi.conf;", "fastcgi_read_timeout 5s;")
    new = with_realpath_root(text, LINE, OTHERS)
    assert new == text.replace(
        "fastcgi_read_timeout 5s;",
        "fastcgi_read_timeout 5s;\n    fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;"
        "\n    fastcgi_param DOCUMENT_ROOT $realpath_root;",
    )


def test_an_include_after_the_parameter_decides():
    """It would override the edited line, so the new one stands behind it."""
    text = site(PASS, "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;", "include fastcgi.conf;")
    new = with_realpath_root(text, LINE, OTHERS)
    assert new is not None
    assert new.index("include fastcgi.conf;") < new.index("SCRIPT_FILENAME $realpath_root")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (site(PASS), LINE),
        (site(PASS, "include snippets/unknown.conf;"), LINE),
        (site(PASS, "fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;"), LINE),
        (site(PASS, "include fastcgi.conf;"), 1),
        ("server { location / { fastcgi_pass x;", 1),
        ("server { fastcgi_param 'SCRIPT_FILENAME; }", 1),
        ("}", 1),
        ("", 1),
    ],
    ids=["inherited", "unknown include", "resolved already", "another line", "open", "open quote", "closed", "empty"],
)
def test_what_cannot_be_done_safely_is_left_alone(text, line):
    """Inherited parameters would be lost by a parameter of the location's own."""
    assert with_realpath_root(text, line, OTHERS) is None


def test_editing_twice_changes_nothing():
    """Both ways to edit."""
    for lines in ((PASS, "include fastcgi.conf;"), (PASS, "include fastcgi_params;", CONF.splitlines()[0])):
        once = with_realpath_root(site(*lines), LINE, OTHERS)
        assert once is not None
        assert with_realpath_root(once, LINE, OTHERS) is None


@given(st.text(alphabet="{};#'\"\\$ \nab", max_size=80), st.integers(1, 9))
def test_hostile_text_is_left_alone(text, line):
    """Anything but a fastcgi_pass with its parameters gives nothing, and never an error."""
    assert with_realpath_root(text, line, OTHERS) is None


def test_braces_that_are_nested_without_end_are_not_edited():
    """Nor do they end us."""
    assert with_realpath_root("map $a $b { " * 3000 + "}" * 3000, 1, {}) is None
