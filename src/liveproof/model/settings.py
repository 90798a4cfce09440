"""The effective configuration as plain values. config.py reads and checks the file; everything else sees only this."""

from dataclasses import dataclass, field, replace

from liveproof.model.secrets import hide_in_path


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Who should own what: ``pattern`` is a path below the app (``storage/**``), empty fields are not asked.

    ``mode`` is the set of permission bits that are allowed for files (directories add x where r stands), or None.
    """

    pattern: str
    owner: str = ""
    group: str = ""
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How owners and modes are judged: ``default``, ``seed``, ``hardened`` or ``own`` (rules; the last match wins)."""

    name: str = "default"
    owner: str = ""
    group: str = ""
    rules: tuple[OwnerRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the app must answer: ``status`` exact, ``contains`` a text that the answer must hold (or empty).

    ``logs`` is a text that must appear in the app's log after the request (or empty: not asked). ``ways`` are ``pool``
    (straight to its socket) and ``nginx``: the request is sent once over each. ``{request_id}`` in path, headers,
    body, ``contains`` and ``logs`` stands for the id of the one request that is sent.
    """

    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    status: int | None = None
    contains: str = ""
    logs: str = ""
    host: str = ""
    ways: tuple[str, ...] = ("pool", "nginx")

    @property
    def told(self) -> str:
        """The path with the values of secret query parameters hidden."""
        return hide_in_path(self.path)

    def with_id(self, request_id: str) -> "Request":
        """The request as it is sent, ``{request_id}`` filled in."""

        def filled(text: str) -> str:
            return text.replace("{request_id}", request_id)

        return replace(
            self,
            path=filled(self.path),
            headers=tuple((name, filled(value)) for name, value in self.headers),
            body=filled(self.body),
            contains=filled(self.contains),
            logs=filled(self.logs),
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers that decide: ratios are 0..1, times are seconds."""

    hit_ratio: float = 0.85
    hit_ratio_lookups: int = 2000
    hit_ratio_age: float = 600.0
    min_processes: int = 2
    slow_request: float = 30.0


COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one run. ``app`` is empty when the apps are to be discovered.

    ``release`` is a manifest's path or a git revision, empty for HEAD of the app's own repository. ``user`` is the
    app's user, empty for the pool's. ``ignore`` holds patterns of paths below the app that no rule judges.
    ``seconds`` is how long a whole check may take, its start and its report included. ``sources`` tells for each key
    where its value came from.
    """

    app: str = ""
    user: str = ""
    release: str = ""
    policy: Policy = field(default_factory=Policy)
    requests: tuple[Request, ...] = ()
    logs: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    ignore: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    seconds: float = 30.0
    sources: tuple[tuple[str, str], ...] = ()

    def typed(self, key: str) -> bool:
        """Whether a value was given on the command line."""
        return dict(self.sources).get(key) == COMMAND_LINE

    def source(self, key: str) -> str:
        """Where the value of a key came from: a file's path, the command line, or both."""
        return dict(self.sources).get(key, "the configuration")
