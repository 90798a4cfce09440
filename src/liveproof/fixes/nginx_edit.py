"""Small edits of configuration files as text: only what must change changes. Pure.

The result is always tried by the server's own configuration test before it is kept (WriteFile.test).
"""

import re
from collections.abc import Iterator, Mapping

from liveproof.model.dataclass import dataclass


def with_global(text: str, name: str, value: str) -> str | None:
    """php-fpm.conf with ``name = value`` in its ``[global]`` section; None when there is no such section.

    A line that sets it is replaced where it stands, else a commented one, else it is added below the heading.
    """
    lines = text.splitlines(keepends=True)
    heading = next((at for at, line in enumerate(lines) if re.match(r"\s*\[global\]", line)), None)
    if heading is None:
        return None
    rest = range(heading + 1, len(lines))
    end = next((at for at in rest if lines[at].lstrip().startswith("[")), len(lines))
    wanted = f"{name} = {value}\n"
    for pattern in (rf"\s*{re.escape(name)}\s*=", rf"\s*;\s*{re.escape(name)}\s*="):
        at = [number for number in range(heading + 1, end) if re.match(pattern, lines[number])]
        if at:
            lines[at[-1]] = wanted
            return "".join(lines)
    if not lines[heading].endswith("\n"):
        lines[heading] += "\n"
    lines.insert(heading + 1, wanted)
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class _Directive:
    """A directive of nginx: its words, and where it stands in the text (its ``;`` or block included)."""

    words: tuple[str, ...]
    start: int
    end: int
    line: int
    block: "tuple[_Directive, ...] | None"


def with_realpath_root(text: str, line: int, others: Mapping[str, str]) -> str | None:
    """An nginx file whose ``fastcgi_pass`` on this line hands PHP resolved paths.

    Args:
        text: the file.
        line: of the fastcgi_pass directive.
        others: path and text of the files that it may include.

    Returns:
        The edited text; None where nothing needs to change, or where it cannot be done inside the directive's own
        block without losing parameters that it inherits (ngx_http_fastcgi_module: fastcgi_param).
    """
    try:
        block = _block(_parse(text), line)
        return _resolved(text, block, others) if block else None
    except ValueError:
        return None


def _resolved(text: str, block: "tuple[_Directive, ...]", others: Mapping[str, str]) -> str | None:
    edits: list[tuple[int, int, str]] = []
    added = []
    for name in ("SCRIPT_FILENAME", "DOCUMENT_ROOT"):
        setter = _last_setter(block, name, others)
        if setter is None:
            if name == "SCRIPT_FILENAME":
                return None
            continue
        directive, own = setter
        value = directive.words[2]
        resolved = value.replace("${document_root}", "$realpath_root").replace("$document_root", "$realpath_root")
        if resolved == value:
            continue
        if own:
            old = text[directive.start : directive.end]
            new = old.replace("${document_root}", "$realpath_root").replace("$document_root", "$realpath_root")
            edits.append((directive.start, directive.end, new))
        else:
            added.append(f"fastcgi_param {name} {resolved};")
    if added:
        last = block[-1]
        indent = re.search(r"[ \t]*$", text[: block[0].start])
        space = "\n" + (indent[0] if indent else "")
        edits.append((last.end, last.end, "".join(space + line for line in added)))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text if edits else None


def _last_setter(
    block: tuple[_Directive, ...], name: str, others: Mapping[str, str]
) -> "tuple[_Directive, bool] | None":
    """The directive that sets the parameter last, and whether it stands in this block itself.

    Raises:
        ValueError: an included file is not known or cannot be understood.
    """
    found: tuple[_Directive, bool] | None = None
    for directive in block:
        if directive.words[:2] == ("fastcgi_param", name) and len(directive.words) > 2:
            found = directive, True
        elif directive.words[0] == "include":
            for inner in _parse(_included(directive.words[1], others)):
                if inner.words[:2] == ("fastcgi_param", name) and len(inner.words) > 2:
                    found = inner, False
    return found


def _included(path: str, others: Mapping[str, str]) -> str:
    texts = [text for name, text in others.items() if name == path or name.endswith(f"/{path}")]
    if len(texts) != 1:
        raise ValueError(path)
    return texts[0]


def _block(directives: tuple[_Directive, ...], line: int) -> tuple[_Directive, ...] | None:
    """The directives beside the fastcgi_pass on this line."""
    for directive in directives:
        if directive.words[0] == "fastcgi_pass" and directive.line == line:
            return directives
        if directive.block is not None and (found := _block(directive.block, line)) is not None:
            return found
    return None


_DEEPEST = 100
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)|(?P<mark>[{};])|(?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{[^}]*\}|[^\s{};])+)""",
    re.DOTALL,
)


def _parse(text: str) -> tuple[_Directive, ...]:
    """The directives of a file.

    Raises:
        ValueError: braces or quotes do not match.
    """
    tokens = list(_tokens(text))
    directives, at = _directives(tokens, 0, text, 0)
    if at != len(tokens):
        raise ValueError("a brace too many")
    return directives


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError("a quote is not closed")
        if token["space"] is None:
            yield token[0], token.start(), token.end()
        at = token.end()


def _directives(
    tokens: list[tuple[str, int, int]], at: int, text: str, depth: int
) -> tuple[tuple[_Directive, ...], int]:
    if depth > _DEEPEST:
        raise ValueError("braces are nested too deep")
    found: list[_Directive] = []
    words: list[str] = []
    start = 0
    while at < len(tokens):
        word, begin, end = tokens[at]
        if word == "}":
            break
        at += 1
        if word not in ("{", ";"):
            start = start if words else begin
            words.append(word)
            continue
        if not words:
            raise ValueError("a directive without a name")
        inner = None
        if word == "{":
            inner, at = _directives(tokens, at, text, depth + 1)
            if at >= len(tokens):
                raise ValueError("a brace is not closed")
            end = tokens[at][2]
            at += 1
        found.append(_Directive(tuple(words), start, end, text.count("\n", 0, start) + 1, inner))
        words = []
    if words:
        raise ValueError("a directive is not closed")
    return tuple(found), at
