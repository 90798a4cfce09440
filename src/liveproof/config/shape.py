"""The shape of ``liveproof.toml``: pydantic models whose descriptions are the JSON Schema's."""

import re
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_OURS = frozenset({"host", "content-length", "connection", "transfer-encoding"})


def _absolute(value: str) -> str:
    if not value.startswith("/") or "\0" in value:
        raise ValueError("should be an absolute path")
    return value


def _below(value: str) -> str:
    if not value or value.startswith("/") or ".." in value.split("/") or "\0" in value:
        raise ValueError("should be a path or pattern below the app, such as storage/app/*")
    return value


def _target(value: str) -> str:
    if not value.startswith("/") or not value.isascii() or not value.isprintable() or " " in value or "#" in value:
        raise ValueError("should start with / and hold neither blanks nor characters that must be %-encoded")
    return value


def _method(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{1,20}", value):
        raise ValueError("should be a method such as GET or POST")
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is no header's name")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by liveproof" + ("; use the key host" if name.lower() == "host" else ""))
        if any(char in text for char in "\r\n\0"):
            raise ValueError(f"the value of {name} holds a line break or NUL")
    return value


def _code(value: str) -> str:
    from liveproof.rules import load  # noqa: PLC0415  (reads every rule; only asked when some are disabled)

    known = [rule.code for rule in load()]
    if value not in known:
        raise ValueError(f"{value!r} is no rule{_meant(value.upper(), known)}")
    return value


Absolute = Annotated[str, AfterValidator(_absolute)]
Below = Annotated[str, AfterValidator(_below)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$")]
Mode = Annotated[str, Field(pattern=r"^0?[0-7]{3}$")]
Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class AppTable(_Table):
    """The app to look at; without it, every app that nginx serves is."""

    path: Absolute | None = Field(
        default=None, description="The app's directory (where artisan stands), as it is deployed to."
    )
    user: Name | None = Field(
        default=None, description="The user the app runs as; by default that of its PHP-FPM pool."
    )
    release: Text | None = Field(
        default=None,
        description="The intended release: a git revision or a manifest's path; by default HEAD of the app.",
    )


class PolicyRule(_Table):
    """Who should own what matches; the last rule that matches decides."""

    pattern: Below = Field(description="A path below the app; * matches within a name, ** over directories.")
    owner: Name | None = Field(default=None, description="The user that should own it; not asked when left out.")
    group: Name | None = Field(default=None, description="The group it should have; not asked when left out.")
    mode: Mode | None = Field(
        default=None,
        description='The permission bits a file may have, in octal, e.g. "0640"; directories get x where r is.',
    )


class PolicyTable(_Table):
    """How owners and modes are judged."""

    name: Literal["default", "seed", "hardened", "own"] | None = Field(
        default=None,
        description="default: whoever owns most of the tree; seed: the pool's user owns everything; hardened: a deploy "
        "user owns the code and the pool writes only storage and bootstrap/cache; own: the rules below.",
    )
    owner: Name | None = Field(
        default=None, description="The owner of the code, instead of the one that the policy finds."
    )
    group: Name | None = Field(
        default=None, description="The group of the code, instead of the one that the policy finds."
    )
    rules: list[PolicyRule] = Field(default=[], description='Own rules; they need name = "own" or no name.')

    @model_validator(mode="after")
    def _fits(self) -> "PolicyTable":
        if self.name == "own" and not self.rules:
            raise ValueError("the policy own needs at least one [[policy.rules]]")
        if self.rules and self.name not in (None, "own"):
            raise ValueError(f'[[policy.rules]] are not used by the policy {self.name}; say name = "own"')
        return self


class RequestTable(_Table):
    """A request that the app must answer."""

    path: Annotated[str, AfterValidator(_target)] = Field(
        default="/", description="Path and query, e.g. /api/status?full=1."
    )
    method: Annotated[str, AfterValidator(_method)] = Field(
        default="GET",
        description="The method. Anything but GET and HEAD is really done by the app, once over each way.",
    )
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(default={}, description="Headers to send.")
    body: str = Field(default="", description="The body to send. Give its type in headers, as Content-Type.")
    status: Annotated[int, Field(ge=100, le=599)] | None = Field(
        default=None,
        description="The status to expect exactly; without it anything below 500 that the app itself answers.",
    )
    contains: str = Field(default="", description="A text that the answer's body must hold.")
    logs: str = Field(
        default="",
        description="A text that must appear in the app's log; {request_id} stands for the request's own id.",
    )
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\[\]-]*$")] = Field(
        default="", description="The Host header; by default the first name of the app's server block."
    )
    ways: Annotated[list[Literal["pool", "nginx"]], Field(min_length=1)] = Field(
        default=["pool", "nginx"], description="Straight to the pool's socket, through nginx, or both (the default)."
    )


