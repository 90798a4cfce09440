"""What mode bits alone let the app's user do (path_resolution(7)); ACLs and mounts are the kernel's to count."""

from liveproof.model.facts.apps import App

READ, WRITE, SEARCH = 4, 2, 1


def permits(mode: int, uid: int, gid: int, app: App, bits: int) -> bool:
    """Whether an entry of that mode and owner grants the app's user all of READ, WRITE and SEARCH that are asked."""
    if app.uid == 0:
        return True
    return mode >> shift(uid, gid, app) & bits == bits


def shift(uid: int, gid: int, app: App) -> int:
    """Where in the mode the app's user finds its bits: 6 as the owner, 3 as one of the group, else 0."""
    if uid == app.uid:
        return 6
    return 3 if gid == app.gid or gid in app.groups else 0
