"""Hide what must not leave the machine in free text: log lines and error messages."""

import re

HIDDEN = "[hidden]"

_WORDS = "passw(?:or)?d|passphrase|pwd|secret|token|(?:api|app|private|access)[_-]?key|credential|authorization|cookie"
_NAME = rf"[\w.-]*(?:{_WORDS}|session|signature)[\w.-]*"
_VALUE = r"\"[^\"]*\"|'[^']*'|[^\s,;&)\]}]+"
_RANDOM = r"(?=[A-Za-z0-9+_=-]*\d)(?=[A-Za-z0-9+_=-]*[A-Za-z])[A-Za-z0-9+_=-]{32,}"
_HIDE: tuple[tuple[re.Pattern[str], str], ...] = (
    # A statement's bound values: nobody can tell which of them is a secret.
    (re.compile(r"\((?:Connection: [^,()]*, )?(?:Host: [^()]*?, )?SQL: .*", re.DOTALL), f"(SQL: {HIDDEN})"),
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|digest)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@:'\"]*:[^\s/@'\"]*@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"(?i)(?<![\w.-])({_NAME})(['\"]?\s*(?:=>|[:=])\s*)({_VALUE})"), rf"\1\2{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.?[\w-]*"), HIDDEN),
    (re.compile(r"\bbase64:[A-Za-z0-9+/=]{16,}"), HIDDEN),
    (re.compile(rf"(?<![\w.-]){_RANDOM}(?![\w.-])"), HIDDEN),
    (re.compile(r"[\w.+-]+@((?:[\w-]+\.)+[A-Za-z]{2,})"), rf"{HIDDEN}@\1"),
)
_CONTROL = {
    **dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
}


def redact(text: str, limit: int = 300) -> str:
    """One printable line of at most ``limit`` characters; keys, tokens, passwords, bound values, mailboxes are hidden.

    Control characters and those that turn the direction of writing are taken out, so that a log line cannot write to
    the terminal of whoever reads the report.
    """
    text = text[: limit * 20]
    for pattern, instead in _HIDE:
        text = pattern.sub(instead, text)
    text = " ".join(text.translate(_CONTROL).split())
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
