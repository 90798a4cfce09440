"""The names that commands need on this very host: the app, its user, unit, socket, PHP, files and logs."""

from typing import TypeVar

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx, Server
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.facts.wire import Wire
from liveproof.model.findings import Result, Unknown
from liveproof.model.verdicts import RuleVerdict
from liveproof.report.content.rule_pages import Pages

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Names of one app's surroundings; what was not seen is empty.

    ``php`` is the CLI of the pool's version, ``fpm`` the php-fpm binary, ``test`` its configuration test, ``version``
    PHP's (``8.2``), ``pool`` and ``site`` the configuration files, ``changed`` code files (absolute) that were deployed
    last or that a finding names.
    """

    app: str
    user: str = ""
    group: str = ""
    version: str = ""
    php: str = ""
    fpm: str = ""
    unit: str = ""
    address: str = ""
    pool: str = ""
    log: str = ""
    fpm_log: str = ""
    site: str = ""
    nginx_log: str = ""
    nginx_user: str = ""
    host: str = ""
    changed: tuple[str, ...] = ()
    method: str = "GET"
    request: str = "/"
    laravel: bool = False
    test: tuple[str, ...] = ()

    @property
    def socket(self) -> str:
        """The socket's path, empty for TCP or when not seen."""
        return self.address.removeprefix("unix:") if self.address.startswith("unix:") else ""

    @property
    def cache(self) -> str:
        """The directory of Laravel's cache files."""
        return f"{self.app}/bootstrap/cache"

    @property
    def name(self) -> str:
        """The unit as people type it, without ``.service``."""
        return self.unit.removesuffix(".service")

    def fill(self, text: str, *, tame: bool = False) -> str:
        """A rule's page with its placeholders filled, so that each of its commands can be run.

        A name that was not seen is that of a usual host. ``tame``: one that Markdown could read as more than a name
        stays in angle brackets.
        """
        version = self.version or NOWHERE.version
        host = self.host if self.host and all(char.isalnum() or char in ".-:" for char in self.host) else "localhost"
        filled = {
            "{app}": quoted(self.app),
            "{user}": quoted(self.user or NOWHERE.user),
            "{unit}": quoted(self.name or f"php{version}-fpm"),
            "{socket}": quoted(self.socket or f"/run/php/php{version}-fpm.sock"),
            "{php}": quoted(self.php or f"php{version}"),
            "{fpm}": quoted(self.fpm or f"php-fpm{version}"),
            "{version}": version,
            "{log}": quoted(self.log or f"{self.app}/storage/logs/laravel.log"),
            "{host}": host,
        }
        for placeholder, name in filled.items():
            wild = tame and not all(char.isalnum() or char in "/._-@:" for char in name)
            text = text.replace(placeholder, f"<{placeholder[1:-1]}>" if wild else name)
        return text


# The names of a usual host, for pages that are of no host and where no app was found.
NOWHERE = Place(
    "/var/www/example", user="www-data", group="www-data", version="8.3", php="/usr/bin/php8.3",
    fpm="/usr/sbin/php-fpm8.3", unit="php8.3-fpm.service", address="unix:/run/php/php8.3-fpm.sock",
    log="/var/www/example/storage/logs/laravel.log", host="example.com", laravel=True,
)  # fmt: skip


def seen(app: AppExamination, kind: type[_T]) -> _T | None:
    """The fact, None where it was not seen or does not exist."""
    value = app.facts.get(kind)
    return value if isinstance(value, kind) else None


