r"""
PHP lies in the app that the release does not have.

## Why
A script below the document root is run by whoever knows its name, whether it was released or not: a forgotten
`info.php`, a tool somebody needed for a minute, or a back door. PHP among the app's own code (`app/`, `config/`,
`routes/`) that no commit holds is run by the app, is missing on the next server, and is gone after the next clean
deploy.

Every PHP file below the document root and in the directories that hold the release's code is looked up in the commit
(or manifest). What Composer installs, Laravel's caches, `storage` and `node_modules` are left out; among uploads that a
link makes public (`storage/app/public`), PHP is reported all the same.

What the repository ignores is reported, without breaking the proof, only below a document root of its own (`public/`,
`web/`), where visitors reach it: an ignored `public/build` is a good place to hide a script. Nothing is said of files
that the release's own `.gitignore` names one by one, of settings (`wp-config.php`, `settings.php`), and of what
Composer installed or scaffolded there (Drupal's `web/core` and `web/index.php`, Bedrock's `web/wp`), as
`vendor/composer/installed.json` has it.

## Fix safety
Manual: only a person can tell a back door from a file that somebody forgot to commit. Keep a copy and its times before
removing what nobody knows.

## Verify by hand
```sh
git -C {app} ls-files --others -- '*.php'      # as the tree's owner, never as root
ls -la --time-style=full-iso {app}/public
```
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.release import Release
from liveproof.model.findings import Evidence, Finding, Holds, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

_SHOWN = 10

rule = Rule("REL011", Severity.HIGH, condition="no PHP file lies among the code that is not part of the release")


@rule.check
def check(app: App, release: Release) -> Iterator[Finding | Holds]:
    if release.untracked:
        yield _finding(
            app, dict.fromkeys(release.untracked, f"no such file, as in {release.name}"), f"not part of {release.name}"
        )
    elif release.kind == "directory":
        yield Holds(f"all of {release.intended} is the release")
    elif release.compared:
        yield Holds(f"every PHP file among the code is part of {release.name}")
    if release.ignored:
        message = {
            path: f"no such file, as in {release.name} (ignored by {source})" for path, source in release.ignored
        }
        yield _finding(app, message, "below the document root and ignored by git", severity=Severity.NOTICE)


def _finding(app: App, told: dict[str, str], what: str, severity: Severity = Severity.HIGH) -> Finding:
    count, shown = len(told), list(told)[:_SHOWN]
    return Finding(
        f"{count} PHP {'file is' if count == 1 else 'files are'} {what}, such as {shown[0]}",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown)),
        tuple(Evidence(app.below(path), "is there", told[path]) for path in shown),
        advice="find out who put it there; then commit it, or move it out of the app: " + ", ".join(shown),
        severity=severity,
        more=count - len(shown),
    )
