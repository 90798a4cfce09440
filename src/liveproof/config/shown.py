"""The effective settings as rows of key and value, in the order and words of the file, secrets hidden."""

import json
from collections.abc import Iterator

from liveproof.model.secrets import HIDDEN, hide_headers, hide_in_path
from liveproof.model.settings import Request, Settings


def rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each key with its value as TOML writes it; an empty value that means "find out" is told as such."""
    yield "app.path", _text(settings.app, "every app that nginx serves")
    yield "app.user", _text(settings.user, "the pool's user")
    yield "app.release", _text(settings.release, "HEAD of the app's own repository")
    yield "policy.name", _text(settings.policy.name)
    yield "policy.owner", _text(settings.policy.owner, "found by the policy")
    yield "policy.group", _text(settings.policy.group, "found by the policy")
    for index, rule in enumerate(settings.policy.rules):
        for key, value in (("pattern", rule.pattern), ("owner", rule.owner), ("group", rule.group)):
            yield f"policy.rules[{index}].{key}", _text(value, "not asked")
        yield f"policy.rules[{index}].mode", _text("" if rule.mode is None else f"{rule.mode:04o}", "not asked")
    if not settings.requests:
        yield "request", "(GET / of the server block)"
    for index, request in enumerate(settings.requests):
        for key, value in _request(request):
            yield f"request[{index}].{key}", value
    yield "logs.paths", _texts(settings.logs)
    for key in type(settings.thresholds).__slots__:
        yield f"thresholds.{key}", str(getattr(settings.thresholds, key))
    yield "rules.disabled", _texts(settings.disabled)
    yield "files.ignore", _texts(settings.ignore)


def _request(request: Request) -> Iterator[tuple[str, str]]:
    yield "method", _text(request.method)
    yield "path", _text(hide_in_path(request.path))
    pairs = (f"{name} = {_text(value)}" for name, value in hide_headers(request.headers))
    yield "headers", "{ " + ", ".join(pairs) + " }" if request.headers else "{}"
    yield "body", f"({len(request.body.encode())} bytes, not shown)" if request.body else _text("")
    yield "status", str(request.status) if request.status else "(below 500)"
    yield "contains", _text(request.contains and HIDDEN, "not asked")
    yield "logs", _text(request.logs and HIDDEN, "not asked")
    yield "host", _text(request.host, "the server block's name")
    yield "ways", _texts(request.ways)


def _text(value: str, empty: str = "") -> str:
    return f"({empty})" if empty and not value else json.dumps(value, ensure_ascii=False)


def _texts(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
