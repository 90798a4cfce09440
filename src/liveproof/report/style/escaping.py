"""Text of a host made fit to show: one line, printable; ``shown`` also without secrets, as model/secrets judges.

File names, log lines and answers are written by others and may hold newlines, terminal escapes, bytes that are not
UTF-8, or Markdown. Nothing of theirs reaches a terminal or a document before it went through here.
"""

from liveproof.model.secrets import hide


def visible(text: str) -> str:
    r"""One printable line: newline as ``\n``, control characters as ``\xNN`` or ``\uNNNN``, stray bytes as ``\xNN``."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def shown(text: str) -> str:
    """A text of the host as it may be shown: printable, on one line, secrets hidden."""
    return visible(hide(text))


def utf8(text: str) -> str:
    r"""The text with what UTF-8 cannot carry (bytes kept by surrogateescape) as ``\xNN``."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_escape(c) if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def code(text: str) -> str:
    """A Markdown code span that the text cannot break out of."""
    line = visible(text)
    if not line.strip():
        return "` `"
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or (line[0] == " " == line[-1]) else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: str) -> str:
    """A code span for a table, where a bar ends the cell even inside a span (GitHub Flavored Markdown, tables)."""
    return code(text).replace("|", "\\|")


def prose(text: str) -> str:
    """The text of a host inside Markdown prose: printable, and whatever Markdown or HTML would read escaped.

    An underscore inside a word is no emphasis (CommonMark, rule 2 of emphasis) and stays readable.
    """
    line = visible(text).strip()
    message = "".join(f"\\{c}" if c in _MARKUP and not _inside_word(line, at) else c for at, c in enumerate(line))
    number = len(message) - len(message.lstrip("0123456789"))
    if number and message[number : number + 1] in (".", ")"):  # a numbered list
        return f"{message[:number]}\\{message[number:]}"
    return f"\\{message}" if message[:1] in ("#", "+", "-", "=") else message


_MARKUP = "\\`*_[]<>|~&"


def _inside_word(line: str, at: int) -> bool:
    return line[at] == "_" and line[at - 1 : at].isalnum() and line[at + 1 : at + 2].isalnum()


def block(text: str, language: str = "bash") -> str:
    """A fenced Markdown block that the text cannot break out of; its lines stay lines."""
    lines = [visible(line) for line in text.rstrip("\n").split("\n")]
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    return "\n".join((f"{fence}{language}", *lines, fence))


def _escape(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _longest_run(line: str) -> int:
    longest = run = 0
    for char in line:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
