"""Each live cache against the recomputed one: fresh, or what differs, or why that cannot be told."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.model.secrets import harmless_key
from liveproof.probes.laravel.packages import providers
from liveproof.probes.laravel.phparray import Key, Unreadable, Value, names, read_array
from liveproof.probes.laravel.routes import compare_routes

# What a configuration file may call that gives another value each time.
_CHANGING = frozenset(
    ("time", "date", "gmdate", "now", "today", "microtime", "hrtime", "uniqid", "rand", "mt_rand", "random_int",
     "random_bytes", "random", "uuid", "ulid", "orderedUuid", "exec", "shell_exec", "proc_open", "getmypid")
)  # fmt: skip
_NAMED = 40
_SHELL = "nothing in .env gives them (the shell of the deploy may have, and then they must come into .env)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``fresh``, ``differs`` and ``loses`` as in the fact."""

    fresh: bool | Unknown
    differs: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


FRESH = Verdict(fresh=True)


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration cache against its sources.

    ``again`` recomputes once more, ``with_pool`` as the pool's own environment has it (None where that adds nothing);
    ``source`` reads ``config/NAME.php``. ``dotenv``: there is a ``.env``.
    """

    live: bytes
    fresh: bytes
    again: Callable[[], bytes]
    with_pool: Callable[[], bytes] | None
    source: Callable[[str], bytes]
    dotenv: bool

    def verdict(self) -> Verdict:
        """Compare; recompute again only where something differs.

        Raises:
            CannotSee, OSError: as the recomputations do.
        """
        if self.live == self.fresh:
            return FRESH
        arrays = _arrays(self.live, self.fresh, "configuration")
        if isinstance(arrays, Verdict):
            return arrays
        live, fresh = arrays
        differing = list(differences(live, fresh))
        if differing and self.with_pool:
            differing = self._still_differing(differing, live, self.with_pool())
        return self._judge(differing, live, fresh) if differing else FRESH

    def _judge(self, differing: list[str], live: dict[Key, Value], fresh: dict[Key, Value]) -> Verdict:
        if not self.dotenv:
            return Verdict(
                Unknown("there is no .env: the variables that the configuration was cached with are unknown")
            )
        unstable = set(differences(fresh, read_array(self.again())))
        certain = [name for name in differing if name not in unstable and not self._changes(name.partition(".")[0])]
        loses = [name for name in lost(live, fresh) if name in certain]
        if set(certain) - set(loses):
            return Verdict(False, printable(certain), printable(loses))
        keys = ", ".join(printable(certain or differing)[:5])
        why = f"these values were cached, and {_SHELL}" if loses else "these values come out differently each time"
        return Verdict(Unknown(f"{why}: {keys}"))

    def _still_differing(self, differing: list[str], live: dict[Key, Value], other: bytes) -> list[str]:
        elsewhere = set(differences(live, read_array(other)))
        return [name for name in differing if name in elsewhere] if elsewhere else []

    def _changes(self, name: str) -> bool:
        """Whether ``config/NAME.php`` calls what gives another value each time."""
        try:
            return bool(names(self.source(name)) & _CHANGING)
        except OSError:
            return False


def _arrays(live: bytes, fresh: bytes, what: str) -> tuple[dict[Key, Value], dict[Key, Value]] | Verdict:
    """The two arrays, else what an array that cannot be read means."""
    try:
        wanted = read_array(fresh)
    except Unreadable as error:
        return Verdict(Unknown(f"the recomputed {what} cannot be read: {error}"))
    try:
        return read_array(live), wanted
    except Unreadable as error:
        return Verdict(False, (f"the whole file: {error}",))


def routes_verdict(live: bytes, fresh: bytes, without_config: Callable[[], bytes], key: str) -> Verdict:
    """The route cache against its sources, with the configuration cached and, where that differs, without.

    ``env()`` outside config/ gives null when the configuration is cached: a route cache built either way is no fault.
    """
    try:
        found = compare_routes(live, fresh, key)
        if not found.certain and not found.uncertain:
            return FRESH
        other = compare_routes(live, without_config(), key)
    except Unreadable as error:
        return Verdict(Unknown(f"the recomputed route cache cannot be read: {error}"))
    if not other.certain and not other.uncertain:
        return FRESH
    certain = tuple(name for name in found.certain if name in other.certain)
    if certain:
        return Verdict(False, printable(certain))
    if found.certain and other.certain:
        return Verdict(False, printable(found.certain))
    routes = ", ".join(printable(found.uncertain or other.uncertain)[:5])
    return Verdict(Unknown(f"the closures of these routes hold objects and cannot be compared: {routes}"))


def packages_verdict(live: bytes, expected: Mapping[Key, Value]) -> Verdict:
    """``packages.php`` against the manifest that Laravel would build; differing packages by name."""
    try:
        there = read_array(live)
    except Unreadable as error:
        return Verdict(False, (f"the whole file: {error}",))
    differing = [str(name) for name in {**there, **expected} if there.get(name) != expected.get(name)]
    return Verdict(False, printable(differing)) if differing else FRESH


def services_verdict(live: bytes, fresh: bytes) -> Verdict:
    """``services.php`` against the recomputed one.

    Where the list of providers differs Laravel itself writes the file again on the next request: that counts as fresh.
    """
    if live == fresh:
        return FRESH
    arrays = _arrays(live, fresh, "services")
    if isinstance(arrays, Verdict):
        return arrays
    there, wanted = arrays
    if there.get("providers") != wanted.get("providers"):
        return FRESH
    differing = list(differences(there, wanted))
    return Verdict(False, printable(differing)) if differing else FRESH


def events_verdict(live: bytes, fresh: bytes) -> Verdict:
    """``events.php`` against the recomputed one: by provider, event and listener.

    The order does not count: discovered listeners come as the directory lists their files.
    """
    arrays = _arrays(live, fresh, "event cache")
    if isinstance(arrays, Verdict):
        return arrays
    there, wanted = (Counter(_listeners(array)) for array in arrays)
    differing = dict.fromkeys(f"{event} to {listener}" for _, event, listener in (there - wanted) + (wanted - there))
    return Verdict(False, printable(differing)) if differing else FRESH


def _listeners(events: dict[Key, Value]) -> Iterator[tuple[str, str, str]]:
    for provider, listened in events.items():
        for event, listeners in listened.items() if isinstance(listened, dict) else ():
            for listener in listeners.values() if isinstance(listeners, dict) else (listeners,):
                pair = listener.values() if isinstance(listener, dict) else (listener,)
                yield str(provider), str(event), "@".join(str(part) for part in pair)


def named_providers(packages: bytes, services: bytes) -> tuple[str, ...]:
    """Every provider class that the two live manifests name; one that cannot be read names none."""
    found: list[str] = []
    for content, pick in ((packages, providers), (services, _listed)):
        try:
            found += pick(read_array(content))
        except Unreadable:
            continue
    return tuple(dict.fromkeys(found))


def _listed(services: Mapping[Key, Value]) -> tuple[str, ...]:
    listed = services.get("providers")
    return tuple(str(name) for name in listed.values()) if isinstance(listed, dict) else ()


def differences(live: dict[Key, Value], fresh: dict[Key, Value], prefix: str = "") -> Iterator[str]:
    """Dotted keys whose values differ, that one side lacks, or (``x (order)``) that stand in another order."""
    for key in {**live, **fresh}:
        name = f"{prefix}{key}"
        if key not in live or key not in fresh:
            yield name
            continue
        one, other = live[key], fresh[key]
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, f"{name}.")
        elif type(one) is not type(other) or one != other:
            yield name
    if live.keys() == fresh.keys() and list(live) != list(fresh):
        yield f"{prefix.removesuffix('.') or 'top level'} (order)"


def lost(live: dict[Key, Value], fresh: dict[Key, Value], prefix: str = "") -> Iterator[str]:
    """Dotted keys that have a value in the live array and null or an empty text in the fresh one.

    So it looks when the live one was made with variables that are not in ``.env`` (those of a deploy's own shell).
    """
    for key, value in live.items():
        other = fresh.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            yield from lost(value, other, f"{prefix}{key}.")
        elif key in fresh and value not in (None, "", False) and other in (None, ""):
            yield f"{prefix}{key}"


def printable(keys: Iterable[str]) -> tuple[str, ...]:
    """At most ``_NAMED`` names, each one printable line without secrets, and how many more there are."""
    printed = ["".join(c if c.isprintable() else "�" for c in _harmless(name))[:200] for name in keys]
    more = len(printed) - _NAMED
    return (*printed[:_NAMED], f"and {more} more") if more > 0 else tuple(printed)


def _harmless(name: str) -> str:
    """A dotted name as it may be told: a key that looks like a token names nothing, it is one."""
    plain = name.removesuffix(" (order)")
    return ".".join(map(harmless_key, plain.split("."))) + name[len(plain) :]
