"""The effective configuration as plain values. Each key of ``liveproof.toml`` is declared here and nowhere else.

The dataclasses are the file's tables, their fields its keys: name, type, default, description and check. From them
``config`` has the JSON Schema and the errors (pydantic reads dataclasses), the values, and what `config show` prints.
"""

import re
from dataclasses import field, replace
from typing import Annotated, Any, ClassVar, Literal

from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import HIDDEN, hide_headers, hide_in_path
from liveproof.model.settings.alerts import AlertsTable
from liveproof.model.settings.history import HistoryTable
from liveproof.model.settings.keys import NAME, Absolute, Check, Unset, absolute, key
from liveproof.model.settings.watch import WatchTable

_MODE = "^0?[0-7]{3}$"
_NOT_ASKED = Unset("not asked")
_FOUND = Unset("found by the policy")
_OURS = frozenset({"host", "content-length", "connection", "transfer-encoding"})


def _below(value: str) -> None:
    if not value or value.startswith("/") or ".." in value.split("/") or "\0" in value:
        raise ValueError("should be a path or pattern below the app, such as storage/app/*")


def _mode(value: str) -> None:
    if not re.fullmatch(_MODE, value):
        raise ValueError('should be the permission bits in octal as a text, such as "0640"')


def _target(value: str) -> None:
    if not value.startswith("/") or not value.isascii() or not value.isprintable() or " " in value or "#" in value:
        raise ValueError("should start with / and hold neither blanks nor characters that must be %-encoded")


def _method(value: str) -> None:
    if not re.fullmatch("[A-Z]{1,20}", value):
        raise ValueError("should be a method in capital letters, such as GET or POST")


def _headers(value: dict[str, str]) -> None:
    for name, text in value.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):  # RFC 9110, 5.6.2
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by liveproof" + ("; use the key host" if name.lower() == "host" else ""))
        if any(char in text for char in "\r\n\0"):
            raise ValueError(f"the value of {name} holds a line break or NUL")


def _listen(value: str) -> None:
    if value and not listen_address(value):
        raise ValueError("should be an IP address and a port, such as 127.0.0.1:9978 or [::1]:9978, or empty for none")


def listen_address(value: str) -> tuple[str, int] | None:
    """Host and port of ``127.0.0.1:9978`` or ``[::1]:9978``; None where it is no such thing."""
    found = re.fullmatch(r"(?:(localhost|[0-9.]{7,15})|\[([0-9A-Fa-f:.]{2,45})\]):([0-9]{1,5})", value)
    port = int(found[3]) if found else 0
    return (found[1] or found[2], port) if found and 0 < port < 65536 else None


def _absolute_or_empty(value: str) -> None:
    if value:
        absolute(value)


Below = Annotated[str, Check(_below)]
PolicyName = Literal["default", "app-user", "hardened", "own"]
Way = Literal["pool", "nginx"]


