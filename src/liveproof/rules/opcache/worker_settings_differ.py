"""
Server blocks of nginx set different PHP settings in one pool.

## Why
`fastcgi_param PHP_VALUE` and `PHP_ADMIN_VALUE` change settings of the worker that takes the request, and PHP-FPM does
not undo them: the worker keeps them for requests that do not set them. Where one location or site of a pool sets
them and another does not, or sets others, the settings of a request depend on what its worker did before: a memory
limit, a switched-off OPcache or an open_basedir comes and goes.

## Verify by hand
```
nginx -T 2>/dev/null | grep -nE 'PHP_(ADMIN_)?VALUE'
```

## Fix safety
Manual: put the settings into the pool's file (`php_admin_value[…]`), or give each site a pool of its own; then reload
nginx and PHP-FPM.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import FastcgiPass, Nginx
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "OPC016",
    Severity.MEDIUM,
    condition="requests of all server blocks of a pool set the same PHP settings, or none",
)

_SHOWN = 8


@rule.check
def check(app: App, nginx: Nginx, fpm: Fpm) -> Iterator[Answer]:
    if nginx.unread:
        yield Unknown(
            f"which PHP settings requests carry is not known, since of nginx's configuration {nginx.unread[0]}"
        )
    routes = dict(fpm.routes)
    for pool in app.pools:
        passes = [
            one
            for server in nginx.servers
            for one in server.passes
            if any(pool in routes.get(address, ()) for address in one.addresses)
        ]
        if len({one.php_settings for one in passes}) > 1:
            yield _finding(app, pool, passes)
        elif passes:
            yield Holds(f"{len(passes)} locations that pass to pool {pool}")


def _finding(app: App, pool: str, passes: list[FastcgiPass]) -> Finding:
    setting = [one for one in passes if one.php_settings]
    first = setting[0]
    return Finding(
        f"Workers of pool {pool} keep PHP settings that {first.file}:{first.line} sends with its requests; other "
        f"requests of the pool do not send the same.",
        (Ref("app", app.path), Ref("pool", pool), *dict.fromkeys(Ref("file", one.file) for one in setting)),
        tuple(
            Evidence(
                f"{one.file}:{one.line}",
                f"sends {' and '.join(one.php_settings) or 'none'}",
                "the same from every location of the pool, or none",
            )
            for one in passes[:_SHOWN]
        ),
        "Set them in the pool's file (php_admin_value[name] = value), or give the site a pool of its own; take the "
        "fastcgi_param out, then reload nginx and PHP-FPM.",
        more=len(passes[_SHOWN:]),
    )
