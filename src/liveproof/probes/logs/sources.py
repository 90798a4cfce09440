"""Which logs there are, how their lines are read, and which of them concern the app."""

import re
from collections.abc import Callable, Iterator

from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes.logs import lines
from liveproof.probes.logs.clock import UnknownZone, of_zone
from liveproof.probes.logs.lines import Entry, Parse
from liveproof.probes.logs.streams import followed, own_stream

# Level, text and kind of an entry that concerns the app, None for any other.
Judge = Callable[[Entry], tuple[str, str, str] | None]

_ERRORS = ("error", "critical", "alert", "emergency")
_NGINX_ERRORS = ("error", "crit", "alert", "emerg")
_FPM_ERRORS = ("warning", "error", "alert")
_PHP_ERRORS = ("fatal error", "parse error", "core error", "recoverable fatal error")
_DAILY = re.compile(r"-\d{4}-\d\d-\d\d(?=\.[^./]*$|$)")
_NGINX_LOG = "/var/log/nginx/error.log"
_FILE = "let the app log to a file as well, or name the file that it comes to under [logs]"
_UPSTREAM = ("connect() ", "upstream", "no live upstreams")


@dataclass(frozen=True, slots=True)
class Source:
    """One log file: how its lines are parsed, which of its entries are reported, and whether PHP-FPM writes it."""

    path: str
    parse: Parse
    judge: Judge
    of_fpm: bool = False


def sources(
    reader: Reader,
    settings: Settings,
    app: App,
    *,
    laravel: Laravel | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
    fpm: Fpm | Unknown | Absent,
) -> tuple[tuple[Source, ...], tuple[tuple[str, str], ...]]:
    """The logs in the order app, nginx, PHP-FPM, and those that cannot be read as files, with the reason."""
    found: dict[str, Source] = {}
    unread: list[tuple[str, str]] = []
    try:
        zone = laravel.timezone if isinstance(laravel, Laravel) and laravel.timezone else "UTC"
        parse = lines.laravel(of_zone(zone))
        for path in _app_logs(reader, settings, app, laravel):
            if own_stream(reader, path):
                unread.append((path, f"it is a stream of the app's own process; {_FILE}"))
            else:
                found[path] = Source(path, parse, _of_app)
    except UnknownZone as error:
        unread.append((app.below("storage/logs"), f"this machine does not know the app's time zone {error}"))
    unread += _app_streams(settings, laravel)
    concerns = _concerns(app, nginx)
    running = nginx.process.pid if isinstance(nginx, Nginx) and nginx.process else 0
    for named in _nginx_logs(reader, app, nginx):
        path, why = followed(reader, named, running, "nginx")
        if why:
            unread.append((path, why))
        else:
            found.setdefault(path, Source(path, lines.nginx, concerns))
    for path, why in _fpm_logs(reader, app, fpm):
        if why:
            unread.append((path, why))
        else:
            found.setdefault(path, Source(path, lines.php, _of_fpm(app), of_fpm=True))
    return tuple(found.values()), tuple(unread)


def _app_logs(reader: Reader, settings: Settings, app: App, laravel: Laravel | Unknown | Absent) -> tuple[str, ...]:
    """What the configurations name; of a daily log every day that is there, and where nothing is named all logs."""
    named = laravel.log_files if isinstance(laravel, Laravel) and isinstance(laravel.log_files, tuple) else ()
    if not named and app.laravel:
        named = tuple(path for path in _listed(reader, app.below("storage/logs")) if path.endswith(".log"))
    found: list[str] = []
    for path in (*settings.logs.paths, *named):
        form = _DAILY.sub("", path)
        if form == path:
            found.append(path)
        else:
            there = _listed(reader, path.rpartition("/")[0])
            found += [other for other in there if _DAILY.search(other) and _DAILY.sub("", other) == form][-8:]
    return tuple(dict.fromkeys(found))


