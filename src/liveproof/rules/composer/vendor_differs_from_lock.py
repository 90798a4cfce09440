"""
The packages in vendor/ are not those of composer.lock.

## Why
`composer.lock` belongs to the code of a release: it says with which packages that code was tested. When a deploy brings
a new lock and `composer install` is left out, fails or breaks off, the new code runs with the old packages: classes and
methods that it calls are not there, or do what they did before.

liveproof compares what Composer recorded in `vendor/composer/installed.json` with the lock: names, versions and
references (commits). Packages for development count only where they were asked for. The version of a package that
comes from a path repository follows its directory, so only that it is there is compared. A package that is merely
installed besides is a notice. It also looks whether the directory of each recorded package is there.

## Verify by hand
```sh
cd {app} && sudo -u "$(stat -c %U vendor)" composer install --dry-run   # and --no-dev, if you deploy so
```

## Fix safety
Manual: `composer install` fetches code from elsewhere and runs the app's scripts. Run it as the owner of the tree, or
deploy again.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Composer, Installed, PackageDiffers
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "CMP001",
    Severity.HIGH,
    condition="the packages in vendor are those of composer.lock",
    leads_to=("LAR006", "WIR001:answered"),
    deployed=4,
)

_SHOWN = 10


@rule.check
def check(app: App, composer: Composer) -> Iterator[Answer]:
    installed = composer.installed
    if isinstance(installed, Unknown):
        yield installed
        return
    if isinstance(installed, Absent):
        yield Holds(f"nothing to compare: {installed.reason}")
        return
    wrong = [package for package in installed.differ if not package.harmless]
    besides = [package for package in installed.differ if package.harmless]
    if wrong or installed.absent:
        yield _finding(app, installed, wrong)
    else:
        yield Holds(f"{installed.compared} packages are those of composer.lock")
    if besides:
        yield Finding(
            f"Packages are installed that composer.lock does not ask for ({len(besides)}).",
            (Ref("app", app.path),),
            tuple(_evidence(package) for package in besides[:_SHOWN]),
            f"Run composer install in {app.path} as the owner of vendor, if they are not wanted.",
            severity=Severity.NOTICE,
            more=len(besides[_SHOWN:]),
        )


def _finding(app: App, installed: Installed, wrong: list[PackageDiffers]) -> Finding:
    said = []
    if wrong:
        said.append(f"{len(wrong)} of {installed.compared} packages are not those of composer.lock")
    if installed.absent:
        said.append(f"packages that Composer recorded have no directory ({len(installed.absent)})")
    evidence = [_evidence(package) for package in wrong[:_SHOWN]]
    evidence += [Evidence(path, "not there", f"the package {name}") for name, path in installed.absent[:_SHOWN]]
    return Finding(
        f"In vendor, {' and '.join(said)}.",
        (Ref("app", app.path), Ref("file", app.below("vendor/composer/installed.json"))),
        tuple(evidence[:_SHOWN]),
        f"Run composer install in {app.path} as the owner of vendor, or deploy again.",
        more=len(wrong) + len(installed.absent) - min(len(evidence), _SHOWN),
    )


def _evidence(package: PackageDiffers) -> Evidence:
    locked = package.locked or "not in composer.lock"
    return Evidence(f"vendor/composer/installed.json, {package.name}", package.installed or "not installed", locked)