class LogsTable(_Table):
    """Where the app logs, besides what its configuration names."""

    paths: list[Absolute] = Field(default=[], description="Log files, as absolute paths.")


class ThresholdsTable(_Table):
    """Numbers that decide."""

    hit_ratio: float = Field(default=0.85, ge=0, le=1, description="The lowest healthy OPcache hit ratio, 0 to 1.")
    hit_ratio_lookups: int = Field(default=2000, ge=0, description="Lookups before the ratio is judged.")
    hit_ratio_age: float = Field(
        default=600.0, ge=0, description="Age of the cache, in seconds, before the ratio is judged."
    )
    min_processes: int = Field(default=2, ge=1, description="Master and workers that a pool must at least have.")
    slow_request: float = Field(
        default=30.0, gt=0, description="Seconds after which a running request counts as stuck."
    )


class RulesTable(_Table):
    """Which rules are asked."""

    disabled: list[Annotated[str, AfterValidator(_code)]] = Field(
        default=[],
        description="Codes of rules that are not asked. They are listed, and a link that they could break is unproven.",
    )


class FilesTable(_Table):
    """Which files are judged."""

    ignore: list[Below] = Field(
        default=[],
        description="Patterns of paths below the app that no rule judges. They are listed, and their links unproven.",
    )


class Document(_Table):
    """The whole file."""

    app: AppTable = AppTable()
    policy: PolicyTable = PolicyTable()
    request: list[RequestTable] = Field(default=[], description="Requests that the app must answer; by default GET /.")
    logs: LogsTable = LogsTable()
    thresholds: ThresholdsTable = ThresholdsTable()
    rules: RulesTable = RulesTable()
    files: FilesTable = FilesTable()


def errors(document: dict[str, Any]) -> tuple[str, ...]:
    """Everything that is wrong with a document, each with its place (``request[1].status: …``); empty when right."""
    try:
        Document.model_validate(document)
    except ValidationError as error:
        return tuple(_told(wrong) for wrong in error.errors(include_url=False, include_input=False))
    return ()


def _told(wrong: Any) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong["loc"]).lstrip(".")
    if wrong["type"] == "extra_forbidden":
        return f"{place}: unknown key{_meant(str(wrong['loc'][-1]), _keys_at(wrong['loc'][:-1]))}"
    if place.endswith(".mode") and place.startswith("policy"):
        return f'{place}: should be the permission bits in octal as a text, such as "0640"'
    message = wrong["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{place}: {message[:1].lower()}{message[1:]}"


def _keys_at(place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in a table; its place names it as pydantic does."""
    table: Any = Document
    for part in place:
        if isinstance(part, str):
            kind: Any = table.model_fields[part].annotation
            table = get_args(kind)[0] if get_origin(kind) is list else kind
    return list(table.model_fields)


def _meant(word: str, known: list[str]) -> str:
    import difflib  # noqa: PLC0415  (only for an error)

    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else f" (known: {', '.join(known)})" if len(known) < 12 else ""
