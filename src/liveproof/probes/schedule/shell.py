"""Read shell text far enough to see which commands it would run. Nothing is run, and nothing is guessed.

A word whose value only a running shell would know (a command substitution, an unset variable) is None. POSIX: Shell
Command Language, 2.2 to 2.9; here-documents are skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_SPACE = " \t\r"
_ENDS = ";&|\n"
LIMIT = 64 * 1024


@dataclass(slots=True)
class Word:
    """One word: its value after quotes and known variables, None when not known, and where it stands in the text."""

    value: str | None
    start: int
    end: int


@dataclass(slots=True)
class Command:
    """A simple command: its words (redirections left out) and how many subshells deep it stands."""

    words: list[Word] = field(default_factory=list)
    depth: int = 0


def commands(text: str, variables: Mapping[str, str], *, plain: bool = False) -> list[Command]:
    """The simple commands of a shell text in their order; assignments alone set variables for what follows.

    Args:
        text: at most LIMIT characters of it are read.
        variables: those that are known, such as HOME; a script's own come on top.
        plain: words and quotes only, no operators and comments, as in ExecStart= (systemd.service(5)).
    """
    return _Lexer(text[:LIMIT], dict(variables), plain=plain).read()


class _Lexer:
    def __init__(self, text: str, variables: dict[str, str], *, plain: bool) -> None:
        self._text = text
        self._variables = variables
        self._plain = plain
        self._at = 0
        self._depth = 0
        self._found: list[Command] = []
        self._current = Command()
        self._documents: list[str] = []

    def read(self) -> list[Command]:
        while self._at < len(self._text):
            self._step()
        self._end()
        return self._found

    def _step(self) -> None:
        char = self._text[self._at]
        if char in _SPACE or self._text.startswith("\\\n", self._at):
            self._at += 2 if char == "\\" else 1
        elif self._plain:
            if char == "\n":
                self._at += 1
                self._end()
            else:
                self._add(self._word())
        elif char == "#":
            self._at = self._line_end()
        elif char in _ENDS:
            self._at += 1
            self._end()
            if char == "\n":
                self._skip_documents()
        elif char in "()":
            self._at += 1
            self._end()
            self._depth = max(0, self._depth + (1 if char == "(" else -1))
            self._current.depth = self._depth
        elif char in "<>" or self._is_numbered_redirection():
            self._redirection()
        else:
            self._add(self._word())

    def _add(self, word: Word) -> None:
        self._current.words.append(word)

    def _end(self) -> None:
        words = self._current.words
        if words and all(_assignment(self._text[word.start : word.end]) for word in words):
            for word in words:
                name = self._text[word.start :].partition("=")[0]
                if word.value is None:
                    self._variables.pop(name, None)
                else:
                    self._variables[name] = word.value.partition("=")[2]
        elif words:
            if words[0].value in ("export", "readonly", "local") and len(words) == 2 and words[1].value:
                name, mark, value = words[1].value.partition("=")
                if mark:
                    self._variables[name] = value
            self._found.append(self._current)
        self._current = Command(depth=self._depth)

    def _line_end(self) -> int:
        end = self._text.find("\n", self._at)
        return len(self._text) if end < 0 else end

    def _is_numbered_redirection(self) -> bool:
        end = self._at
        while end < len(self._text) and self._text[end] in "0123456789":
            end += 1
        return end > self._at and self._text[end : end + 1] in ("<", ">")

    def _redirection(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in "0123456789":
            self._at += 1
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in "<>&|":
            self._at += 1
        operator = self._text[start : self._at]
        if operator.startswith("<<<"):
            operator = "<"
        if operator.startswith("<<") and self._text[self._at : self._at + 1] == "-":
            self._at += 1
        while self._at < len(self._text) and self._text[self._at] in _SPACE:
            self._at += 1
        if self._at < len(self._text) and self._text[self._at] not in _ENDS + "()<>":
            word = self._word()
            if operator.startswith("<<"):
                self._documents.append(self._text[word.start : word.end].strip("'\"\\"))

    def _skip_documents(self) -> None:
        """Pass over the here-documents that were announced on the line before."""
        for mark in self._documents:
            while self._at < len(self._text):
                end = self._line_end()
                line = self._text[self._at : end]
                self._at = end + 1
                if line.strip("\t") == mark:
                    break
        self._documents.clear()

    def _word(self) -> Word:
        start, parts, known = self._at, [], True
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in _SPACE or char == "\n" or (not self._plain and char in ";&|()<>"):
                break
            part = self._part(char)
            known = known and part is not None
            parts.append(part or "")
        return Word("".join(parts) if known else None, start, self._at)

    def _part(self, char: str) -> str | None:
        if char == "'":
            return self._until("'")
        if char == '"':
            self._at += 1
            return self._double()
        if char == "\\":
            self._at += 2
            return self._text[self._at - 1 : self._at].replace("\n", "")
        if char == "`":
            self._until("`")
            return None
        if char == "$":
            return self._dollar()
        self._at += 1
        return char

    def _until(self, mark: str) -> str:
        end = self._text.find(mark, self._at + 1)
        inner = self._text[self._at + 1 : end if end >= 0 else len(self._text)]
        self._at = len(self._text) if end < 0 else end + 1
        return inner

    def _double(self) -> str | None:
        parts, known = [], True
        while self._at < len(self._text) and self._text[self._at] != '"':
            char = self._text[self._at]
            if char == "\\" and self._text[self._at + 1 : self._at + 2] in ("$", "`", '"', "\\", "\n"):
                self._at += 2
                parts.append(self._text[self._at - 1].replace("\n", ""))
            elif char in "$`":
                part = self._part(char)
                known = known and part is not None
                parts.append(part or "")
            else:
                parts.append(char)
                self._at += 1
        self._at += 1
        return "".join(parts) if known else None

    def _dollar(self) -> str | None:
        rest = self._text[self._at + 1 : self._at + 2]
        if rest == "(":
            return self._substitution()
        if rest == "{":
            self._at += 1
            return self._variables.get(self._until("}"))
        if rest == "'":
            self._at += 1
            self._until("'")
            return None
        end = self._at + 1
        while end < len(self._text) and (self._text[end].isalnum() or self._text[end] == "_"):
            end += 1
        name = self._text[self._at + 1 : end]
        if not name:
            self._at = min(end + (rest in ("@", "*", "#", "?", "$", "!", "-")), len(self._text))
            return "$" if end == self._at else None
        self._at = end
        return self._variables.get(name)

    def _substitution(self) -> str | None:
        """``$(…)`` is not known, but for the one idiom that names the script's own directory."""
        start, depth = self._at + 2, 0
        while self._at < len(self._text):
            char = self._text[self._at]
            depth += {"(": 1, ")": -1}.get(char, 0)
            self._at += 1
            if char == ")" and depth == 0:
                break
        inner = self._text[start : self._at - 1].replace('"', "").replace("--", "").split()
        return self._variables.get("dirname $0") if inner in _OWN_DIRECTORY else None


_OWN_DIRECTORY = (["dirname", "$0"], ["dirname", "${BASH_SOURCE[0]}"], ["dirname", "$BASH_SOURCE"])


def _assignment(text: str) -> bool:
    name, mark, _ = text.partition("=")
    return bool(mark) and name.replace("_", "a").isalnum() and not name[0].isdigit() and name.isascii()


def strip_assignments(words: list[Word], text: str) -> list[Word]:
    """The words after leading assignments (``FOO=1 php artisan``)."""
    start = 0
    while start < len(words) and _assignment(text[words[start].start : words[start].end]):
        start += 1
    return words[start:]
