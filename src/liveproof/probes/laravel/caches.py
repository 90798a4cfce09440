"""The live caches against recomputed ones, as one value that can be remembered."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from liveproof.host.errors import CannotSee
from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.probes.laravel import effective as configuration
from liveproof.probes.laravel import verdicts
from liveproof.probes.laravel.effective import Effective, application_key
from liveproof.probes.laravel.fingerprint import caches_signature
from liveproof.probes.laravel.packages import Installed, missing, read_installed
from liveproof.probes.laravel.phparray import Key, Unreadable, Value, read_array
from liveproof.probes.laravel.subject import Subject
from liveproof.probes.laravel.verdicts import Verdict

_HOUR = 3600.0
_JSON_LIMIT = 32 * 1024 * 1024
_NOTHING = Unknown("the file is not there")
_Content = bytes | Unknown | None
_Fresh = Mapping[str, bytes] | Unknown
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caches:
    """``verdicts`` by kind; ``broken`` kinds are no complete PHP; ``missing`` provider classes cannot be found.

    ``effective`` is None, with the ``reason``, where the configuration is not known. ``given`` are recomputed caches
    for further runs of PHP; they hold secrets and are never remembered.
    """

    verdicts: Mapping[str, Verdict]
    broken: tuple[str, ...]
    missing: tuple[str, ...]
    effective: Effective | None
    given: Mapping[str, bytes]
    reason: str = ""


def see_caches(subject: Subject) -> Caches:
    """Compare, or remember the comparison where nothing that it depends on changed within the last hour.

    The hour is for what no signature can hold: a configuration may read files and services outside of the tree.
    """
    signature = f"{subject.sources}:{caches_signature(subject.reader, subject.place)}" if subject.sources else ""
    name, now = subject.name("caches"), subject.reader.now()
    kept: Any = subject.cache.recall(name, signature) if signature else None
    if kept and 0 <= now - kept["made"] < _HOUR:
        return _remembered(kept)
    found = _compare(subject)
    solid = not found.reason and not any(_unseen(v) for kind, v in found.verdicts.items() if kind != "events")
    if signature and solid:
        subject.cache.keep(name, signature, {"made": now, **_plain(found)})
    return found


def _unseen(verdict: Verdict) -> bool:
    return isinstance(verdict.fresh, Unknown) and verdict.fresh is not _NOTHING


def _plain(found: Caches) -> dict[str, Any]:
    return {
        "verdicts": {kind: verdict.plain() for kind, verdict in found.verdicts.items()},
        "broken": list(found.broken),
        "missing": list(found.missing),
        "effective": found.effective.plain() if found.effective else None,
    }


def _remembered(value: dict[str, Any]) -> Caches:
    told = value["effective"]
    return Caches(
        {kind: verdicts.from_plain(verdict) for kind, verdict in value["verdicts"].items()},
        tuple(value["broken"]),
        tuple(value["missing"]),
        configuration.from_plain(told) if told else None,
        given={},
    )


def _compare(subject: Subject) -> Caches:
    live = _live(subject)
    kitchen = subject.kitchen
    fresh: _Fresh = kitchen if isinstance(kitchen, Unknown) else _told(kitchen.config)
    installed = _installed(subject)
    config = _array(live.get("config")) or (None if isinstance(fresh, Unknown) else _array(fresh["config.php"]))
    found = {
        "config": _config(subject, live.get("config"), fresh),
        "routes": _with_dotenv(subject, _routes(subject, live.get("routes"), fresh)),
        "events": Verdict(Unknown("liveproof does not recompute the event cache") if "events" in live else _NOTHING),
        "packages": _packages(live.get("packages"), fresh, installed),
        "services": _with_dotenv(subject, _services(live.get("services"), fresh)),
    }
    return Caches(
        found,
        tuple(kind for kind in ("config", "packages", "services") if kind in live and _broken(live[kind])),
        _missing(subject, live, installed),
        configuration.effective(config) if config else None,
        given={} if isinstance(fresh, Unknown) else fresh,
        reason=fresh.reason if isinstance(fresh, Unknown) else "",
    )


def _live(subject: Subject) -> dict[str, bytes | Unknown]:
    found: dict[str, bytes | Unknown] = {}
    for kind, path in subject.place.caches.items():
        try:
            if subject.reader.stat(path) is not None:
                found[kind] = subject.reader.read(path)
        except CannotSee as error:
            found[kind] = Unknown(str(error))
        except OSError as error:
            found[kind] = Unknown(f"{path}: {error.strerror}")
    return found


def _told(ask: Callable[[], _T]) -> _T | Unknown:
    try:
        return ask()
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"artisan cannot be run as the app's user: {error.strerror}")


def _verdict(ask: Callable[[], Verdict]) -> Verdict:
    told = _told(ask)
    return Verdict(told) if isinstance(told, Unknown) else told


def _array(content: _Content) -> dict[Key, Value] | None:
    if not isinstance(content, bytes):
        return None
    try:
        return read_array(content)
    except Unreadable:
        return None


def _broken(content: _Content) -> bool:
    return isinstance(content, bytes) and _array(content) is None


def _config(subject: Subject, live: _Content, fresh: _Fresh) -> Verdict:
    kitchen, pool = subject.kitchen, subject.pool
    if not isinstance(live, bytes) or isinstance(fresh, Unknown) or isinstance(kitchen, Unknown):
        return _nothing_to_compare(live, fresh)
    comparison = verdicts.Config(
        live,
        fresh["config.php"],
        again=lambda: kitchen.config()["config.php"],
        with_pool=(lambda: pool.config()["config.php"]) if pool else None,
        dotenv=subject.reader.stat(f"{subject.app.real}/.env") is not None,
        source=lambda name: subject.reader.read(f"{subject.app.real}/config/{name}.php", 1 << 20),
    )
    return _verdict(comparison.verdict)


def _routes(subject: Subject, live: _Content, fresh: _Fresh) -> Verdict:
    kitchen = subject.kitchen
    if not isinstance(live, bytes) or isinstance(fresh, Unknown) or isinstance(kitchen, Unknown):
        return _nothing_to_compare(live, fresh)
    without = {name: content for name, content in fresh.items() if name != "config.php"}
    key = application_key(_array(fresh["config.php"]) or {})
    return _verdict(lambda: verdicts.routes_verdict(live, kitchen.routes(fresh), lambda: kitchen.routes(without), key))


def _with_dotenv(subject: Subject, verdict: Verdict) -> Verdict:
    """Without ``.env`` a recomputation proves nothing to be stale."""
    if verdict.fresh is False and subject.reader.stat(f"{subject.app.real}/.env") is None:
        return Verdict(Unknown("there is no .env, so what the sources give with it is unknown"))
    return verdict


def _packages(live: _Content, fresh: _Fresh, installed: Installed | Unknown) -> Verdict:
    """Against what Laravel built just now, else against what Composer's record gives."""
    built = None if isinstance(fresh, Unknown) else _array(fresh.get("packages.php"))
    recorded = installed if isinstance(installed, Unknown) else installed.manifest
    expected = recorded if built is None else built
    if not isinstance(live, bytes) or isinstance(expected, Unknown):
        return _nothing_to_compare(live, expected)
    return verdicts.packages_verdict(live, expected)


