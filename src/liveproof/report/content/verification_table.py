"""The verification table: what was measured of one app, one row each, with whether it is as it should be.

A row's judgement is that of the rules that answer its questions, never a second opinion; what it shows comes from the
facts.
"""

from collections.abc import Iterator

from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.model.facts.access import Access
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.facts.fpm import Fpm, Master, Pool, Socket, Unit
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.facts.logs import Logs
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import PoolOpcache
from liveproof.model.facts.release import Release
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Unknown
from liveproof.model.questions import Question
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict
from liveproof.report.content.host_names import answer, caches, reason, seen
from liveproof.report.content.rule_pages import Pages, answering
from liveproof.report.style.times import age, clock, mode, size, span

OK, BAD, UNSEEN = "ok", "bad", "unseen"
_STATES = {RuleVerdict.OK: OK, RuleVerdict.FOUND: BAD, RuleVerdict.UNKNOWN: UNSEEN, RuleVerdict.DISABLED: UNSEEN}


_FAILS = 500  # a status from which on the server failed (RFC 9110, 15.6)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was checked, what was seen (a host's text, not yet escaped), and ``ok``, ``bad`` or ``unseen``."""

    check: str
    saw: str
    state: str


def rows(app: AppExamination, started: float, pages: Pages, files: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of one app. ``started`` is the run's time; ``files`` are code files to tell the owner of."""
    return (
        *_executing(app),
        *_files(app, started, pages, files),
        *_access(app, pages),
        *_release(app, pages),
        *_opcache(app, pages),
        *_caches(app, pages),
        *_services(app, pages),
        *_wire(app),
        *_logs(app, pages),
    )


def _row(app: AppExamination, pages: Pages, check: str, saw: str, *questions: Question) -> Iterator[Row]:
    """A row judged by rules; none when no such rule was asked, the reason where they could not see."""
    codes = answering(pages, *questions)
    verdict = answer(app, *codes)
    if verdict is not None:
        state = _STATES[verdict]
        why = reason(app, *codes) if state == UNSEEN else ""
        yield Row(check, "; ".join(part for part in (saw, why) if part) or _WORD[state], state)


def _executing(app: AppExamination) -> Iterator[Row]:
    """Whether the deployed code is what PHP executes: the verdict of memory in the words of whoever deployed."""
    state = next((state for state in app.links if state.link is Link.MEMORY), None)
    if state and state.verdict is not LinkVerdict.NOT_ASKED:
        saw, mark = _EXECUTES[state.verdict]
        yield Row("Deployed code executing", saw, mark)


_EXECUTES = {
    LinkVerdict.PROVEN: ("yes", OK),
    LinkVerdict.BROKEN: ("no, or not with the settings on disk", BAD),
    LinkVerdict.UNPROVEN: ("not proven", UNSEEN),
}
_WORD = {OK: "as it should be", BAD: "not as it should be", UNSEEN: "not checked"}


def _files(app: AppExamination, started: float, pages: Pages, named: tuple[str, ...]) -> Iterator[Row]:
    files = seen(app, Files)
    for path in named:
        short = path.removeprefix(f"{app.app.path}/")
        modified = _modified(app, path)
        if modified:
            yield from _row(app, pages, f"Modified ({short})", clock(modified), "OPcache of the disk")
        owner = _owner(app, files, path)
        if owner:
            yield from _row(app, pages, f"File ownership ({short})", owner, "code ownership")
    newest = (
        max((t for t in files.times if t.section == "code"), key=lambda t: t.newest_mtime, default=None)
        if files
        else None
    )
    if newest:
        at = newest.newest_mtime / 1e9
        name = "the app's own directory" if newest.newest_mtime_path == "." else newest.newest_mtime_path
        loaded = [cache.since for _, cache in caches(app) if isinstance(cache, PoolOpcache) and cache.since]
        load = f"; PHP-FPM's cache was started {clock(min(loaded))}" if loaded else ""
        saw = f"{name}: {clock(at)} ({age(started - at)} before the check){load}"
        yield Row(
            "Newest change of the code",
            saw,
            _STATES.get(answer(app, *answering(pages, "newest change")) or RuleVerdict.OK, OK),
        )
    access = seen(app, Access)
    unread = len(access.unreadable) + access.more_unreadable if access else 0
    saw = f"{access.asked - unread:,} of {access.asked:,} readable" if access and access.asked else ""
    yield from _row(app, pages, f"Code readable by {app.app.user}", saw, "code readable")


def _modified(app: AppExamination, path: str) -> float:
    """When a script that PHP has cached was modified, in epoch seconds; 0 where it has not."""
    below = path.removeprefix(app.app.path)
    return next(
        (
            script.modified
            for _, cache in caches(app)
            if isinstance(cache, PoolOpcache)
            for script in cache.scripts
            if script.path in (path, app.app.real + below)
        ),
        0.0,
    )


def _access(app: AppExamination, pages: Pages) -> Iterator[Row]:
    access = seen(app, Access)
    writable = dict(access.writable) if access else {}
    yield from _row(
        app,
        pages,
        f"bootstrap/cache writable by {app.app.user}",
        _yes(writable.get("bootstrap/cache")),
        "cache directory writable",
    )
    storage = {path: can for path, can in writable.items() if path.startswith("storage")}
    denied = [path for path, can in storage.items() if can is False]
    saw = f"not: {', '.join(denied)}" if denied else "yes" if storage else ""
    yield from _row(app, pages, f"storage writable by {app.app.user}", saw, "storage writable")
    yield from _row(app, pages, "Log file writable", "", "log writable")


def _yes(can: bool | Unknown | None) -> str:
    return "yes" if can is True else "no" if can is False else ""


def _release(app: AppExamination, pages: Pages) -> Iterator[Row]:
    release = seen(app, Release)
    saw = ""
    if release:
        saw = f"{release.compared} files compared with {release.kind} {release.intended[:12]}"
        if release.kind == "directory":
            saw = f"release directory {release.intended}"
        if release.changed or release.missing:
            saw += f": {len(release.changed)} differ, {len(release.missing)} missing"
    yield from _row(app, pages, "Files equal the release", saw, "release on disk")


def _opcache(app: AppExamination, pages: Pages) -> Iterator[Row]:
    for pool, cache in caches(app):
        saw = ("on" if cache.enabled else "off") if isinstance(cache, PoolOpcache) else ""
        yield from _row(app, pages, f"OPcache enabled ({pool})", saw, "OPcache on")
        if isinstance(cache, PoolOpcache):
            count = len(cache.scripts)
            compiled = f"none compiled before {clock(cache.since)}" if count else f"started {clock(cache.since)}"
            saw = f"{count:,} script{'' if count == 1 else 's'} of the app, {compiled}"
            yield from _row(app, pages, f"OPcache holds the files on disk ({pool})", saw, "OPcache of the disk")


_CACHES: tuple[tuple[str, str, Question], ...] = (
    ("routes", "Routes cache", "routes cache"),
    ("config", "Config cache", "config cache"),
    ("packages", "Package manifest", "manifests"),
    ("services", "Service manifest", "manifests"),
)


def _caches(app: AppExamination, pages: Pages) -> Iterator[Row]:
    laravel = seen(app, Laravel)
    for kind, check, question in _CACHES:
        cache = laravel.cache(kind) if laravel else None
        yield from _row(app, pages, check, _cache(cache) if cache else "", question)


def _cache(cache: CacheFile) -> str:
    if not cache.exists:
        return f"{cache.path} is missing"
    message = f"{cache.path} ({size(cache.size)})"
    if cache.fresh is True:
        return f"{message}, equal to its sources"
    if cache.fresh is False:
        named = ", ".join(cache.differs[:5])
        return f"{message}, differs from its sources" + (f": {named}" if named else "")
    return message


def _services(app: AppExamination, pages: Pages) -> Iterator[Row]:
    fpm = seen(app, Fpm)
    for master, pool in fpm.serving(app.app.pools) if fpm else ():
        yield from _row(app, pages, f"PHP-FPM ({pool.id})", _unit(master, pool), "PHP-FPM runs")
        yield from _row(
            app,
            pages,
            f"FastCGI socket ({pool.id})",
            _socket(pool),
            "socket there",
            "socket accessible",
            "socket passed to",
        )
    nginx = seen(app, Nginx)
    valid = {True: "valid", False: "invalid", None: ""}[nginx.valid] if nginx else ""
    yield from _row(app, pages, "nginx configuration", valid, "nginx configuration")


def _unit(master: Master, pool: Pool) -> str:
    state = f"{master.unit.name} {master.unit.active} ({master.unit.sub}), " if isinstance(master.unit, Unit) else ""
    return f"{state}{1 if master.pid else 0} master and {len(pool.workers)} workers"


def _socket(pool: Pool) -> str:
    path = pool.address.removeprefix("unix:")
    if not isinstance(pool.socket, Socket):
        return path
    if not pool.socket.exists:
        return f"{path} is missing"
    if path == pool.address:
        return f"{path}, {'a listener answers' if pool.socket.listening else 'nothing listens'}"
    owner = f"{name_of(pool.socket.uid, pool)}:{name_of(pool.socket.gid, pool)}"
    return f"{path} {mode(pool.socket.mode, 's')} {owner}" + ("" if pool.socket.listening else ", nothing listens")


def name_of(number: int, pool: Pool) -> str:
    """A user's or group's name as far as the pool tells it, else the number."""
    return (
        "root"
        if number == 0
        else pool.user
        if number == pool.uid
        else pool.group
        if number == pool.gid
        else str(number)
    )


def _wire(app: AppExamination) -> Iterator[Row]:
    wire = seen(app, Wire)
    for exchange in wire.exchanges if wire else ():
        way = "through nginx" if exchange.way == "nginx" else f"straight to the {exchange.way}"
        saw = exchange.error or f"{exchange.status} in {span(exchange.seconds)}{_why_wrong(exchange)}"
        yield Row(f"{exchange.method} {exchange.path} {way}", saw, OK if exchange.passed else BAD)


def _why_wrong(exchange: Exchange) -> str:
    """What of an answer is not as it must be."""
    if exchange.passed:
        return ""
    if exchange.expected_status and exchange.status != exchange.expected_status:
        return f", expected {exchange.expected_status}"
    if exchange.status >= _FAILS:
        return ", expected a status below 500"
    if exchange.contains:
        return ", without the text that the answer must hold"
    return f", answered by {exchange.answered_by}, not by the app" if exchange.answered_by else ""


def _logs(app: AppExamination, pages: Pages) -> Iterator[Row]:
    logs = seen(app, Logs)
    saw = f"{sum(group.count for group in logs.groups)} since {clock(logs.since)}" if logs else ""
    yield from _row(app, pages, "Errors logged since the deploy", saw, "errors logged")


def _owner(app: AppExamination, files: Files | None, path: str) -> str:
    if files is None:
        return ""
    below = path.removeprefix(app.app.real + "/").removeprefix(app.app.path + "/")
    directory, _, name = below.rpartition("/")
    for group in files.classes:
        if group.kind == "f" and _holds(group, directory or ".", name):
            names = {0: "root", app.app.uid: app.app.user}
            own_group = {0: "root", app.app.gid: app.app.user}
            return (
                f"{names.get(group.uid, str(group.uid))}:{own_group.get(group.gid, str(group.gid))} {mode(group.mode)}"
            )
    return ""


def _holds(group: FileClass, directory: str, name: str) -> bool:
    return any(directory == where and name in names.split("/") for where, names in group.groups)
