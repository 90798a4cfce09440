"""Directories that the deploy user and the app share keep their group."""

from liveproof.analysis.files.sharing import sharing
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.prevention.item import Item, Seen, State

item = Item(30, "Shared directories hand down their group (setgid or a default ACL)")


@item.judge
def judge(app: App, files: Files, access: Access) -> Seen:
    """Not applicable where only the app's user writes there."""
    found = sharing(app, files, access)
    if not found.count:
        return Seen(State.NOT_APPLICABLE, f"no other user than {app.user} is meant to write to storage and caches")
    kept = f"{len(found.setgid)} by setgid, {len(found.inherited)} by a default ACL"
    umask = ("setgid keeps the group, not its right to write: deploy with umask 0002",) if found.setgid else ()
    return Seen(State.DONE, f"all {found.count} shared directories do: {kept}", umask)
