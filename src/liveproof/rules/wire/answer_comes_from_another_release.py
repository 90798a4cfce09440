"""
Another release than the deployed one answers.

## Why
That a request is answered with 200 does not show by what: nginx may hand PHP a script of another directory
(`fastcgi_param SCRIPT_FILENAME` with a fixed path, a copied server block, a `root` within the location), and an old
release answers as well as the new one. liveproof looks at the pool's OPcache right before and right after its own
requests: the front controller of the deployed tree must have run in between. Where only that of another release ran, it
is the one that answers; where none is seen, nothing is proven.

OPcache shows that a script ran, not for whom: on a busy site other visitors' requests count as well.

## Verify by hand
```
nginx -T 2>/dev/null | grep -nE 'SCRIPT_FILENAME|root'
readlink -f {app}
```

## Fix safety
Manual: the directory that nginx hands to PHP must be put right.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.execution import Execution
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "WIR002",
    Severity.HIGH,
    condition="what answers a request is the front controller of the deployed tree",
    caused_by=("OPC004",),
    leads_to=("WIR001:answered",),
    answers=("requests", "new code in place"),
)


@rule.check
def check(app: App, execution: Execution) -> Iterator[Answer]:
    for pool, path in execution.own:
        yield Holds(f"{path} ran in pool {pool}")
    if execution.own:
        return
    if not execution.others:
        yield Unknown("; ".join(why.reason for _, why in execution.unseen) or f"no pool of {app.path} was asked")
        return
    pools = dict.fromkeys(pool for pool, _ in execution.others)
    paths = tuple(dict.fromkeys(path for _, path in execution.others))
    yield Finding(
        f"{paths[0]} answered a request for {app.path}, which is {app.real}.",
        (Ref("app", app.path), *(Ref("pool", pool) for pool in pools), *(Ref("file", path) for path in paths)),
        tuple(
            Evidence(f"OPcache of pool {pool}", f"{path} ran while a request was answered", f"a script in {app.real}")
            for pool, path in execution.others
        ),
        "See which directory nginx hands to PHP (SCRIPT_FILENAME, root), correct it, then reload nginx and PHP-FPM.",
    )
