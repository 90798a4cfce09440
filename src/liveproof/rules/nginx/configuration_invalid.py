"""
nginx refuses its own configuration.

## Why
A running nginx goes on with the configuration that it loaded, so the site still answers. But every reload is refused,
so what a deploy changes (a document root, a socket, a certificate) never takes effect; and after the next restart or
reboot nginx does not start at all.

## Verify by hand
```
nginx -t
```

## Fix safety
Manual: only a person knows what the line was meant to say. `nginx -t` names the file and the line.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "NGX001",
    Severity.HIGH,
    condition="nginx takes the configuration that is on disk",
    leads_to=("WIR001",),
    answers=("nginx configuration",),
)

_MOST = 10


@rule.check
def check(app: App, nginx: Nginx) -> Iterator[Answer]:
    if nginx.valid is None:
        yield Unknown("; ".join(nginx.errors) or "nginx's configuration was not tested")
    elif nginx.valid:
        yield Holds(f"{' '.join(nginx.test[:2]) or 'nginx -t'} is successful")
    else:
        test = " ".join(nginx.test[:2]) or "nginx -t"
        places = [place for error in nginx.errors if (place := _place(error))]
        first = nginx.errors[0] if nginx.errors else "no reason was given"
        yield Finding(
            f"nginx refuses its configuration: {first}.",
            (Ref("app", app.path), *dict.fromkeys(Ref("file", file) for file, _ in places)),
            tuple(Evidence(test, error, "test is successful") for error in nginx.errors[:_MOST])
            or (Evidence(test, "it fails", "test is successful"),),
            _advice(nginx, places),
            more=len(nginx.errors[_MOST:]),
        )


def _place(error: str) -> tuple[str, int] | None:
    """File and line at the end of an error, as in ``unknown directive "x" in /etc/nginx/x.conf:3``."""
    _, found, where = error.rpartition(" in ")
    file, colon, line = where.rpartition(":")
    return (file, int(line)) if found and colon and file.startswith("/") and line.isdigit() else None


def _advice(nginx: Nginx, places: list[tuple[str, int]]) -> str:
    where = f"Look at {places[0][0]}, line {places[0][1]} or the line before it" if places else "Fix what it names"
    return f"{where}; then {' '.join(nginx.test[:2]) or 'nginx -t'} && systemctl reload {nginx.unit or 'nginx'}"
