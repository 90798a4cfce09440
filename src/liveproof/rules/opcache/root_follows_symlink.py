"""
nginx passes PHP the path of a release through its symbolic link.

## Why
With `$document_root` PHP gets `…/current/public/index.php` and resolves the link itself: it keeps the answer in each
worker's realpath cache (120 s), and with `opcache.validate_timestamps=0` under a key of OPcache that is never checked
again. After `current` was pointed at a new release, the old one goes on being served, though every file on disk and
every cached script is right. With `$realpath_root` nginx resolves the link for each request.

The setting alone is a notice; a release that is still served after the link has moved is the fault.

## Verify by hand
```bash
nginx -T 2>/dev/null | grep -nE 'SCRIPT_FILENAME|DOCUMENT_ROOT'
readlink -f {app}
curl -s -H 'Host: {host}' http://127.0.0.1/ | head
```

## Fix safety
Safe while the old release is served: a graceful reload of PHP-FPM forgets both caches. The setting
itself is an edit of the site's nginx file: shown as a diff, asked for, tested with `nginx -t`; then nginx and PHP-FPM
are reloaded.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.stale_code import held_releases, unresolved
from liveproof.fixes.nginx_edit import with_realpath_root
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import FastcgiPass, Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile

rule = Rule(
    "OPC004",
    Severity.HIGH,
    condition="no pool serves another release than the one that the app's link names",
    leads_to=("WIR001:answered", "WIR003"),
    answers=("OPcache of the disk", "new code in place"),
    prevents="resolved_root",
)

_ADVICE = (
    "Let fastcgi_param SCRIPT_FILENAME and DOCUMENT_ROOT begin with $realpath_root, then reload nginx and PHP-FPM."
)
_SHOWN = 8


@rule.check
def check(app: App, nginx: Nginx, opcache: Opcache) -> Iterator[Answer]:
    places = unresolved(app, nginx)
    if not places:
        yield Holds("nginx passes PHP no path of the app through a symbolic link")
        return
    yield from opcache.unseen
    setting = [Evidence(f"{p.file}:{p.line}", p.script_filename, "$realpath_root$fastcgi_script_name") for p in places]
    seen_held = False
    for pool in opcache.seen:
        held = held_releases(app, opcache, pool, nginx)
        if held:
            seen_held = True
            releases = ", ".join(sorted({one.release for one in held}))
            yield Finding(
                f"pool {pool.pool} still serves {releases} though {app.path} points to {app.real}: nginx passes PHP "
                "the symlink path",
                (Ref("app", app.path), Ref("pool", pool.pool), *_servers(app)),
                (*(one.evidence for one in held[:_SHOWN]), *setting[:2]),
                _ADVICE,
                more=len(held[_SHOWN:]),
            )
    if seen_held:
        return  # the effect says it all
    yield Finding(
        f"after the next switch of {app.path} the old release would go on being served for a while, or until a reload: "
        "nginx passes PHP the symlink path",
        (Ref("app", app.path), *_servers(app)),
        tuple(setting[:_SHOWN]),
        _ADVICE,
        severity=Severity.NOTICE,
        more=len(setting[_SHOWN:]),
    )


def _servers(app: App) -> Iterator[Ref]:
    return (Ref("server", server) for server in app.servers)


@rule.fix(Safety.SAFE)
def forget_or_resolve(finding: Finding, app: App, nginx: Nginx, fpm: Fpm, opcache: Opcache) -> Iterator[Step]:
    held = finding.severity is Severity.HIGH
    if held:
        yield from graceful_reloads(fpm, finding.ids("pool"), f"PHP must resolve {app.path} again")
    edits = _edits(app, nginx, opcache)
    for path, (old, new) in edits.items():
        yield Step(
            WriteFile.edit(path, old, new, nginx.test),
            "nginx resolves the link for each request, so that a switch takes effect at once",
            f"the old {path} comes back, and nginx is reloaded",
            further=held,
        )
    if edits:
        why = "the new parameters must be read"
        undo = "another reload, after the file is back"
        yield Step(ServiceAction("reload", nginx.unit, nginx.test), why, undo, further=held)
    if edits and not held:
        yield from graceful_reloads(fpm, app.pools, f"PHP must forget what {app.path} was resolved to")


def _edits(app: App, nginx: Nginx, opcache: Opcache) -> dict[str, tuple[str, str]]:
    """Old and new text of each file by its real path; empty unless every place can be fixed in the site's own file."""
    sources = {source.path: source for source in opcache.sources}
    texts = {source.path: source.text for source in opcache.sources}
    edited: dict[str, tuple[str, str]] = {}
    places = unresolved(app, nginx)
    # From the last line up, so that lines which are added do not move those that are yet to be edited.
    for place in sorted(places, key=lambda place: place.line, reverse=True):
        source = sources.get(place.file)
        if source is None or not nginx.test or not nginx.unit or not _own(place, app, nginx):
            return {}
        new = with_realpath_root(edited.get(source.real, ("", source.text))[1], place.line, texts)
        if new is None:
            return {}
        edited[source.real] = (source.text, new)
    return edited


def _own(place: FastcgiPass, app: App, nginx: Nginx) -> bool:
    """Whether the place stands in the file of the app's own server block, and no other app's block holds it."""
    holders = [server for server in nginx.servers if place in server.passes]
    return all(server.id in app.servers and server.file == place.file for server in holders)
