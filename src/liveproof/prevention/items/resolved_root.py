"""nginx hands PHP the resolved path of the release."""

from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.prevention.item import Item, Seen, State

item = Item(80, "nginx passes PHP the resolved path ($realpath_root)")


@item.judge
def judge(app: App, nginx: Nginx) -> Seen:
    """Not applicable where the app is served by no link that a deploy could move."""
    servers = [server for server in nginx.servers if server.id in app.servers]
    if not servers:
        return Seen(State.NOT_APPLICABLE, "no server block of nginx serves this app")
    if app.path == app.real:
        return Seen(State.NOT_APPLICABLE, f"{app.path} is not a symbolic link that a deploy moves")
    places = [f"{one.file}:{one.line}" for server in servers for one in server.passes]
    return Seen(State.DONE, f"{', '.join(dict.fromkeys(places[:3]))} resolves the link for each request")
