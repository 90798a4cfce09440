"""
A link within the served release leads nowhere, or into another release.

## Why
What releases share (`.env`, `storage`, uploads) is linked into each of them. A relative link that was made in another
directory, `storage:link` run in a staging tree that is gone, or a step that the deploy left out gives a link to
nothing: uploads answer 404, `.env` is not read. A link into another release works until the clean-up removes that
release, and shows its old files until then.

Every link of the app outside of `vendor` and `node_modules` is followed. That one leads nowhere is a fault for what
Laravel reads or visitors reach (`.env`, `storage`, `public/storage`, `public/build`, caches), and else a notice.

## Verify by hand
```
find {app}/ -xtype l -not -path '*/vendor/*' -not -path '*/node_modules/*' -ls
find {app}/ -maxdepth 3 -type l -not -path '*/vendor/*' -exec readlink -f {} +
```

## Fix safety
Manual: the target that was meant only a person can tell. `ln -sfn` puts a link right; `php artisan storage:link` makes
`public/storage`.
"""

from collections.abc import Iterator

from liveproof.analysis.releases import named_as_release, release_of
from liveproof.model.facts.apps import App
from liveproof.model.facts.tree_links import TreeLink, TreeLinks
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "REL009",
    Severity.HIGH,
    condition="every link of the app that it needs leads to something, and none into another release",
    leads_to=("LAR009", "LAR013", "WIR001:answered"),
    only_breaks=True,
)

_NEEDED = (
    ".env",
    "storage",
    "bootstrap/cache",
    "public",
    "vendor",
    "public/storage",
    "public/build",
    "public/index.php",
)
_SHOWN = 10


@rule.check
def check(app: App, tree: TreeLinks) -> Iterator[Answer]:
    missing = [link for link in tree.links if not link.exists]
    needed = [link for link in missing if _is_needed(link.path)]
    others = [link for link in missing if link not in needed]
    astray = [link for link in tree.links if link.exists and _in_another_release(app, link)]
    if needed:
        yield _finding(app, needed, "leads nowhere", "let it lead to what was meant")
    if astray:
        what = "leads into another release, which a clean-up will remove"
        yield _finding(app, astray, what, "let it lead to what the releases share, or to the release's own")
    if others:
        yield _finding(app, others, "leads nowhere", "let it lead to what was meant, or remove it", Severity.NOTICE)
    if not needed and not astray:
        yield Holds(f"{tree.count} links")
    if tree.unseen:
        path, why = tree.unseen[0]
        more = f" (and {len(tree.unseen) - 1} more)" if len(tree.unseen) > 1 else ""
        yield Unknown(f"where {app.below(path)} leads is not known: {why}{more}")


def _told(link: TreeLink) -> str:
    return link.target if link.written == link.target else f"{link.written}, which is {link.target}"


def _is_needed(path: str) -> bool:
    return path in _NEEDED or path.startswith("storage/framework/")


def _in_another_release(app: App, link: TreeLink) -> bool:
    release = release_of(app, link.target)
    return release not in ("", app.real) and named_as_release(app, release)


def _finding(app: App, links: list[TreeLink], what: str, advice: str, severity: Severity = Severity.HIGH) -> Finding:
    expected = "a file or directory of its own or shared" if links[0].exists else "something that exists"
    first, more = links[0], f" (and {len(links) - 1} more)" if len(links) > 1 else ""
    return Finding(
        f"the link {app.below(first.path)} {what}: {first.target}{more}",
        (Ref("app", app.path), *(Ref("file", app.below(link.path)) for link in links[:_SHOWN])),
        tuple(Evidence(f"readlink {app.below(link.path)}", _told(link), expected) for link in links[:_SHOWN]),
        f"{advice}: ln -sfn TARGET {app.below(first.path)}",
        severity=severity,
        more=len(links[_SHOWN:]),
    )
