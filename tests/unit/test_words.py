"""Words that an administrator stumbles over stand in no text that users read.

What users read: every string in src, rules' pages and commands' help. Not: docstrings of code, names of columns.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "liveproof"
# An old word with what is said in its place.
OLD = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again",
    r"\b(?<![tT]here )is no (?!longer\b)[A-Za-z]+\b(?! (either|such))": "is not a",
    r"\btells\b|\b(is|are|was|were|not) told\b(?! `--no-scripts`| to upgrade| that)": "shows, is reported",
    r"\bcannot be told\b": "is not known",
    r"\b[Tt]ake(s|n)? (it |them )?back\b|\btaking back\b": "undo, roll back",
    r"\bgiven back\b|\bput back\b|\brestored byte for byte\b": "restored",
    r"\b[Hh]eld back\b": "skipped",
    r"\b[Ll]eft to you\b|\bLeft to a person\b": "manual",
    r"\bGoes with its cause\b": "resolved with its cause",
    r"\bCould not be seen\b|\bso unknown\b": "not checked",
    r"\bnobody (listens|answers|accepts|can be asked|is told)\b": "nothing listens",
    r"\bcache began\b|\bbegan its cache\b|\bha[sd] begun\b": "was started",
    r"\bhands PHP\b": "passes PHP",
    r"\bno business (there|here)\b|\bas whom\b|\bto whom they should\b": "an unexpected user, which user",
    r"\bmoving its time\b|\bits time kept\b": "a newer mtime",
    r"\bslip of the pen\b": "typing error",
    r"\bpolicy seed\b|`seed`": "app-user",
}
# Where the word is another one: code of PHP, columns of a table, what a person says to another.
NOT_MEANT = ("probes/php_files/parsing.py", "store/alerts/")


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shown = path.name != "__init__.py" and {"rules", "commands"} & set(path.parts)
    quiet: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and not (shown and isinstance(node, ast.Module)):
                quiet.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node.lineno, node.value


@pytest.mark.parametrize("word", OLD)
def test_no_old_word(word: str) -> None:
    """Each place with the words around it."""
    found = [
        f"{path.relative_to(SRC)}:{line}: {text[max(0, match.start() - 30) : match.end() + 30]!r}"
        for path in sorted(SRC.rglob("*.py"))
        if not any(part in str(path) for part in NOT_MEANT)
        for line, text in _texts(path)
        for match in re.finditer(word, text)
    ]
    assert not found, f"say {OLD[word]}:\n" + "\n".join(found)