def _app_streams(settings: Settings, laravel: Laravel | Unknown | Absent) -> Iterator[tuple[str, str]]:
    """Where the app logs, when none of it is a file that can be read."""
    if isinstance(laravel, Laravel) and laravel.log_streams and not laravel.log_files and not settings.logs.paths:
        yield (
            f"the app's log ({', '.join(laravel.log_streams)})",
            f"it is not a file; {_FILE}",
        )


def _listed(reader: Reader, directory: str) -> tuple[str, ...]:
    try:
        return tuple(f"{directory}/{name}" for name in reader.list(directory))
    except OSError:
        return ()


def _of_app(entry: Entry) -> tuple[str, str, str] | None:
    return (entry.level, entry.text, "exception") if entry.level in _ERRORS else None


def _nginx_logs(reader: Reader, app: App, nginx: Nginx | Unknown | Absent) -> Iterator[str]:
    for server in nginx.servers if isinstance(nginx, Nginx) else ():
        if server.id in app.servers and server.error_log:
            yield server.error_log.partition(" ")[0]
    if reader.stat(_NGINX_LOG) is not None:
        yield _NGINX_LOG


def _concerns(app: App, nginx: Nginx | Unknown | Absent) -> Judge:
    """Errors of nginx about the app: its way to PHP, and what PHP itself said about the app's files."""
    servers = [s for s in nginx.servers if s.id in app.servers] if isinstance(nginx, Nginx) else []
    addresses = {address for s in servers for each in s.passes for address in (each.address, *each.addresses)}
    trees = (f"{app.path}/", f"{app.real}/")

    def judge(entry: Entry) -> tuple[str, str, str] | None:
        if entry.level not in _NGINX_ERRORS:
            return None
        output = _php_messages(entry.text)
        if output:
            if not any(tree in entry.text for tree in trees):
                return None
            result = (lines.php_level(part) for part in output)
            return next(
                ((level or entry.level, text, "exception") for level, text in result if _counts(level, text)), None
            )
        if any(word in entry.text for word in _UPSTREAM) and any(_names(entry.text, at) for at in addresses):
            return entry.level, entry.text.partition(", client:")[0] + _where(entry.text), "nginx"
        return None

    return judge


def _php_messages(text: str) -> list[str]:
    """What PHP said over FastCGI: ``FastCGI sent in stderr: "PHP message: …; PHP message: …" while reading …``."""
    before, mark, rest = text.partition('FastCGI sent in stderr: "')
    return rest.removeprefix("PHP message: ").split("; PHP message: ") if mark and not before else []


def _counts(level: str, text: str) -> bool:
    """Errors that end a request, and every denial whatever its level."""
    lower = text.lower()
    return level in _PHP_ERRORS or "permission denied" in lower or "not writable" in lower


def _names(text: str, address: str) -> bool:
    return f'upstream: "fastcgi://{address}' in text


def _where(text: str) -> str:
    upstream = text.partition("upstream: ")[2].partition(",")[0]
    return f" ({upstream})" if upstream else ""


def _fpm_logs(reader: Reader, app: App, fpm: Fpm | Unknown | Absent) -> Iterator[tuple[str, str]]:
    for master, pool in fpm.serving(app.pools) if isinstance(fpm, Fpm) else ():
        for path in dict.fromkeys((master.error_log, dict(pool.values).get("error_log", ""))):
            if path == "syslog":
                yield f"PHP-FPM {master.version}", "it logs to syslog: see journalctl"
            elif path:
                yield followed(reader, path, master.pid, "PHP-FPM")


def _of_fpm(app: App) -> Judge:
    pools = tuple(f"[pool {name.partition('/')[2]}]" for name in app.pools)
    trees = (f"{app.path}/", f"{app.real}/")

    def judge(entry: Entry) -> tuple[str, str, str] | None:
        if any(tree in entry.text for tree in trees) and _counts(entry.level, entry.text):
            return entry.level, entry.text, "exception"
        if entry.level not in _FPM_ERRORS or ("[pool " in entry.text and not entry.text.startswith(pools)):
            return None
        return entry.level, entry.text, "fpm"

    return judge
