"""`liveproof status` on the seed's host, and on one with more of everything and hostile names."""

from dataclasses import replace

from liveproof.model.facts.deployment import Deployment
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.watching import Watching
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Unknown
from liveproof.report.status.seen import HalfDone, HostStatus, KeptRun, app_status, watcher_seen
from tests.golden import hostile
from tests.golden.filled import filled
from tests.golden.incident import app
from tests.golden.seed_facts import APP, AT

_GIT = ("3f2a1b9c0d" * 4, "main", "")
_RELEASES = "/var/www/api-gateway/releases"
_CHECK = KeptRun("20251024-102000-3f", AT - 600, "broken")
_FIX = KeptRun("20251023-091500-a1", AT - 90_000, "proven", "fixed", 3, compared=False)


def _process(pid: int, started: float, release: str, *words: str) -> PhpProcess:
    argv = ("php", "artisan", *words)
    return filled(PhpProcess, pid=pid, start=started, argv=argv, release=f"{_RELEASES}/{release}")


def _facts() -> dict[type, object]:
    """Of an app that is deployed by releases, with a worker that an earlier one left."""
    workers = Workers((
        _process(900, AT - 90_000, "41", "queue:work", "--token=hunter2"),
        _process(901, AT - 700, "42", "horizon"),
        _process(902, AT - 600, "42", "horizon"),
    ))  # fmt: skip
    seen = app().facts
    opcache, laravel = seen[Opcache], seen[Laravel]
    assert isinstance(opcache, Opcache)
    assert isinstance(laravel, Laravel)
    cache = replace(opcache.seen[0], loaded=True)
    more: dict[type, object] = {
        Opcache: replace(opcache, pools=((cache.pool, cache),)),
        Laravel: replace(laravel, compiled="storage/framework/views"),
        Deployment: Deployment("Deployer", "/var/www/api-gateway/.dep", ()),
        Watching: Watching("active/enabled", 640, "liveproof-watch.service", AT - 12, AT, ()),
        Workers: workers,
    }
    return {**seen, **more}


def one() -> HostStatus:
    """A host with one app, all of it seen."""
    facts = _facts()
    served = replace(APP, path="/var/www/api-gateway/current", real=f"{_RELEASES}/42")
    status = app_status(served, facts, _GIT, AT - 7300, (_CHECK, _FIX))
    return HostStatus(AT, "gateway-1", root=True, apps=(status,), watcher=watcher_seen([facts]))


def several() -> HostStatus:
    """Without root: names that drive a terminal, long reasons, many pools and workers, a fix that was cut off."""
    facts = _facts()
    workers = [_process(n, AT - n, f"rel{n}", f"queue:work\x1b[31m{n}", hostile.SECRETS[0]) for n in range(5)]
    blind: dict[type, object] = {
        kind: Unknown(f"only root can read this: {hostile.NAME}" * 5) for kind in (Fpm, Opcache, Laravel)
    }
    named = replace(APP, path=f"/srv/{hostile.NAME}", real=f"/srv/{hostile.NAME}", pools=tuple("abcd"))
    why = "the repository cannot be read: Permission denied"
    apps = (
        app_status(named, {**facts, **blind, Workers: Workers(tuple(workers))}, ("", "", why), 0.0),
        app_status(replace(APP, laravel=False, pools=()), {Workers: Unknown("only root sees that")}, ("", "", ""), 0.0),
    )
    half = HalfDone("20251024-101500-b2", f"/srv/{hostile.NAME}", AT - 900, 2)
    watcher = watcher_seen([{Watching: Watching(Unknown("systemd does not answer"), 0, "", 0.0, AT, ())}])
    why = "/var/lib/liveproof/history.db cannot be read: Permission denied"
    return HostStatus(AT, "gateway-1", False, apps, "a server block was not understood", watcher, (half,), why)
