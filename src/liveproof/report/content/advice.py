"""The commands of a report that are the same for every incident, filled with this host's own names."""

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.report.content.host_names import Place
from liveproof.report.content.symptoms import as_user, owners, php, request, test, unit


@dataclass(frozen=True, slots=True)
class Advice:
    """A heading, the commands below it, and what to expect of them or why."""

    title: str
    commands: tuple[str, ...]
    note: str = ""
    language: str = "bash"


def verification(place: Place) -> tuple[Advice, ...]:
    """How a person proves by hand, step by step, that the deployed code is live."""
    app = quoted(place.app)
    steps = [
        Advice(
            "Verify who owns the files", (owners(place), *((f"ls -la {quoted(place.cache)}",) if place.laravel else ()))
        ),
        Advice(
            "Verify that PHP-FPM runs and listens",
            (
                f"systemctl status {unit(place)} --no-pager",
                f"ls -la {quoted(place.socket)}"
                if place.socket
                else f"ss -tlnp | grep -F {quoted(place.address or 'php-fpm')}",
            ),
            "Active, one master and its workers; the socket belongs to the pool's listen.owner.",
        ),
        Advice(
            "Verify what PHP keeps in memory",
            (f"liveproof check {app}",),
            "Only the pool itself can tell: `php -i` and `php -r 'opcache_reset();'` see another OPcache, that of the"
            " command line. liveproof asks every pool over its own socket.",
        ),
    ]
    if place.laravel:
        steps.append(
            Advice(
                "Verify that Laravel's caches are fresh",
                (f"ls -la --time-style=full-iso {quoted(place.cache)}", *_config_cache_anew(place)),
                "Rebuilt beside the live one, as the app's user; no difference means fresh.",
            )
        )
    steps += [
        Advice(
            "Make a real request and see it logged",
            (request(place), *((f"tail -n 5 {quoted(place.log)}",) if place.log else ())),
            "A GET alone is not enough: with a log that belongs to root, GET answers 200 while POST fails."
            + (" body.json holds the body that liveproof.toml names." if place.method != "GET" else ""),
        ),
        Advice(
            "Watch it live",
            (
                f"watch -n 1 'systemctl status {unit(place)} --no-pager | grep -E \"Status|Tasks\"'",
                *((f"tail -f {quoted(place.log)}",) if place.log else ()),
            ),
        ),
    ]
    return tuple(steps)


def _config_cache_anew(place: Place) -> tuple[str, ...]:
    artisan = f"{php(place)} {quoted(place.app + '/artisan')}"
    return (
        f'NEW=$(mktemp -d) && chown {quoted(place.user or "www-data")} "$NEW"',
        as_user(place, f'env APP_CONFIG_CACHE="$NEW/config.php" {artisan} config:cache'),
        f'diff "$NEW/config.php" {quoted(place.cache + "/config.php")} && echo fresh',
        'rm -r "$NEW"',
    )


def prevention(place: Place) -> tuple[Advice, ...]:
    """What every deploy should do so that this does not come back."""
    app = quoted(place.app)
    steps = [
        Advice(
            "Never run artisan or composer as root: what it writes belongs to root afterwards",
            (f"cd {app} && {as_user(place, php(place) + ' artisan COMMAND')}",),
        ),
        Advice(
            "Reload PHP-FPM gracefully after the code is in place; a restart drops requests",
            (f"{test(place)} && systemctl reload {unit(place)}",),
        ),
        Advice(
            "Let nginx hand PHP the resolved path, so that a swapped link takes effect at once",
            ("fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;",),
            language="nginx",
        ),
    ]
    if place.laravel:
        steps.insert(
            1,
            Advice(
                "Rebuild Laravel's caches after every deploy, as the app's user",
                tuple(
                    as_user(place, f"{php(place)} {quoted(place.app + '/artisan')} {command}")
                    for command in ("config:cache", "route:cache", "view:cache")
                ),
            ),
        )
        steps.append(
            Advice(
                "Make sure that the cache directory is writable before the deploy counts as done",
                (as_user(place, f"test -w {quoted(place.cache)}") + " && echo writable",),
            )
        )
    steps.append(
        Advice(
            "End every deploy with proof", (f"liveproof check {app}",), "Exit status 0 proven, 1 broken, 3 unproven."
        )
    )
    return tuple(steps)


# In /etc/cron.d PATH is /usr/bin:/bin only (crontab(5)).
_EVERYWHERE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def monitoring(place: Place, hit_ratio: float) -> tuple[Advice, ...]:
    """What to watch, and how often. Nothing here repairs anything by itself."""
    alive = f"systemctl is-active --quiet {unit(place)}"
    return (
        Advice(
            "All of it as a service: the watcher looks by the clock and when something happens",
            ("liveproof install --enable", "liveproof alert test"),
            "Without systemd: `liveproof install --cron`. It covers what follows; where alerts go is configured under"
            " [[alerts.channel]] in liveproof.toml.",
        ),
        Advice(
            "The whole chain, every 5 minutes, where a line in a crontab must do",
            (f"*/5 * * * * root {_EVERYWHERE} liveproof check {quoted(place.app)} -q 2>&1 | logger -t liveproof",),
            "In a file below /etc/cron.d. It logs nothing where all is proven, else a line for each cause, and whatever"
            " else went wrong. One check covers owners, writability, caches, OPcache, PHP-FPM, nginx and the configured"
            " requests.",
        ),
        Advice(
            "PHP-FPM, every 5 minutes",
            (f"*/5 * * * * root {alive} || logger -t liveproof {unit(place)} is down",),
            "Report it, do not restart it: an automatic restart hides the cause.",
        ),
        Advice(
            "OPcache's hit ratio",
            (),
            f"Alert below {hit_ratio:.0%} (OPC009), but only once the cache is warm: a reload begins at 0.",
        ),
        Advice(
            "Laravel's log",
            (f"tail -F {quoted(place.log)} | grep --line-buffered -a 'Permission denied'",) if place.log else (),
            "Watch for `Permission denied` and failed cache operations (LAR015).",
        ),
    )


def critical_files(place: Place) -> tuple[tuple[str, str], ...]:
    """The files to look at when it persists: path and what it is."""
    named = (
        (place.pool, "the FPM pool's configuration"),
        (place.site, "the nginx server block"),
        *((path, "changed code") for path in place.changed),
        (place.cache if place.laravel else "", "Laravel's cache files"),
        (place.log, "the application's log"),
        (place.fpm_log, "PHP-FPM's log"),
        (place.nginx_log, "nginx's error log"),
    )
    return tuple((path, what) for path, what in named if path)