@dataclass(frozen=True, slots=True)
class AppTable:
    """The app to look at; without it, every app that nginx serves is."""

    path: Annotated[Absolute, Unset("every app that nginx serves")] = key(
        "", "The app's directory (where artisan stands), as it is deployed to.", examples=["/var/www/api-gateway"]
    )
    user: Annotated[str, Unset("the pool's user")] = key(
        "", "The user the app runs as; by default that of its PHP-FPM pool.", pattern=NAME, examples=["www-data"]
    )
    release: Annotated[str, Unset("HEAD of the app's own repository")] = key(
        "",
        "The intended release: a git revision, a manifest's path or a release directory's; by default HEAD of the app.",
        min_length=1,
        examples=["v1.4.2"],
    )
    release_key: Annotated[str, Check(_absolute_or_empty), Unset("none")] = key(
        "",
        "A file of Ed25519 public keys (PEM). With it, only a manifest that one of them signed is a release.",
        examples=["/etc/liveproof/release.pub"],
    )
    release_id: Annotated[str, Unset("any")] = key(
        "", "The id that a signed manifest must have, so that an older one does not count.", examples=["v1.4.2"]
    )


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Who should own what matches; the last rule that matches decides."""

    pattern: Below = field(
        metadata={
            "description": "A path below the app; * matches within a name, ** over directories.",
            "examples": ["storage/**"],
        }
    )
    owner: Annotated[str, _NOT_ASKED] = key(
        "", "The user that should own it; not asked when left out.", pattern=NAME, examples=["www-data"]
    )
    group: Annotated[str, _NOT_ASKED] = key(
        "", "The group it should have; not asked when left out.", pattern=NAME, examples=["www-data"]
    )
    mode: Annotated[str, Check(_mode), _NOT_ASKED] = key(
        "",
        'The permission bits a file may have, in octal, e.g. "0640"; directories get x where r is.',
        json_schema_extra={"pattern": _MODE},
        examples=["0660"],
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """How owners and modes are judged."""

    name: PolicyName = key(
        "default",
        "default: whoever owns most of the tree; app-user: the pool's user owns everything; hardened: a deploy user "
        "owns the code and the pool writes only storage and bootstrap/cache; own: the rules below.",
    )
    owner: Annotated[str, _FOUND] = key(
        "", "The owner of the code, instead of the one that the policy finds.", pattern=NAME, examples=["deploy"]
    )
    group: Annotated[str, _FOUND] = key(
        "", "The group of the code, instead of the one that the policy finds.", pattern=NAME, examples=["www-data"]
    )
    rules: tuple[OwnerRule, ...] = key((), 'Own rules; they need name = "own" or no name.')

    def __post_init__(self) -> None:
        if self.name == "own" and not self.rules:
            raise ValueError("the policy own needs at least one [[policy.rules]]")
        if self.rules and self.name != "own":
            raise ValueError(f'[[policy.rules]] are not used by the policy {self.name}; say name = "own"')


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the app must answer.

    ``{request_id}`` in path, headers, body, contains and logs stands for the id of the one request that is sent.
    """

    path: Annotated[str, Check(_target)] = key(
        "/", "Path and query, e.g. /api/status?full=1.", examples=["/api/retell/function"]
    )
    method: Annotated[str, Check(_method)] = key(
        "GET",
        "The method. Anything but GET and HEAD is really done by the app, once over each way.",
        examples=["POST"],
    )
    headers: Annotated[dict[str, str], Check(_headers)] = key(
        dict, "Headers to send.", examples=[{"Content-Type": "application/json", "Accept": "application/json"}]
    )
    body: str = key(
        "",
        "The body to send. Give its type in headers, as Content-Type. {request_id} is a new id for each request.",
        examples=['{"name":"current_time","call":{"call_id":"{request_id}"}}'],
    )
    status: Annotated[int | None, Unset("below 500")] = key(
        None,
        "The status to expect exactly; without it anything below 500 that the app itself answers.",
        examples=[200],
        ge=100,
        le=599,
    )
    contains: Annotated[str, _NOT_ASKED] = key(
        "", "A text that the answer's body must hold.", examples=['"success":true']
    )
    logs: Annotated[str, _NOT_ASKED] = key(
        "",
        "A text that must appear in the app's log; {request_id} stands for the request's own id.",
        examples=["{request_id}"],
    )
    host: Annotated[str, Unset("the server block's name")] = key(
        "",
        "The Host header; by default the first name of the app's server block.",
        pattern=r"^[A-Za-z0-9._:\[\]-]*$",
        examples=["api.example.com"],
    )
    ways: tuple[Way, ...] = key(
        ("pool", "nginx"), "Straight to the pool's socket, through nginx, or both (the default).", min_length=1
    )

    @property
    def told(self) -> str:
        """The path with the values of secret query parameters hidden."""
        return hide_in_path(self.path)

    def without_secrets(self) -> "Request":
        """The request as it may be kept and shown."""
        return replace(
            self,
            path=self.told,
            headers=dict(hide_headers(self.headers.items())),
            body=self.body and HIDDEN,
            contains=self.contains and HIDDEN,
            logs=self.logs and HIDDEN,
        )

    def with_id(self, request_id: str) -> "Request":
        """The request as it is sent, ``{request_id}`` filled in."""

        def filled(text: str) -> str:
            return text.replace("{request_id}", request_id)

        return replace(
            self,
            path=filled(self.path),
            headers={name: filled(value) for name, value in self.headers.items()},
            body=filled(self.body),
            contains=filled(self.contains),
            logs=filled(self.logs),
        )


