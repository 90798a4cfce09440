"""The three symptoms people meet, and for each what to look at on this very host, in the order of likelihood.

The commands only look, never change anything, run artisan and PHP as the app's user, and ask the pool rather than the
command line's PHP, whose OPcache is another one.
"""

from collections.abc import Callable

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.questions import Question
from liveproof.report.content.host_names import Place


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at: what, the commands (each a line), what they should show, and what rules are asked of it."""

    what: str
    commands: tuple[str, ...]
    expected: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a person sees. ``words`` weigh what a description of it holds."""

    title: str
    words: tuple[tuple[int, str], ...]
    looks: Callable[[Place], tuple[Look, ...]]


def as_user(place: Place, command: str) -> str:
    """The command run as the app's user (runuser(1), which every Linux has; the commands are for root)."""
    return f"runuser -u {quoted(place.user or 'www-data')} -- {command}"


def php(place: Place) -> str:
    """The CLI of the pool's version."""
    return quoted(place.php or (f"php{place.version}" if place.version else "php"))


def unit(place: Place) -> str:
    """The unit's name in a command."""
    return quoted(place.name or (f"php{place.version}-fpm" if place.version else "php-fpm"))


def test(place: Place) -> str:
    """The test of the very configuration that the running master uses."""
    return " ".join(quoted(word) for word in place.test) or f"{quoted(place.fpm or 'php-fpm')} -t"


def request(place: Place) -> str:
    """The request that proves the app answers, as curl sends it through nginx on this host."""
    host = f" -H {quoted('Host: ' + place.host)}" if place.host else ""
    data = "" if place.method in ("GET", "HEAD") else " -H 'Content-Type: application/json' --data @body.json"
    method = "" if place.method == "GET" else f" -X {quoted(place.method)}"
    return f"curl -sS -i{method}{host}{data} {quoted('http://127.0.0.1' + place.request)}"


def owners(place: Place) -> str:
    """The command that shows who owns the files that were changed."""
    files = place.changed or (f"{place.app}/public/index.php",)
    return "stat -c '%U:%G %a %y %n' " + " ".join(quoted(path) for path in files)


def _not_live(place: Place) -> tuple[Look, ...]:
    looks = [
        Look(
            "Is the new code on this host's disk, where nginx serves it?",
            (f"readlink -f {quoted(place.app)}", owners(place)),
            "the directory and the time of your deploy",
            ("new code in place",),
        ),
        Look(
            f"Do the files belong to the right user, and can {place.user or 'the pool'} read them?",
            (
                f"find {quoted(place.app)} -not -path '*/.git/*' -printf '%u:%g\\n' | sort | uniq -c",
                *(
                    as_user(place, f"head -c1 {quoted(path)}") + " >/dev/null && echo readable"
                    for path in place.changed[:1]
                ),
            ),
            "one owner for the code; every file readable",
            ("code ownership", "code readable", "user of artisan"),
        ),
        Look(
            "Does PHP still look at files, and when did it last start with an empty OPcache?",
            (
                f"{quoted(place.fpm or 'php-fpm')} -i | grep -E 'opcache.(enable|validate_timestamps|file_cache) '",
                f"journalctl -u {unit(place)} -n 20 --no-pager",
            ),
            "opcache.validate_timestamps => On, or a reload after the deploy; `php -r 'opcache_reset();'` empties"
            " another cache than the pool's and changes nothing",
            ("OPcache renewed",),
        ),
    ]
    if place.laravel:
        looks.append(
            Look(
                "Were Laravel's caches rebuilt after the change, and could they be?",
                (
                    f"ls -la --time-style=full-iso {quoted(place.cache)}",
                    as_user(place, f"test -w {quoted(place.cache)}") + " && echo writable",
                ),
                f"newer than your change; the directory belongs to {place.user or 'the pool user'}",
                ("caches rebuilt", "cache directory writable", "owners of caches"),
            )
        )
    looks.append(
        Look(
            "Does PHP-FPM run, and what does a real request get?",
            (f"systemctl status {unit(place)} --no-pager", request(place)),
            "active (running); the answer of the new code",
            ("PHP-FPM runs", "requests", "requests logged"),
        )
    )
    return tuple(looks)


