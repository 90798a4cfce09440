"""Free text with the values of secrets hidden. Every pattern is linear: the text is others', and may be long."""

import re
from collections.abc import Callable

from liveproof.model.secrets.names import HIDDEN, is_secret
from liveproof.model.secrets.shapes import hide_shapes

# A name, perhaps quoted, escaped or in brackets, and what sets it apart from its value. Possessive: no way back.
_NAMED = r"(?a)(?<![\w.-])([\w.-]++)(\\{0,4}[\"'\])]{0,3}\s*+(?:=>|:(?!:)|=(?!=))\s*+)"
_QUOTE = r"(?:[$@bBrRuU]{0,2})(\\{0,4}[\"'`])"
# Up to a blank, or what parts the pairs of a query.
_BARE = r"[^\s&]++"
_CLOSING = "\"'`)]},;.>\\"
_PLAIN = frozenset({
    "yes", "no", "true", "false", "null", "none", "on", "off", "undefined", "empty",
    HIDDEN.lower(), "[hidden", "…",
    # artisan key:generate, session:table, auth:clear-resets
    "generate", "table", "clear-resets",
})  # fmt: skip
_WHOLE = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "http_authorization", "http_cookie"}
)

_SAID = r"(?i)\b(passw(?:or)?d|passphrase|passcode|secret|token|pin|key)(\s+(?:is|was|of)\s+)(?=[^\s\[])([^\s]++)"
# What an English sentence goes on with instead of naming the secret.
_ENGLISH = frozenset(
    """
    not invalid incorrect missing required expired wrong empty null too valid unset set the a an no in of being
    correct ok undefined deprecated unknown already never only also used needed stored hidden given absent present
    readable malformed revoked blank your this that it for failed found unreadable longer shorter changed different
""".split()  # noqa: SIM905
)
_AUTH = r"(?i)\b(AUTH|IDENTIFIED\s+BY|requirepass|masterauth)(\s+)(\S++)"
_SCHEMES = r"(?i)\b(Bearer|Basic|Negotiate|Token|ApiKey)(\s+)(?=[\w.~+/=-]*[\d=])[\w.~+/=-]{6,}+"
_SCHEME = r"(?i)(?:bearer|basic|digest|negotiate|token|apikey|[a-z][\w-]*+)\s+"
_SHORT = r"(?<![^\s\"'])(-p)(?![a-z]{1,3}(?![\w]))([^\s\"']{3,}+)"
_LONG_OPTION = r"(?<![^\s\"'])(--?[A-Za-z][\w-]*+)(\s+)(?!-)(\S++)"
# user:password@host without a scheme, as nginx tells an upstream.
_USER = r"(?<![\w.+@:/-])[\w.+-]{1,100}+:[^\s/@\"'<>]{1,200}+@(?=[\w\[])"
_URL = r"://[^\s\"'<>]++"
_BOUND = r"(?is)\b(SQL:|values\s*+\()(?=\s*+\S).*"
_CALL = (
    r"(?i)\b(\w{0,40}+(?<=pdo)|\w{0,40}+(?<=__construct)|\w{0,40}+(?<=connect)|\w{0,40}+(?<=login)|\w{0,40}+(?<=bind)"
    r"|\w{0,40}+(?<=password)|\w{0,40}+(?<=auth)|password_\w{1,20}+|hash_\w{1,20}+|openssl_\w{1,20}+)\(([^()]{0,2000}+)"
)
_PARAMETER = (
    r"(?im)\b((?:fastcgi|uwsgi|scgi)_param\s+[\w.-]++\s+|(?:proxy_set|add|more_set)_header[s]?\s+[\w.-]++\s+)"
    r"(\"[^\"$]*+\"|'[^'$]*+'|[^\s;$\"'][^\s;]*+)(?=\s*+(?:;|$))"
)
_CONTROL = {
    **dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
}
_MAILBOX = r"(?<![\w.+-])[\w.+-]++@([\w-]++\.[\w.-]*[A-Za-z])"


def hide(text: str) -> str:
    """The text with the values of secrets hidden: behind their names, in addresses, commands and queries, by shape."""
    if "=" in text or ":" in text:
        text = _named(text)
    if "://" in text:
        text = re.sub(_URL, _address, text)
    if "@" in text:
        text = re.sub(_USER, f"{HIDDEN}@", text)
    if " " in text or "\t" in text:
        text = _in_words(text)
    if "(" in text:
        text = re.sub(_BOUND, rf"\1 {HIDDEN}", re.sub(_CALL, _arguments, text))
    return hide_shapes(text)


def one_line(text: str, limit: int = 300) -> str:
    """One printable line of at most ``limit`` characters with secrets and mailboxes hidden.

    Control characters and those that turn the direction of writing are taken out, so that a log line cannot write to
    the terminal of whoever reads the report.
    """
    text = re.sub(_MAILBOX, rf"{HIDDEN}@\1", hide(text[: limit * 20]))
    text = " ".join(text.translate(_CONTROL).split())
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def hide_in_path(path: str) -> str:
    """A request's path with the values of its query hidden: what they mean only the app knows."""
    before, mark, query = path.partition("?")
    if not mark:
        return hide_shapes(path)
    return hide_shapes(before) + mark + "&".join(
        f"{name}={HIDDEN}" if equals and value else hide_shapes(part)
        for part in query.split("&")
        for name, equals, value in (part.partition("="),)
    )  # fmt: skip


