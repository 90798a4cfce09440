"""
Git will refuse the next deploy because the repository is not the deploy user's.

## Why
Git works in a repository only when the work tree and its `.git` belong to whoever runs it, or when `safe.directory` of
that user's configuration names it; otherwise it says "detected dubious ownership". After one `git pull` as root the
files that each pull writes to (`FETCH_HEAD`, `logs/HEAD`) are root's, and the next one as the owner fails. A deploy by
cron then does nothing, every few minutes, and nobody reads its mail.

liveproof compares the owners of the work tree, of `.git` and of these files. Nothing is wrong yet with what is served,
and `safe.directory` of the deploy user may allow the first, so this is a notice.

## Verify by hand
```sh
stat -c '%U %n' {app} {app}/.git {app}/.git/FETCH_HEAD {app}/.git/logs/HEAD
sudo -u "$(stat -c %U {app}/.git)" git -C {app} rev-parse HEAD
```

## Fix safety
Manual: who deploys only a person can tell; never open `.git` to everybody.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.checkout import Checkout
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("REL008", Severity.NOTICE, leads_to=("REL005",), only_breaks=True)


@rule.check
def check(app: App, checkout: Checkout) -> Iterator[Finding]:
    (git, git_name), (tree, tree_name) = checkout.owner, checkout.tree_owner
    if git != tree and not checkout.trusted:
        yield Finding(
            f"{app.path} belongs to {tree_name} and its .git to {git_name}: git refuses to work there for both",
            (Ref("app", app.path), Ref("file", checkout.directory)),
            (
                Evidence(f"stat {app.path}", tree_name, f"the owner of {checkout.directory}"),
                Evidence(f"stat {checkout.directory}", git_name, f"the owner of {app.path}"),
            ),
            f"give both to the user who deploys, or as that user: git config --global --add safe.directory {app.real}",
        )
    if checkout.foreign:
        path, name = checkout.foreign[0]
        yield Finding(
            f"{name} ran git in {app.path}, and the next pull as {git_name} will fail: {path} is not {git_name}'s",
            (Ref("app", app.path), *(Ref("file", path) for path, _ in checkout.foreign)),
            tuple(Evidence(f"stat {path}", name, git_name) for path, name in checkout.foreign),
            f"chown -R {git_name}: {checkout.directory}; run git only as {git_name}",
        )