def _denied(place: Place) -> tuple[Look, ...]:
    looks = [
        Look(
            "What was denied, and to which user?",
            (
                f"grep -a 'Permission denied' {quoted(place.log or place.app + '/storage/logs/laravel.log')} | tail -5",
                *((f"grep -a 'Permission denied' {quoted(place.nginx_log)} | tail -5",) if place.nginx_log else ()),
            ),
            "no line newer than the last fix",
            ("errors logged",),
        ),
        Look(
            f"Can {place.user or 'the pool user'} write where the app writes?",
            tuple(
                as_user(place, f"test -w {quoted(f'{place.app}/{path}')}")
                + f" && echo {path} writable || echo {path} DENIED"
                for path in ("bootstrap/cache", "storage", "storage/logs", "storage/framework/views")
            ),
            "writable, four times",
            ("cache directory writable", "storage writable", "log writable"),
        ),
        Look(
            "Who owns the directories on the way, and what is in them?",
            (
                f"namei -om {quoted(place.cache)}",
                f"ls -la {quoted(place.cache)} {quoted(place.app + '/storage/logs')}",
            ),
            f"{place.user or 'the pool user'} owns the last directory; a root-owned file inside a writable directory"
            " does no harm, a root-owned log file does",
            ("code ownership", "code readable", "owners of caches", "config cache readable"),
        ),
        Look(
            "Who keeps making files as root?",
            (
                "grep -rnE 'artisan|composer' /etc/cron* /var/spool/cron /etc/systemd/system 2>/dev/null",
                "grep -rnE 'create|su ' /etc/logrotate.d",
            ),
            f"artisan and composer run as {place.user or 'the pool user'}, logs are created for it",
            ("user of artisan", "user of log rotation"),
        ),
    ]
    return tuple(looks)


def _refused(place: Place) -> tuple[Look, ...]:
    socket = place.socket
    shown = quoted(socket or place.address or "/run/php/php-fpm.sock")
    listener = f"ss -xlp | grep -F {shown}" if socket or not place.address else f"ss -tlnp | grep -F {shown}"
    return (
        Look(
            "Does PHP-FPM run?",
            (f"systemctl status {unit(place)} --no-pager", test(place)),
            "active (running); configuration file test is successful",
            ("PHP-FPM runs",),
        ),
        Look(
            "Is the socket there, and does somebody listen on it?",
            (f"ls -la {shown}", listener) if socket or not place.address else (listener,),
            f"srw-rw---- {place.nginx_user or place.user or 'www-data'}, and a php-fpm process behind it",
            ("socket there",),
        ),
        Look(
            f"May nginx's user ({place.nginx_user or 'www-data'}) connect?",
            (
                *((f"namei -om {shown}",) if socket or not place.address else ()),
                f"grep -nE '^(listen|user|group)' {quoted(place.pool)}"
                if place.pool
                else "grep -rnE '^listen' /etc/php",
            ),
            "listen.owner, listen.group and listen.mode let nginx in",
            ("socket accessible",),
        ),
        Look(
            "Does nginx run, and does it ask that very socket?",
            ("systemctl status nginx --no-pager", "nginx -t", "nginx -T 2>/dev/null | grep -n fastcgi_pass"),
            f"active (running); fastcgi_pass {place.address or 'as the pool listens'}",
            ("nginx configuration", "socket passed to", "nginx runs"),
        ),
        Look(
            "Are all workers busy?",
            (
                f"systemctl status {unit(place)} --no-pager | grep -E 'Status|Tasks'",
                *((f"grep -a max_children {quoted(place.fpm_log)} | tail -5",) if place.fpm_log else ()),
            ),
            "idle workers; no `reached pm.max_children`",
            ("workers idle",),
        ),
        Look("What does a real request get?", (request(place),), "no 502 or 504", ("requests",)),
    )


SYMPTOMS = (
    Symptom(
        "code changes still not taking effect",
        (
            (3, "effect stale outdated opcache"),
            (2, "code change changes old deploy deployed deployment live executing"),
            (1, "changed release update updated new version applied cached taking"),
        ),
        _not_live,
    ),
    Symptom(
        "permission denied",
        (
            (3, "permission permissions eacces writable writeable"),
            (2, "denied write owner ownership chmod chown"),
            (1, "fopen mkdir stream"),
        ),
        _denied,
    ),
    Symptom(
        "socket connection refused",
        (
            (4, "socket sock econnrefused 502 upstream"),
            (3, "connection connect refused 504 fastcgi"),
            (2, "gateway fpm"),
            (1, "down unavailable timeout"),
        ),
        _refused,
    ),
)


def symptom_of(description: str) -> Symptom | None:
    """The symptom that a person's words, or a line of a log, describe best; None when they describe none of them."""
    output = set("".join(c if c.isalnum() else " " for c in description.lower()).split())
    best, symptom = max(((_score(symptom, output), symptom) for symptom in SYMPTOMS), key=lambda pair: pair[0])
    return symptom if best >= 2 else None


def _score(symptom: Symptom, said: set[str]) -> int:
    return sum(weight * len(said & set(words.split())) for weight, words in symptom.words)
