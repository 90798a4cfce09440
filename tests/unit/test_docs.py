"""README and docs: the real parsers understand their commands, links lead somewhere, no page is forgotten."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveproof.cli.errors import UsageError
from liveproof.cli.parser import command_parser
from liveproof.cli.registry import PROGRAM, Called, find, is_group
from scripts.site import conf
from scripts.site.__main__ import loaded_from_elsewhere

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Decisions and changes name what was once called so.
MANUAL = [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "adr"]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *MANUAL]
LINKING = [*PAGES, ROOT / "CHANGELOG.md", *sorted((DOCS / "adr").glob("*.md"))]
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"(?:^|^\$ |^# |\bsudo |&& |\| )liveproof (?P<words>[^\n]*)")
_END = re.compile(r" (?:&&|\|\|?|>|2>|;|<) .*")
EXAMPLES = {"disk-usage"}  # a command that somebody might add
# What a shell, a pipeline or a deploy tool puts there.
_FILLED_IN = re.compile(r"\$\([^)]*\)|\$\{\{[^}]*\}\}|\{\{[^}]*\}\}|\$\w+")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each fenced block with its language."""
    for match in _BLOCK.finditer(text):
        yield match[1], match[2]


def calls(text: str) -> Iterator[str]:
    """What stands behind `liveproof` in the blocks of a page; where a block has prompts, the rest of it is output."""
    for language, block in blocks(text):
        lines = [line.strip() for line in block.replace("\\\n", " ").splitlines()]
        if language in ("text", "console") or any(line.startswith("$ ") for line in lines):
            lines = [line for line in lines if line.startswith("$ ")]
        for line in lines:
            for part in re.split(r"(?<=&&) ", line):
                if found := _CALL.search(part):
                    yield _END.sub("", found["words"].removesuffix(" &&"))


def named(text: str) -> Iterator[str]:
    """What stands behind `liveproof` in code within sentences and tables; may hold placeholders."""
    for match in re.finditer(r"`liveproof ([^`]+)`", _BLOCK.sub("", text)):
        yield " ".join(match[1].replace("\\|", "|").split())


def options_exist(words: list[str]) -> None:
    """The words call a command that has each of the options among them."""
    called = find(words)
    rest = [word.strip("[],.") for word in called.words]
    if is_group(called.module):
        assert not rest or rest[0] in ("COMMAND", "--version", "--help"), f"no command {rest[0]}"
        return
    known = command_parser(called)._option_string_actions
    options = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    assert not [word for word in options if word not in known]


def lines() -> list[tuple[str, str]]:
    """Every command line of every page."""
    return [(page.relative_to(ROOT).as_posix(), call) for page in PAGES for call in calls(page.read_text())]


def test_lines_are_found() -> None:
    """By every way of writing them that pages use."""
    text = "```\n$ liveproof check -q\nliveproof fix\n```\n```sh\nsudo liveproof gate x && liveproof fix # why\n```\n"
    assert list(calls(text)) == ["check -q", "gate x", "fix # why"]
    assert len(lines()) > 60
    assert {"README.md", "docs/deploy.md", "docs/reference/commands.md"} <= {page for page, _ in lines()}


@pytest.mark.parametrize(("page", "call"), lines())
def test_command_lines_parse(page: str, call: str) -> None:
    """As somebody who copies them would run them."""
    words = shlex.split(_FILLED_IN.sub("X", call).removesuffix("');"), comments=True)
    if "[" in call:  # a synopsis
        options_exist(words)
        return
    called = find(words)
    assert not is_group(called.module), f"{page}: {PROGRAM} {call}"
    try:
        command_parser(called).parse_words(called.words)
    except UsageError as error:
        pytest.fail(f"{page}: {PROGRAM} {call}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_sentences_exist(page: Path) -> None:
    """With the options that are named beside them."""
    for call in named(page.read_text()):
        try:
            if call not in EXAMPLES:
                options_exist(shlex.split(call))
        except (AssertionError, ValueError) as error:
            pytest.fail(f"{page.name}: {PROGRAM} {call}: {error}")


def test_what_does_not_exist_is_noticed() -> None:
    """The checks above can fail."""
    with pytest.raises(AssertionError):
        options_exist(["check", "--no-such"])
    with pytest.raises(AssertionError):
        options_exist(["chekc"])
    with pytest.raises(UsageError):
        command_parser(Called(find(["gate"]).module, "liveproof gate", ())).parse_words(["--timeout", "soon"])


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Within the repository; headings too."""
    text = re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", page.read_text()))
    for address in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in address:
            continue
        path, _, heading = address.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {address}"
        assert not heading or heading in anchors(target), f"{page.name}: {address}"


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub and the site write them in addresses."""
    found = re.findall(r"^#+ (.*)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_page_is_in_the_contents() -> None:
    """A new page is linked from an index; Sphinx refuses to build the site otherwise."""
    linked = {DOCS / "index.md"}
    for index in conf.INDEXES:
        path = DOCS / f"{index}.md"
        linked |= {(path.parent / f"{name}.md").resolve() for _, name in conf._ENTRY.findall(path.read_text())}
    assert set(DOCS.rglob("*.md")) == linked


def test_what_is_loaded_from_elsewhere_is_noticed(tmp_path: Path) -> None:
    """Scripts, fonts, pictures; not links that a reader follows."""
    (tmp_path / "a.html").write_text(
        '<a href="https://a.example">a</a><link href="_static/a.css"><script src="//b.example/b.js"></script>'
        '<img src=" HTTPS://c.example/c.png">'
    )
    (tmp_path / "a.css").write_text("@import url('https://d.example/d.css'); b { background: url(data:image/png) }")
    found = list(loaded_from_elsewhere(tmp_path))
    assert [each.partition(".example")[0] for each in found[:2]] == ["a.html: //b", "a.html:  HTTPS://c"]
    assert any(each.startswith("a.css") for each in found[2:])
