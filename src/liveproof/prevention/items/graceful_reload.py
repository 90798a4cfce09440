"""A reload of PHP-FPM lets running requests finish."""

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.prevention.item import Item, Seen, State

item = Item(70, "A reload of PHP-FPM lets running requests finish (process_control_timeout)")


@item.judge
def judge(app: App, fpm: Fpm) -> Seen:
    """Done where each master that serves the app waits."""
    masters = {master.config: master for master, _ in fpm.serving(app.pools)}
    waiting = [f"{one.control_timeout:g} s in {path}" for path, one in masters.items() if one.control_timeout > 0]
    if not masters:
        return Seen(State.NOT_APPLICABLE, "no pool of PHP-FPM serves this app")
    if len(waiting) < len(masters):
        return Seen(State.UNKNOWN, "PHP-FPM does not run, so the value in force was not seen")
    return Seen(State.DONE, ", ".join(waiting))
