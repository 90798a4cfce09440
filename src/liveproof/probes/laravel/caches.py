"""The live caches against recomputed ones, as one value that can be remembered."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from liveproof.host.errors import CannotSee
from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.probes.laravel import verdicts
from liveproof.probes.laravel.effective import Effective, application_key, effective
from liveproof.probes.laravel.laravel_app import LaravelApp
from liveproof.probes.laravel.package_caches import Sources
from liveproof.probes.laravel.packages import Installed, missing, read_installed
from liveproof.probes.laravel.phparray import Key, Unreadable, Value, read_array
from liveproof.probes.laravel.places_inside import elsewhere
from liveproof.probes.laravel.verdicts import Verdict

_HOUR = 3600.0
_JSON_LIMIT = 32 * 1024 * 1024
_NOTHING = Unknown("the file is not there")
_NOT_COMPARED = "no rule that was asked compares caches"
_Content = bytes | Unknown | None
_Fresh = Mapping[str, bytes] | Unknown
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caches:
    """``verdicts`` by kind; ``broken`` kinds are no complete PHP; ``missing`` provider classes cannot be found.

    ``effective`` is None, with the ``reason``, where the configuration is not known. ``elsewhere`` are keys of the
    cached configuration with paths in other copies of the app, and the directories of these.
    """

    verdicts: dict[str, Verdict]
    broken: tuple[str, ...]
    missing: tuple[str, ...]
    effective: Effective | None
    reason: str = ""
    elsewhere: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def see_caches(laravel: LaravelApp, *, recompute: bool) -> tuple[Caches, Mapping[str, bytes]]:
    """Compare, or remember the comparison where nothing that it depends on changed within the last hour.

    Without ``recompute`` nothing is compared, where the live configuration cache says what is in effect.
    The hour is for what no signature can hold: a configuration may read files and services outside of the tree.
    With it come recomputed caches for further runs of PHP; they hold secrets and are never remembered.
    """
    recomputed: Mapping[str, bytes] = {}

    def compare() -> Caches:
        nonlocal recomputed
        found, recomputed = _compare(laravel)
        return found

    entry = laravel.entry("caches")
    if not recompute and (seen := entry.recall(laravel.signature(), Caches, _HOUR) or _as_they_are(laravel)):
        return seen, recomputed
    found = entry.memoised(laravel.signature(), compare, Caches, keep=_is_certain, max_age=_HOUR)
    return found, recomputed


def _as_they_are(laravel: LaravelApp) -> Caches | None:
    """The caches without a comparison; None where the live ones do not tell the effective configuration."""
    live = _live(laravel)
    config = _array(live.get("config"))
    if not config:
        return None
    verdict = Verdict(Unknown(_NOT_COMPARED))
    kinds = {kind: verdict if kind in live else Verdict(_NOTHING) for kind in laravel.place.caches}
    inside = elsewhere(laravel.reader, laravel.app, config)
    return Caches(kinds, (), (), effective(config), _NOT_COMPARED, inside)


def _is_certain(found: Caches) -> bool:
    verdicts = [verdict.fresh for verdict in found.verdicts.values()]
    return not found.reason and not any(isinstance(fresh, Unknown) and fresh != _NOTHING for fresh in verdicts)


def _compare(laravel: LaravelApp) -> tuple[Caches, Mapping[str, bytes]]:
    live = _live(laravel)
    runner = laravel.runner
    fresh: _Fresh = runner if isinstance(runner, Unknown) else _or_unknown(runner.config)
    installed = _installed(laravel)
    config = _array(live.get("config")) or (None if isinstance(fresh, Unknown) else _array(fresh["config.php"]))
    by_kind = {
        "config": _config(laravel, live.get("config"), fresh),
        "routes": _with_dotenv(laravel, _routes(laravel, live.get("routes"), fresh)),
        "events": _with_dotenv(laravel, _events(laravel, live.get("events"), fresh)),
        "packages": _packages(live.get("packages"), fresh, installed),
        "services": _with_dotenv(laravel, _services(live.get("services"), fresh)),
    }
    found = Caches(
        by_kind,
        tuple(kind for kind in ("config", "events", "packages", "services") if kind in live and _broken(live[kind])),
        _missing(laravel, live, installed),
        effective(config) if config else None,
        fresh.reason if isinstance(fresh, Unknown) else "",
        elsewhere(laravel.reader, laravel.app, _array(live.get("config")) or {}),
    )
    return found, {} if isinstance(fresh, Unknown) else fresh


def _live(laravel: LaravelApp) -> dict[str, bytes | Unknown]:
    found: dict[str, bytes | Unknown] = {}
    for kind, path in laravel.place.caches.items():
        try:
            if laravel.reader.stat(path) is not None:
                found[kind] = laravel.reader.read(path)
        except CannotSee as error:
            found[kind] = Unknown(str(error))
        except OSError as error:
            found[kind] = Unknown(f"{path}: {error.strerror}")
    return found


def _or_unknown(ask: Callable[[], _T]) -> _T | Unknown:
    try:
        return ask()
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"artisan cannot be run as the app's user: {error.strerror}")


def _verdict(ask: Callable[[], Verdict]) -> Verdict:
    verdict = _or_unknown(ask)
    return Verdict(verdict) if isinstance(verdict, Unknown) else verdict


def _array(content: _Content) -> dict[Key, Value] | None:
    if not isinstance(content, bytes):
        return None
    try:
        return read_array(content)
    except Unreadable:
        return None


def _broken(content: _Content) -> bool:
    return isinstance(content, bytes) and _array(content) is None


def _config(laravel: LaravelApp, live: _Content, fresh: _Fresh) -> Verdict:
    runner, pool = laravel.runner, laravel.pool_runner
    if not isinstance(live, bytes) or isinstance(fresh, Unknown) or isinstance(runner, Unknown):
        return _nothing_to_compare(live, fresh)
    comparison = verdicts.Config(
        live,
        fresh["config.php"],
        again=lambda: runner.config()["config.php"],
        with_pool=(lambda: pool.config()["config.php"]) if pool else None,
        dotenv=laravel.reader.stat(f"{laravel.app.real}/.env") is not None,
        source=lambda name: laravel.reader.read(f"{laravel.app.real}/config/{name}.php", 1 << 20),
    )
    return _verdict(comparison.verdict)


def _routes(laravel: LaravelApp, live: _Content, fresh: _Fresh) -> Verdict:
    runner = laravel.runner
    if not isinstance(live, bytes) or isinstance(fresh, Unknown) or isinstance(runner, Unknown):
        return _nothing_to_compare(live, fresh)
    without = {name: content for name, content in fresh.items() if name != "config.php"}
    key = application_key(_array(fresh["config.php"]) or {})
    return _verdict(lambda: verdicts.routes_verdict(live, runner.routes(fresh), lambda: runner.routes(without), key))


def _events(laravel: LaravelApp, live: _Content, fresh: _Fresh) -> Verdict:
    runner = laravel.runner
    if not isinstance(live, bytes) or isinstance(fresh, Unknown) or isinstance(runner, Unknown):
        return _nothing_to_compare(live, fresh)
    return _verdict(lambda: verdicts.events_verdict(live, runner.events(fresh)))


def _with_dotenv(laravel: LaravelApp, verdict: Verdict) -> Verdict:
    """Without ``.env`` a recomputation proves nothing to be stale."""
    if verdict.fresh is False and laravel.reader.stat(f"{laravel.app.real}/.env") is None:
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


def _installed(laravel: LaravelApp) -> Installed | Unknown:
    reader, app = laravel.reader, laravel.app
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


def _missing(laravel: LaravelApp, live: Mapping[str, _Content], installed: Installed | Unknown) -> tuple[str, ...]:
    if isinstance(installed, Unknown):
        return ()
    manifests = [content if isinstance(content := live.get(kind), bytes) else b"" for kind in ("packages", "services")]
    return missing(
        verdicts.named_providers(*manifests),
        installed,
        lambda path: laravel.reader.stat(path) is not None,
        _classmap(laravel),
        laravel.app.real,
    )


def _classmap(laravel: LaravelApp) -> bytes:
    path = f"{laravel.app.real}/vendor/composer/autoload_classmap.php"
    return laravel.reader.read(path) if laravel.reader.stat(path) else b""


def package_sources(laravel: LaravelApp) -> Sources:
    """What tells whether a class that a package's cache names can be found."""
    return Sources(_installed(laravel), _classmap(laravel))
