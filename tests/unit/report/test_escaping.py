"""report/style/escaping.py: text of others made fit to show."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from liveproof.analysis.shell_words import quoted
from liveproof.report.style.escaping import block, cell, code, prose, utf8, visible

HOSTILE = st.text(st.characters() | st.sampled_from("`|\n\x1b\u202e\udcff~<>*_[]"), max_size=30)


@given(HOSTILE)
def test_visible_is_one_printable_line(text: str) -> None:
    """No newline, terminal escape, direction mark or stray byte is left, and what is printable stays as it is."""
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


def test_visible_tells_what_stood_there() -> None:
    """Escapes are those that a person knows."""
    assert visible("a\nb\x1b[31m\udcff\u202e") == "a\\nb\\x1b[31m\\xff\\u202e"


@given(HOSTILE)
def test_utf8_always_encodes(text: str) -> None:
    """JSON and files stay valid UTF-8 whatever a file is called."""
    utf8(text).encode()


@given(HOSTILE)
def test_a_code_span_cannot_be_left(text: str) -> None:
    """The fence is longer than any run of backticks inside."""
    span = code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    inside = span[len(fence) : -len(fence)]
    assert span.isprintable()
    assert span.endswith(fence)
    assert fence not in inside


@given(HOSTILE)
def test_a_cell_cannot_be_left(text: str) -> None:
    """A reader of GitHub's Markdown finds one cell, and in it exactly what may be shown of the text."""
    table = f"| a | b |\n|---|---|\n| {cell(text)} | x |"
    tokens = MarkdownIt("commonmark").enable("table").parse(table)
    cells = [token.children or [] for token in tokens if token.type == "inline"][2:]
    assert len(cells) == 2
    (span,) = cells[0]
    assert span.type == "code_inline"
    assert span.content == (visible(text) if visible(text).strip() else " ")


LINES = HOSTILE | st.sampled_from(
    ["# x", "- x", "+ x", "1. x", "12) x", "===", "---", "    x", "> x", "a_b_c", "_a_", "__a__"]
)


@given(LINES)
@pytest.mark.parametrize("before", ["", "x ", "**", "- Issue: "])
def test_prose_is_read_as_written(before: str, text: str) -> None:
    """A reader finds text only: no heading, list, rule, emphasis, link, code, HTML or entity, wherever it stands."""
    line = f"{before}{prose(text)}" + ("**" if before == "**" else "")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(line)
    inline = [child for token in tokens for child in token.children or []]
    if before in ("", "x "):
        assert {token.type for token in inline} <= {"text", "text_special"}
        assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
        assert "".join(token.content for token in inline).strip() == (before + visible(text).strip()).strip()
    else:
        assert not {token.type for token in inline} & {
            "html_inline",
            "link_open",
            "image",
            "em_open",
            "code_inline",
            "s_open",
        }


@given(HOSTILE)
def test_a_block_cannot_be_left(text: str) -> None:
    """No line inside a fenced block is as long a fence as its own."""
    first, *lines, last = block(text).split("\n")
    assert first == f"{last}bash"
    assert all(last not in line for line in lines)


def test_prose_is_prose() -> None:
    """Names of others make no emphasis, link, heading or HTML."""
    assert prose("<b>*x*_y_ [l](u) `c` |") == "\\<b\\>\\*x\\*\\_y\\_ \\[l\\](u) \\`c\\` \\|"


@pytest.mark.parametrize(
    "name", ["plain", "it's", "a b", "x\ny", "\udcff", "$(id)", "a'\n\\b", "`id`", "-rf", "é", "\u202e"]
)
def test_quoted_is_one_word_of_bash(name: str) -> None:
    """bash reads exactly the name that was meant, and the command stays one line."""
    word = quoted(name)
    assert word.isprintable()
    ran = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert ran.stdout == name.encode(errors="surrogateescape")
