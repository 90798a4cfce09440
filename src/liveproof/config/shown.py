"""The effective settings as rows of key and value, in the order and words of the file, secrets hidden."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from liveproof.model.secrets import HIDDEN, hide_headers, hide_in_path
from liveproof.model.settings import Request, Settings

Value = str | int | float | bool | tuple[str, ...] | dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value and where it came from; where it is None, ``note`` says what that means."""

    key: str
    value: Value
    note: str = ""
    source: str = "default"

    @property
    def text(self) -> str:
        """The value as TOML writes it, or the note in brackets."""
        if self.value is None:
            return f"({self.note})"
        if isinstance(self.value, dict):
            pairs = ", ".join(f"{name} = {_toml(value)}" for name, value in self.value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        if isinstance(self.value, tuple):
            return "[" + ", ".join(map(_toml, self.value)) + "]"
        return _toml(self.value)


def _toml(value: str | float) -> str:
    return json.dumps(value, ensure_ascii=False)


def rows(settings: Settings) -> Iterator[Setting]:
    """Every effective setting."""
    yield _or("app.path", settings.app, "every app that nginx serves")
    yield _or("app.user", settings.user, "the pool's user")
    yield _or("app.release", settings.release, "HEAD of the app's own repository")
    yield Setting("policy.name", settings.policy.name)
    yield _or("policy.owner", settings.policy.owner, "found by the policy")
    yield _or("policy.group", settings.policy.group, "found by the policy")
    for index, rule in enumerate(settings.policy.rules):
        for key, value in (("pattern", rule.pattern), ("owner", rule.owner), ("group", rule.group)):
            yield _or(f"policy.rules[{index}].{key}", value, "not asked")
        mode = "" if rule.mode is None else f"{rule.mode:04o}"
        yield _or(f"policy.rules[{index}].mode", mode, "not asked")
    if not settings.requests:
        yield Setting("request", None, "GET / of the server block")
    for index, request in enumerate(settings.requests):
        for row in _request(request):
            yield Setting(f"request[{index}].{row.key}", row.value, row.note)
    yield Setting("logs.paths", settings.logs)
    for key in type(settings.thresholds).__slots__:
        yield Setting(f"thresholds.{key}", getattr(settings.thresholds, key))
    yield Setting("rules.disabled", settings.disabled)
    yield Setting("files.ignore", settings.ignore)


def _request(request: Request) -> Iterator[Setting]:
    yield Setting("method", request.method)
    yield Setting("path", hide_in_path(request.path))
    yield Setting("headers", dict(hide_headers(request.headers)))
    if request.body:
        yield Setting("body", None, f"{len(request.body.encode())} bytes, not shown")
    else:
        yield Setting("body", "")
    yield Setting("status", request.status or None, "" if request.status else "below 500")
    yield _or("contains", request.contains and HIDDEN, "not asked")
    yield _or("logs", request.logs and HIDDEN, "not asked")
    yield _or("host", request.host, "the server block's name")
    yield Setting("ways", request.ways)


def _or(key: str, value: str, note: str) -> Setting:
    return Setting(key, value or None, "" if value else note)