@dataclass(frozen=True, slots=True)
class LogsTable:
    """Where the app logs, besides what its configuration names."""

    paths: tuple[Absolute, ...] = key((), "Log files, as absolute paths.", examples=[["/var/log/api-gateway.log"]])


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers that decide."""

    hit_ratio: float = key(0.85, "The lowest healthy OPcache hit ratio, 0 to 1.", ge=0, le=1)
    hit_ratio_lookups: int = key(2000, "Lookups before the ratio is judged.", ge=0)
    hit_ratio_age: float = key(600.0, "Age of the cache, in seconds, before the ratio is judged.", ge=0)
    min_processes: int = key(2, "Master and workers that a pool must at least have.", ge=1)


@dataclass(frozen=True, slots=True)
class RulesTable:
    """Which rules are asked."""

    disabled: tuple[str, ...] = key(
        (),
        "Codes of rules that are not asked. They are listed, and a link that they could break is unproven.",
        examples=[["OPC015"]],
    )


@dataclass(frozen=True, slots=True)
class FilesTable:
    """Which files are judged."""

    ignore: tuple[Below, ...] = key(
        (),
        "Patterns of paths below the app that no rule judges. They are listed, and their links unproven.",
        examples=[["storage/app/import/**"]],
    )


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """Where `liveproof watch` tells Prometheus what it knows."""

    listen: Annotated[str, Check(_listen)] = key(
        "127.0.0.1:9978",
        "Address and port of /metrics; empty for none. It has no password, so keep it on the loopback interface.",
    )
    textfile: Annotated[str, Check(_absolute_or_empty), Unset("not written")] = key(
        "",
        "A file ending in .prom for the textfile collector of node_exporter; by default none is written.",
        examples=["/var/lib/prometheus/node-exporter/liveproof.prom"],
    )


@dataclass(frozen=True, slots=True)
class Document:
    """The whole file."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    app: AppTable = AppTable()
    policy: Policy = Policy()
    request: Annotated[tuple[Request, ...], Unset("GET / of the server block")] = key(
        (), "Requests that the app must answer; by default GET /."
    )
    logs: LogsTable = LogsTable()
    thresholds: Thresholds = Thresholds()
    rules: RulesTable = RulesTable()
    files: FilesTable = FilesTable()
    watch: WatchTable = WatchTable()
    metrics: MetricsTable = MetricsTable()
    alerts: AlertsTable = AlertsTable()
    history: HistoryTable = HistoryTable()


COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Settings(Document):
    """The configuration of one run: what the file and the command line say.

    ``seconds`` is how long a whole check may take, its start and its report included. ``selected`` are the codes and
    families (``FIL001``, ``OPC``) of the rules that are asked, all of them where it is empty. ``sources`` tells for
    each key (``app.path``, ``request[0].status``) where its value came from. ``recompute``: whether some rule that is
    asked compares Laravel's caches with recomputed ones, which runs artisan. ``requests``: whether the app may be sent
    real requests.
    """

    seconds: float = 30.0
    selected: tuple[str, ...] = ()
    recompute: bool = True
    requests: bool = True
    sources: tuple[tuple[str, str], ...] = ()

    def asks(self, code: str) -> bool:
        """Whether a rule is asked: it is selected, or nothing is."""
        return not self.selected or code in self.selected or code[:3] in self.selected

    def without_secrets(self) -> "Settings":
        """The settings as they may be kept and shown."""
        channels = tuple(channel.without_secrets() for channel in self.alerts.channel)
        return replace(
            self,
            request=tuple(request.without_secrets() for request in self.request),
            alerts=replace(self.alerts, channel=channels),
        )

    def typed(self, key: str) -> bool:
        """Whether a value was given on the command line."""
        return dict(self.sources).get(key) == COMMAND_LINE

    def source(self, key: str) -> str:
        """Where the value of a key came from: a file's path, the command line, or both."""
        return dict(self.sources).get(key, "the configuration")