def place(app: AppExamination, changed: tuple[str, ...] = ()) -> Place:
    """The names of one examined app, with the code files that were deployed last."""
    master, pool = _pool(app)
    server = _server(app)
    nginx, laravel, wire = seen(app, Nginx), seen(app, Laravel), seen(app, Wire)
    posted = (
        next((e for e in wire.exchanges if e.method != "GET"), wire.exchanges[0] if wire.exchanges else None)
        if wire
        else None
    )
    name = next((n for n in server.names if n and n[0] not in "_~*."), "") if server else ""
    return Place(
        app.app.path,
        user=app.app.user,
        group=pool.group if pool and pool.user == app.app.user else app.app.user,
        version=master.version if master else "",
        php=laravel.php if laravel else "",
        fpm=master.binary if master else "",
        unit=master.unit.name if master and isinstance(master.unit, Unit) else "",
        address=pool.address if pool else "",
        pool=pool.file if pool else "",
        log=_log(app, laravel),
        fpm_log=master.error_log if master else "",
        site=server.file if server else "",
        nginx_log=server.error_log.partition(" ")[0] if server else "",
        nginx_user=nginx.worker_user if nginx else "",
        host=posted.host if posted and posted.host else name,
        changed=changed,
        method=posted.method if posted else "GET",
        request=posted.path if posted else "/",
        laravel=app.app.laravel,
        test=master.test if master else (),
    )


def changed_files(app: AppExamination, pages: Pages) -> tuple[str, ...]:
    """At most three code files that were most likely deployed last, as findings name them, else the newest.

    They are absolute paths below the app as it is served.
    """
    below = app.app.path + "/"
    named = [
        ref.id
        for page in sorted(pages.values(), key=lambda page: -page.deployed)
        if page.deployed
        for finding in app.findings
        if finding.code == page.code
        for ref in finding.about
        if ref.kind == "file" and ref.id.endswith(".php") and "/bootstrap/cache/" not in ref.id
    ]
    if not named:
        files = seen(app, Files)
        newest = [t for t in files.times if t.section == "code" and t.newest_mtime_path] if files else []
        named = [below + t.newest_mtime_path for t in newest if t.newest_mtime_path != "."]
    real = app.app.real + "/"
    served = [below + path[len(real) :] if path.startswith(real) else path for path in named]
    return tuple(dict.fromkeys(served))[:3]


def caches(app: AppExamination) -> tuple[tuple[str, PoolOpcache | Unknown], ...]:
    """The OPcache of each pool that serves the app."""
    opcache = seen(app, Opcache)
    return opcache.pools if opcache else ()


def answer(app: AppExamination, *codes: str) -> RuleVerdict | None:
    """What these rules answered together: found, else unknown, else ok; None when none was asked.

    A notice breaks nothing, so what it is about is as it should be.
    """
    given = {_judged(result) for result in app.results if result.code in codes}
    worst = (RuleVerdict.FOUND, RuleVerdict.UNKNOWN, RuleVerdict.DISABLED, RuleVerdict.OK)
    return next((verdict for verdict in worst if verdict in given), None)


def _judged(result: Result) -> RuleVerdict:
    broken = any(finding.severity is None or finding.severity.breaks for finding in result.findings)
    return RuleVerdict.OK if result.findings and not broken else result.verdict


def reason(app: AppExamination, *codes: str) -> str:
    """Why these rules could not see, or did not look."""
    blind = (RuleVerdict.UNKNOWN, RuleVerdict.DISABLED)
    unseen = [r.reason for r in app.results if r.code in codes and r.verdict in blind and r.reason]
    return "; ".join(dict.fromkeys(unseen))


def _pool(app: AppExamination) -> tuple[Master | None, Pool | None]:
    fpm = seen(app, Fpm)
    serving = fpm.serving(app.app.pools) if fpm else ()
    if serving:
        return serving[0]
    return (fpm.masters[0], None) if fpm and len(fpm.masters) == 1 else (None, None)


def _server(app: AppExamination) -> Server | None:
    nginx = seen(app, Nginx)
    return next((server for server in nginx.servers if server.id in app.app.servers), None) if nginx else None


def _log(app: AppExamination, laravel: Laravel | None) -> str:
    if laravel and not isinstance(laravel.log_files, Unknown) and laravel.log_files:
        return laravel.log_files[0]
    return app.app.below("storage/logs/laravel.log") if app.app.laravel else ""
