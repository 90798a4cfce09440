"""What an entry is about: its kind, the files it names, and what like entries have in common."""

import re

from liveproof.model.secrets import digest, gist, hide

_DENIED = (
    "permission denied", "could not be opened in append mode", "must be present and writable", "is not writable",
    "not writable", "operation not permitted", "read-only file system",
)  # fmt: skip
_CACHES = ("bootstrap/cache", "framework/cache", "framework/views", "framework/sessions")
_NOT_WRITTEN = (
    "file created in the system's temporary directory", "unable to write cache", "failed to write cache",
    "unable to create cache",
)  # fmt: skip
_WRITES = (
    "append mode", "writable", "file_put_contents", "fopen", "tempnam", "mkdir", "touch(", "unlink(", "rename(",
    "copy(", "move_uploaded_file", "unable to create",
)  # fmt: skip

_EXCEPTION = re.compile(
    r'"exception":"\[object\] \(([\w\\]{1,200})\(code: [^)]{0,40}\): .*? at (/[^"\s]{1,500}?:\d{1,7})\)'
)
_UNCAUGHT = re.compile(r"Uncaught (?:exception ')?([\w\\]{1,200})")
_PLACE = re.compile(r" in (/\S{1,500}?)(?::| on line )(\d{1,7})")
_PATH = re.compile(r"(?<![\w/.:])(/(?:[^\s\"'(),:;<>]|(?<=\\) ){1,500})")
_LONGEST = 4096
_RANDOM = re.compile(r"/[A-Za-z0-9]{32,}(?:\.php)?$")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NUMBER = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", re.IGNORECASE)


def kind(text: str, otherwise: str) -> str:
    """``permission``, ``cache_write``, or ``otherwise``; what nginx says of its way to PHP stays its own kind."""
    if otherwise == "nginx":
        return otherwise
    lower = text.lower()
    if any(word in lower for word in _NOT_WRITTEN):
        return "cache_write"
    cache = any(word in lower for word in _CACHES)
    if any(word in lower for word in _DENIED):
        return "cache_write" if cache else "permission"
    if cache and "no such file or directory" in lower and any(word in lower for word in _WRITES):
        return "cache_write"
    return otherwise


def wants_to_write(text: str) -> bool:
    """Whether what failed was a writing (else a reading)."""
    lower = text.lower()
    return any(word in lower for word in _WRITES)


def message(text: str) -> str:
    """The entry without the context that Monolog appends as JSON: it may hold anything."""
    for mark in (' {"', " [] []", "\\nStack trace:"):
        text = text.partition(mark)[0]
    return text


def fingerprint(text: str) -> str:
    """The exception's class and place, else the message without its numbers and quoted names."""
    found = _EXCEPTION.search(text)
    if found:
        return f"{found[1]} at {found[2]}".replace("\\\\", "\\")
    output = message(text)
    uncaught, place = _UNCAUGHT.search(output), _PLACE.search(output)
    if uncaught and place:
        return f"{uncaught[1]} at {place[1]}:{place[2]}"
    return " ".join(_NUMBER.sub("#", _QUOTED.sub("…", output)).split())[:200]


def told(text: str, limit: int = 300) -> str:
    """The entry as it may be told: class and place of an exception, the message in known words, a digest of it all.

    ``digest`` is that of the fingerprint: like entries have the same.
    """
    form = fingerprint(text)
    place = gist(form, 200) if " at /" in form else ""
    output = gist(message(text), limit - len(place) - 20)
    return f"{f'{place}: ' if place and place not in output else ''}{output} [#{digest(form)}]"


def paths(text: str) -> tuple[str, ...]:
    """The absolute paths in the message itself; the place in the code that complains is not one of them.

    A random name (a session, a compiled view) gives its directory: what was denied there is denied to all in it.
    """
    output = _PLACE.sub(" ", message(text))
    found = (_RANDOM.sub("", path.rstrip(".,")) for path in _PATH.findall(output[:_LONGEST]))
    return tuple(dict.fromkeys(path for path in found if path.count("/") > 1 and hide(path) == path))[:8]
