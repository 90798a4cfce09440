"""A deploy ends with a reload of PHP-FPM where PHP does not look at its files: the seed's second item."""

from liveproof.model.facts.deployment import Deployment
from liveproof.model.facts.opcache import Opcache
from liveproof.prevention.item import Item, Seen, State
from liveproof.report.content.host_names import Place
from liveproof.report.content.symptoms import test, unit

item = Item(90, "OPcache takes up new code: PHP looks at its files, or the deploy reloads PHP-FPM")


@item.judge
def judge(opcache: Opcache, deployment: Deployment, place: Place) -> Seen:
    """Done where every pool validates timestamps, or a script of the deploy names a reload."""
    if opcache.unseen:
        return Seen(State.UNKNOWN, opcache.unseen[0].reason)
    cached = [pool for pool in opcache.seen if pool.loaded and pool.enabled]
    blind = [pool.pool for pool in cached if not pool.validates]
    if not cached:
        return Seen(State.NOT_APPLICABLE, "no pool of this app uses OPcache")
    if not blind:
        return Seen(State.DONE, "opcache.validate_timestamps=1 in every pool, so PHP looks at its files itself")
    setting = f"opcache.validate_timestamps=0 in pool {', '.join(blind)}"
    named = next((script.path for script in deployment.scripts if script.reloads), "")
    if named:
        return Seen(State.DONE, f"{setting}, and {named} names the reload that this needs")
    todo = ("End each deploy, after the files and the link are in place, with",)
    reload = (f"{test(place)} && systemctl reload {unit(place)}",)
    if deployment.scripts:
        return Seen(State.OPEN, f"{setting}, and {deployment.scripts[0].path} names no reload", todo, reload)
    return Seen(State.UNKNOWN, f"{setting}, and no script of the deploy was seen on this host", todo, reload)
