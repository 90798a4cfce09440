r"""
PHP keeps bytecode in files, which a restart does not empty, that is older than the code.

## Why
With `opcache.file_cache` PHP writes what it compiled into files and reads these instead of compiling, also after a
reload or restart of PHP-FPM and a reboot. With `opcache.validate_timestamps=0` it never compares them with the sources,
so that an old file brings the old code back after every restart. With JIT PHP writes no such files but still reads
those that are there.

The file of each script of the app that PHP has in its memory is compared by its time with the source: it was written
when the script was compiled.

## Verify by hand
```bash
grep -rn 'opcache.file_cache\|validate_timestamps' /etc/php/{version}/fpm/
find {app} -name '*.php' -newermt '-1 day' | head    # and the .bin of each below opcache.file_cache
```

## Fix safety
By hand: remove what it keeps of the app and reload PHP-FPM, in this order. The directory may be shared with other
apps and lies outside of the app, so liveproof removes nothing there. Let each deploy do both, or give up
`opcache.file_cache`.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.freshness import State, blind, freshness
from liveproof.analysis.shell_words import quoted
from liveproof.analysis.times import moment
from liveproof.fixes.reload import reload_of
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "OPC006",
    Severity.HIGH,
    condition="no bytecode that PHP keeps in files is older than the code, where PHP never compares them",
    leads_to=("OPC001", "OPC002", "REL007", "WIR001:answered"),
    answers=("OPcache of the disk",),
    deployed=3,
)

_SHOWN = 8


@rule.check
def check(app: App, opcache: Opcache, fpm: Fpm | Unknown | Absent) -> Iterator[Answer]:
    yield from opcache.unseen
    for pool in opcache.seen:
        directory = pool.setting("opcache.file_cache")
        if not directory or not pool.enabled:
            yield Holds(f"pool {pool.pool} keeps no bytecode in files")
        elif reason := blind(pool):
            yield Unknown(reason)
        elif pool.validates:
            yield Holds(f"pool {pool.pool} compares what it keeps in {directory} with the files")
        else:
            yield from _judged(app, opcache, pool, fpm)


def _judged(app: App, opcache: Opcache, pool: PoolOpcache, fpm: Fpm | Unknown | Absent) -> Iterator[Answer]:
    directory = pool.setting("opcache.file_cache")
    cached = [script for script in pool.scripts if not script.preloaded and script.exists]
    old = [script for script in cached if _old(opcache, script)]
    unsure = [script for script in cached if script.in_file < 0]
    if old:
        yield Finding(
            f"pool {pool.pool} keeps bytecode of {len(old)} of the {len(cached)} cached scripts of this app in "
            f"{directory} from before they changed, so a restart brings the old code back",
            (Ref("app", app.path), Ref("pool", pool.pool), *(Ref("file", script.path) for script in old[:_SHOWN])),
            tuple(_evidence(pool, script) for script in old[:_SHOWN]),
            f"Remove it and reload, in this order: {_command(app, pool, fpm)}",
            more=max(0, len(old) - _SHOWN),
            at_least=pool.incomplete,
        )
    if unsure:
        yield Unknown(
            f"pool {pool.pool}: when this PHP wrote what {directory} keeps of {len(unsure)} cached scripts, such as "
            f"{unsure[0].path}, is not known; removing it settles it: {_command(app, pool, fpm)}"
        )
    late = [script for script in cached if script not in old and script not in unsure and _late(opcache, pool, script)]
    if late:
        yield Unknown(
            f"pool {pool.pool}: {len(late)} scripts, such as {late[0].path}, changed while what {directory} keeps of "
            "them was written, or later without moving their time; removing it settles it: "
            f"{_command(app, pool, fpm)}"
        )
    if pool.incomplete:
        yield Unknown(f"pool {pool.pool} has more scripts of this app in its cache than liveproof looks at")
    if not old and not unsure and not late:
        yield Holds(f"pool {pool.pool}: what {directory} keeps of {len(cached)} cached scripts of the app")


def _old(opcache: Opcache, script: Script) -> bool:
    changed = min(script.modified, script.ctime_ns / 1e9)
    return 0 < script.in_file < changed and script.modified <= opcache.now + 1 and script.same is not True


def _late(opcache: Opcache, pool: PoolOpcache, script: Script) -> bool:
    return script.in_file > 0 and freshness(pool, script, opcache.now).state is not State.FRESH


def _evidence(pool: PoolOpcache, script: Script) -> Evidence:
    return Evidence(
        f"stat of {script.path}.bin in {pool.setting('opcache.file_cache')}",
        f"written {moment(script.in_file)}",
        f"after the file of {moment(script.modified)} was compiled",
    )


def _command(app: App, pool: PoolOpcache, fpm: Fpm | Unknown | Absent) -> str:
    """What removes the bytecode of the app and lets PHP compile it again."""
    directory = quoted(pool.setting("opcache.file_cache").rstrip("/"))
    found = fpm.pool(pool.pool) if isinstance(fpm, Fpm) else None
    reload = reload_of(found[0]).shell()[-1] if found and found[0].pid else "reload PHP-FPM"
    return f"rm -r {directory}/*{quoted(app.real)} && {reload}"
