"""What must not leave the machine: names that announce a secret, and texts with the values behind such names hidden."""

HIDDEN = "[hidden]"
_WORDS = ("auth", "cookie", "credential", "key", "pass", "pwd", "secret", "session", "signature", "token")


def is_secret(name: str) -> bool:
    """Whether a header's, variable's or option's name announces a secret (``X-Api-Key``, ``DB_PASSWORD``)."""
    lower = name.lower()
    return any(word in lower for word in _WORDS)


def hide_in_path(path: str) -> str:
    """A request's path with the values of secret query parameters hidden."""
    before, mark, query = path.partition("?")
    return before + mark + "&".join(_pair(part) for part in query.split("&")) if mark else path


def hide_in_command(line: str) -> str:
    """A shell command with the values of secret assignments (``TOKEN=x``) and options (``--password x``) hidden.

    So are the user and password of an address (``https://user:password@host``). White space stays as it is, so that the
    rest can be pasted.
    """
    told: list[str] = []
    hide_next = False
    for word in _words(line):
        if word.isspace():
            told.append(word)
        elif hide_next:
            told.append(HIDDEN)
            hide_next = False
        else:
            told.append(_pair(_address(word)))
            hide_next = word.startswith("-") and "=" not in word and is_secret(word)
    return "".join(told)


def _pair(text: str) -> str:
    name, mark, value = text.partition("=")
    return f"{name}={HIDDEN}" if mark and value and is_secret(name) else text


def _address(word: str) -> str:
    scheme, mark, rest = word.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{HIDDEN}@{host.rpartition('@')[2]}{slash}{path}" if mark and "@" in host else word


def _words(line: str) -> list[str]:
    """Runs of white space and runs of everything else, in turn; joined they give the line."""
    words: list[str] = []
    for char in line:
        if words and words[-1][0].isspace() == char.isspace():
            words[-1] += char
        else:
            words.append(char)
    return words
