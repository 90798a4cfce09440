"""
The app's user cannot read a cache that Laravel must read.

## Why
`artisan config:cache` run by root with a strict umask leaves a `config.php` that only root can read. Every request
then fails, and so does every artisan command of the app's user, `config:clear` too, with the misleading `Class
"config" does not exist` or `Target class [config] does not exist`. Another cache that cannot be read
(`routes-v7.php`, `packages.php`, `services.php`) stops the app as well. While PHP-FPM has the file in its memory the
site still answers, until the next reload.

## Verify by hand
```
ls -la {app}/bootstrap/cache
sudo -u {user} test -r {app}/bootstrap/cache/config.php && echo readable
```

## Fix safety
Safe: the file is taken away and artisan makes it again as the app's user; only where liveproof has computed beside it
that this gives the same, or what the sources say now. Until then, a request in between reads the sources.
"""

from collections.abc import Iterator

from liveproof.fixes.artisan import artisan, can_rebuild, remove, without_dotenv
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Absent, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR007",
    Severity.CRITICAL,
    condition="the app's user can read every cache of Laravel",
    caused_by=("FIL004", "SYS001"),
    leads_to=("LAR015", "WIR001:answered"),
    answers=("config cache", "config cache readable"),
    hidden_by_memory=True,
)

_COMMAND = {
    "config": "config:cache",
    "routes": "route:cache",
    "events": "event:cache",
    "packages": "package:discover",
    "services": "package:discover",
}


@rule.check
def check(app: App, laravel: Laravel, files: Files | Unknown | Absent) -> Iterator[Finding | Holds]:
    unreadable = _unreadable(laravel)
    if not unreadable:
        yield Holds(f"{sum(cache.exists for cache in laravel.caches)} caches that {app.user} can read")
        return
    paths = [(cache, app.below(cache.path)) for cache in unreadable]
    hint = ' (`Class "config" does not exist`)' if unreadable[0].kind == "config" else ""
    yield Finding(
        f"{app.user} cannot read {', '.join(cache.path for cache in unreadable)}: whatever has not loaded them already "
        f"cannot start the app{hint}.",
        (Ref("app", app.path), *(Ref("file", path) for _, path in paths)),
        tuple(
            Evidence(path, f"{_owner(cache, files)} {cache.mode:04o}", f"readable for {app.user}")
            for cache, path in paths
        ),
        without_dotenv(laravel)
        + f"Give the files to {app.user} (chown), then rebuild them with artisan as {app.user}.",
    )


def _owner(cache: CacheFile, files: Files | Unknown | Absent) -> str:
    return files.owner(cache.uid, cache.gid) if isinstance(files, Files) else f"{cache.uid}:{cache.gid}"


def _unreadable(laravel: Laravel) -> list[CacheFile]:
    return [cache for cache in laravel.caches if cache.kind in _COMMAND and cache.exists and not cache.readable]


@rule.fix(Safety.SAFE)
def rebuild(_finding: Finding, app: App, laravel: Laravel, files: Files | Unknown | Absent) -> Iterator[Step]:
    unreadable = _unreadable(laravel)
    if any(isinstance(cache.fresh, Unknown) or cache.loses or not can_rebuild(laravel, cache) for cache in unreadable):
        return
    why = f"{app.user} cannot read it, and artisan cannot start with it"
    yield from remove(app, files, [cache.path for cache in unreadable], why)
    for command in dict.fromkeys(_COMMAND[cache.kind] for cache in unreadable):
        yield artisan(app, laravel, command, f"rebuilt by {app.user}, who then can read it")
