"""
Composer's autoloader names files that are not there.

## Why
Composer writes at the end of an installation which file holds which class. When files of `vendor/` are missing later,
it was copied only in part, or its maps are of another installation. A missing file of the `files` map, which is
included at the start of every request, ends all requests; a missing class ends those that use it. The same where an
installed package's namespace is not in the maps: its classes are not found.

liveproof reads `vendor/composer/autoload_static.php`, the map that PHP loads. A missing class of the app itself is a
notice: a class that the release removed is still in a map that was not made again, and nothing uses it. So are missing
tests, examples and documentation of packages.

## Verify by hand
```sh
cd {app} && sudo -u "$(stat -c %U vendor)" composer install --dry-run
grep -o "/vendor/[^']*php" {app}/vendor/composer/autoload_classmap.php | head
```

## Fix safety
Manual: `composer install`, or `composer dump-autoload`, as the owner of the tree, or deploy again.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Autoloader, Composer
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "CMP006",
    Severity.HIGH,
    condition="Composer's autoloader names no file that is missing, and knows the namespaces of all packages",
    caused_by=("CMP001",),
    leads_to=("LAR006", "WIR001:answered"),
    deployed=4,
)

_SHOWN = 10
# What people remove from packages to save room.
_PRUNED = frozenset({"test", "tests", "fixtures", "stubs", "doc", "docs", "example", "examples", "demo", "bench"})


@rule.check
def check(app: App, composer: Composer) -> Iterator[Answer]:
    autoloader = composer.autoloader
    if isinstance(autoloader, Unknown):
        yield autoloader
        return
    missing = [named for named in autoloader.missing if not _harmless(app, *named)]
    harmless = [named for named in autoloader.missing if _harmless(app, *named)]
    if missing or autoloader.namespaces_missing:
        yield _finding(app, autoloader, missing)
    else:
        yield Holds(f"{autoloader.classes} classes and {autoloader.files} files that the autoloader names are there")
    if harmless:
        yield Finding(
            f"Composer's class map names files that were removed ({len(harmless)}).",
            (Ref("app", app.path),),
            tuple(_evidence(*named) for named in harmless[:_SHOWN]),
            f"Run composer dump-autoload in {app.path} as the owner of vendor.",
            severity=Severity.NOTICE,
            more=len(harmless[_SHOWN:]),
        )


def _finding(app: App, autoloader: Autoloader, missing: list[tuple[str, str]]) -> Finding:
    evidence = [_evidence(*named) for named in missing]
    evidence += [
        Evidence("vendor/composer/autoload_static.php", f"no namespace {prefix}", f"that of the package {name}")
        for prefix, name in autoloader.namespaces_missing
    ]
    said = []
    if missing:
        said.append(f"names files that are not there ({len(missing)})")
    if autoloader.namespaces_missing:
        said.append(f"does not know namespaces of installed packages ({len(autoloader.namespaces_missing)})")
    return Finding(
        f"Composer's autoloader {' and '.join(said)}.",
        (Ref("app", app.path), *(Ref("file", path) for _, path in missing[:_SHOWN])),
        tuple(evidence[:_SHOWN]),
        f"Run composer install in {app.path} as the owner of vendor, or deploy again.",
        more=len(evidence[_SHOWN:]),
    )


def _harmless(app: App, name: str, path: str) -> bool:
    if not name:
        return False
    top = f"{app.real}/vendor/"
    return not path.startswith(top) or not _PRUNED.isdisjoint(path.lower().split("/"))


def _evidence(name: str, path: str) -> Evidence:
    return Evidence(path, "not there", f"the class {name}" if name else "what every request includes")
