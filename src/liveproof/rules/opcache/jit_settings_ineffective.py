"""
The JIT is asked for and does not run.

## Why
`opcache.jit` alone does nothing: without `opcache.jit_buffer_size` there is no room for machine code; an extension that
takes over execution (Xdebug, some APM agents) or OPcache being off disables it silently. Somebody measured with the JIT
in mind and gets PHP without it. The defaults are not reported: before PHP 8.4 they name a mode without a buffer.

## Verify by hand
```bash
{fpm} -i | grep 'opcache.jit'
grep -rn 'opcache.jit' /etc/php/{version}/fpm/
```

## Fix safety
Manual: set both or neither; whether the JIT is worth its memory is for the one who measures.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("OPC015", Severity.NOTICE, caused_by=("OPC012",))

# zend_jit_config (php-src, ext/opcache/jit): words and numbers that mean no JIT.
_OFF = ("", "0", "off", "no", "false", "disable")


@rule.check
def check(app: App, opcache: Opcache) -> Iterator[Finding]:
    for pool in opcache.seen:
        if not pool.loaded or pool.jit_on or not _configured(pool):
            continue
        mode, size = pool.setting("opcache.jit"), pool.setting("opcache.jit_buffer_size")
        yield Finding(
            f"the JIT is asked for in pool {pool.pool} (opcache.jit={mode}) and does not run: {_why(pool)}",
            (Ref("app", app.path), Ref("pool", pool.pool)),
            (
                Evidence(
                    f"PHP in worker {pool.pid} of pool {pool.pool}",
                    f"opcache.jit={mode}, opcache.jit_buffer_size={size}, JIT enabled {_yes(pool.jit_enabled)}, "
                    f"on {_yes(pool.jit_on)}",
                    "enabled and on, or not asked for",
                ),
            ),
            "Set opcache.jit and opcache.jit_buffer_size together, or opcache.jit=disable; then restart PHP-FPM.",
        )


def _configured(pool: PoolOpcache) -> bool:
    """Whether somebody set it to something that would have an effect."""
    mode = pool.setting("opcache.jit").lower()
    if mode in _OFF or not pool.setting("opcache.jit_buffer_size"):
        return False
    if _version(pool) >= (8, 4):
        return True  # the default is "disable"
    return pool.number("opcache.jit_buffer_size") > 0 or mode not in ("tracing", "on", "yes", "true", "1", "1254")


def _version(pool: PoolOpcache) -> tuple[int, int]:
    parts = [int(part) if part.isdigit() else 0 for part in pool.php.split(".")[:2]]
    return (parts[0], parts[1]) if len(parts) == 2 else (0, 0)


def _why(pool: PoolOpcache) -> str:
    if not pool.enabled:
        return "OPcache itself is off"
    if not pool.number("opcache.jit_buffer_size"):
        return "opcache.jit_buffer_size is 0"
    taking = [name for name in pool.extensions if name.lower() in _TAKING_OVER]
    named = f" ({', '.join(taking)})" if taking else ""
    return (
        f"an extension that takes over execution{named}, or the processor, does not allow it; PHP-FPM's log says which"
    )


_TAKING_OVER = ("xdebug", "blackfire", "newrelic", "tideways", "pcov", "ddtrace", "datadog-profiling", "uopz")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