def _named(text: str) -> str:
    result: list[str] = []
    at = 0
    while found := re.compile(_NAMED).search(text, at):
        begin = found.end()
        end = _end_of_value(text, found[1], begin) if _announces(text, found) else begin
        result.append(text[at:begin])
        if end > begin:
            result.append(HIDDEN)
        at = end
    result.append(text[at:])
    return "".join(result)


def _announces(text: str, found: re.Match[str]) -> bool:
    name, mark = found[1], found[2].strip()
    if not is_secret(name):
        return False
    before = text[found.start() - 1 : found.start()]
    # A file or a class (App\Auth:12, /auth:80) is no name; an array's key behind a backslash stands in quotes.
    return not (
        before in ("/", "\\", "@") and mark.startswith(":") and before and not found[2].startswith(("\\", '"', "'"))
    )


def _end_of_value(text: str, name: str, begin: int) -> int:  # noqa: PLR0911  (each a form of value)
    """Where the value of a secret that begins there ends; ``begin`` itself when there is nothing to hide."""
    quote = re.compile(_QUOTE).match(text, begin)
    if quote:
        mark = quote[1]
        end = text.find(mark, quote.end())
        inside = text[quote.end() : end if end >= 0 else len(text)]
        if inside.strip().lower() in _PLAIN or not inside.strip(" ,)]}"):
            return begin
        return end + len(mark) if end >= 0 else len(text)
    if name.lower() in _WHOLE:
        return _end_of_header(text, name.lower(), begin)
    bare = re.compile(_BARE).match(text, begin)
    if not bare:
        return begin
    value = bare[0].rstrip(_CLOSING)
    hidden = value == HIDDEN.rstrip(_CLOSING) or value.startswith(HIDDEN)
    if not value or value.lower().lstrip("([{") in _PLAIN or value in "([{" or hidden:
        return begin
    if name.upper() in ("PWD", "OLDPWD") and value.startswith("/"):
        return begin
    return begin + len(value)


def _end_of_header(text: str, name: str, begin: int) -> int:
    """A cookie goes on to the end of the line; an authorization is a scheme and one word, a digest the whole line."""
    line = len(text) if (at := text.find("\n", begin)) < 0 else at
    ends = [at for mark in ('"', "'") if begin <= (at := text.find(mark, begin)) < line]
    end = min(ends, default=line)
    if "cookie" in name or text[begin : begin + 6].lower() == "digest":
        return line if "cookie" not in name else end
    scheme = re.compile(_SCHEME).match(text, begin)
    word = re.compile(_BARE).match(text, scheme.end() if scheme else begin)
    return min(word.end() if word else end, end)


def _in_words(text: str) -> str:
    text = re.sub(_PARAMETER, rf"\1{HIDDEN}", text)
    text = re.sub(_SCHEMES, rf"\1\2{HIDDEN}", text)
    text = re.sub(_SAID, _unless(_ENGLISH), text)
    text = re.sub(_AUTH, _unless(_ENGLISH | {"command", "called", "error", "is", "request", "header", "headers"}), text)
    if "-" in text:
        text = re.sub(_SHORT, _password, text)
        text = re.sub(_LONG_OPTION, _option, text)
    return text


def _unless(words: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def hidden(match: re.Match[str]) -> str:
        collected = match[3].rstrip(_CLOSING).lower() in words or match[3].startswith(HIDDEN)
        return match[0] if collected else f"{match[1]}{match[2]}{HIDDEN}"

    return hidden


_NO_PASSWORDS = ("ath", "rint", "rint0", "rintf", "erm", "rune", "arents", "assin", "assout", "olicy")


def _password(match: re.Match[str]) -> str:
    """``-pX`` as mysql takes it; no options of find, no numbers of a port."""
    value = match[2]
    port = value.rpartition(":")[2].isdigit() and len(value) <= 11
    return match[0] if value in _NO_PASSWORDS or port or value.startswith(("=", HIDDEN)) else f"-p{HIDDEN}"


def _option(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{HIDDEN}" if is_secret(match[1].lstrip("-")) and match[3] != HIDDEN else match[0]


def _address(match: re.Match[str]) -> str:
    """An address without user and password, also where the password holds a slash."""
    rest = match[0][3:]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return f"://{HIDDEN}@{authority.rpartition('@')[2]}{rest[len(authority) :]}"
    port = authority.rpartition(":")[2].rstrip(_CLOSING)
    if "@" in rest and ":" in authority and port and not port.isdigit():
        return f"://{HIDDEN}@{rest.rpartition('@')[2]}"
    return match[0]


def _arguments(match: re.Match[str]) -> str:
    return f"{match[1]}({HIDDEN}" if any(mark in match[2] for mark in "\"'") else match[0]