def _services(live: _Content, fresh: _Fresh) -> Verdict:
    if not isinstance(live, bytes) or isinstance(fresh, Unknown):
        return _nothing_to_compare(live, fresh)
    if "services.php" not in fresh:
        return Verdict(Unknown("artisan config:cache left no services.php"))
    return verdicts.services_verdict(live, fresh["services.php"])


def _nothing_to_compare(live: _Content, fresh: object) -> Verdict:
    if live is None:
        return Verdict(_NOTHING)
    return Verdict(live if isinstance(live, Unknown) else fresh if isinstance(fresh, Unknown) else _NOTHING)


def _installed(subject: Subject) -> Installed | Unknown:
    reader, app = subject.reader, subject.app
    path, composer = f"{app.real}/vendor/composer/installed.json", f"{app.real}/composer.json"
    try:
        root = reader.read(composer, _JSON_LIMIT) if reader.stat(composer) else None
        return read_installed(reader.read(path, _JSON_LIMIT), root, app.real)
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"{path}: {error.strerror}")
    except (ValueError, RecursionError) as error:
        return Unknown(f"{path} is not what Composer writes ({type(error).__name__})")


def _missing(subject: Subject, live: Mapping[str, _Content], installed: Installed | Unknown) -> tuple[str, ...]:
    if isinstance(installed, Unknown):
        return ()
    reader = subject.reader
    manifests = [content if isinstance(content := live.get(kind), bytes) else b"" for kind in ("packages", "services")]
    classmap = f"{subject.app.real}/vendor/composer/autoload_classmap.php"
    return missing(
        verdicts.named_providers(*manifests),
        installed,
        lambda path: reader.stat(path) is not None,
        reader.read(classmap) if reader.stat(classmap) else b"",
        subject.app.real,
    )
