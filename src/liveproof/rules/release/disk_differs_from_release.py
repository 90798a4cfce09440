r"""
The files on disk are not those of the intended release.

## Why
Everything else that liveproof proves is about the files on disk. When one of them was edited by hand, was left out by
a deploy that broke off, or survived from an earlier release, then what is live is not what was released, however
fresh every cache is.

The intended release is the commit, the manifest or the release directory that `liveproof.toml` names (`[app] release =
…`), else HEAD of the app's own repository. A directory is compared with nothing: it must be the one served. Every file
of it is compared by content. `git status` is not asked: in a tree that belongs to somebody else it would run that
user's filters, hooks and monitors.

## Fix safety
Manual: only a person can tell whether the edit or the release is the mistake. Keep the edit as a commit, or deploy
again.

## A manifest
```sh
cd {app} && find . -type f -not -path './storage/*' -not -path './bootstrap/cache/*' -not -path './.git/*' -print0 |
  sort -z | xargs -0 sha256sum > /etc/liveproof/release.sha256      # made where the release was built
```

One that `liveproof release sign` signed is believed only when a trusted key verifies it: see docs/release.md.

## Verify by hand
```sh
sudo -u "$(stat -c %U {app}/.git)" git --no-optional-locks -C {app} diff --stat HEAD   # as the tree's owner
cd {app} && sha256sum --quiet -c /etc/liveproof/release.sha256
```
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.release import Release
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

_SHOWN = 10

rule = Rule(
    "REL001",
    Severity.HIGH,
    condition="every file of the release is on disk, byte for byte",
    leads_to=("WIR001:answered",),
    answers=("release on disk", "new code in place"),
    deployed=3,
)


@rule.check
def check(app: App, release: Release) -> Iterator[Answer]:
    if release.changed or release.missing:
        yield _finding(app, release)
    elif release.modes:
        yield _lost_bits(app, release)
    elif release.kind == "directory":
        yield _served(app, release)
    elif release.compared:
        yield Holds(f"{release.compared} files are those of {release.name}")
    if release.skipped:
        path, why = release.skipped[0]
        yield Unknown(f"{len(release.skipped)} files could not be compared with the release, such as {path}: {why}")


def _served(app: App, release: Release) -> Holds | Unknown:
    """A release directory has nothing to be compared with: what matters is whether it is the one that is served."""
    if release.intended == app.real:
        return Holds(f"{release.intended} itself is served")
    return Unknown(f"{app.path} leads to {app.real}, so the files of {release.intended} are not what is served")


def _finding(app: App, release: Release) -> Finding:
    parts = []
    if release.changed:
        parts.append(f"{len(release.changed)} changed")
    if release.missing:
        parts.append(f"{len(release.missing)} missing")
    shown = [(path, "changed") for path in release.changed[:_SHOWN]]
    shown += [(path, "missing") for path in release.missing[: _SHOWN - len(shown)]]
    return Finding(
        f"of {release.compared} files of {release.name}, {' and '.join(parts)}",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path, _ in shown)),
        tuple(Evidence(f"content of {app.below(path)}", saw, f"as in {release.name}") for path, saw in shown),
        advice="keep the edit as a commit, or deploy the release again: " + ", ".join(path for path, _ in shown),
        more=len(release.changed) + len(release.missing) - len(shown),
    )


def _lost_bits(app: App, release: Release) -> Finding:
    shown = release.modes[:_SHOWN]
    return Finding(
        f"{len(release.modes)} files of {release.name} have lost their executable bit",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown)),
        tuple(Evidence(f"stat {app.below(path)}", "not executable", "executable") for path in shown),
        advice=f"chmod +x {' '.join(shown)}",
        severity=Severity.NOTICE,
        more=len(release.modes) - len(shown),
    )
