"""Where the symbolic links of an app lead: one status for each link that the walk of its tree saw."""

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.tree_links import TreeLink, TreeLinks

_PACKAGES = ("vendor/", "node_modules/", ".git/")
_MOST = 500


def probe(reader: Reader, app: App, files: Files) -> TreeLinks:
    """Look at the links of the app's own code, its document root and its storage."""
    links: list[TreeLink] = []
    unseen: list[tuple[str, str]] = []
    own = [(path, written) for path, written in files.links if not path.startswith(_PACKAGES)]
    for path, written in own[:_MOST]:
        whole = files.real(path)
        try:
            there = reader.stat(whole) is not None
        except OSError as error:
            unseen.append((path, error.strerror or str(error)))
            continue
        target = reader.resolve(whole)
        if not there or not f"{target}/".startswith(f"{app.real}/"):
            links.append(TreeLink(path, written, target, there))
    unseen += [(path, f"only {_MOST} links are looked at") for path, _ in own[_MOST:]]
    return TreeLinks(tuple(links), len(own), tuple(unseen))
