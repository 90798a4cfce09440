"""
The manifest of built assets names files that are not there, or pages load their assets from a development server.

## Why
`@vite` and `mix()` look up in `public/build/manifest.json` or `public/mix-manifest.json` which files a page loads.
Where a deploy brings the manifest without the files, or files of another build than the manifest's (`public/build`
shared between releases, a build that ran out of memory), pages come without styles and scripts, with status 200. A
manifest that is empty or cut off makes each page that asks for it fail, with status 500.

`public/hot` is written by `npm run dev`. While it is there, pages load everything from the address inside it, a
development server that visitors do not reach.

Maps of sources are not needed by visitors. Where ASSET_URL names another server, missing files may lie there, which
is not looked at. A manifest of Mix beside one of Vite is reported as a notice: it is most often one from before. Not
told is a manifest that a view asks for and that is not there at all.

## Verify by hand
```
cd {app}/public/build
grep -o '"file": *"[^"]*"' manifest.json | cut -d '"' -f 4 | xargs ls -l
ls -l {app}/public/hot
```

## Fix safety
Manual: only a build (`npm ci && npm run build`) makes the files, best where the release is made. `public/hot` can be
deleted where no development server is meant to run.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.assets import Assets, Hot, Manifest
from liveproof.model.facts.laravel import Laravel, counted, listed
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "LAR013",
    Severity.MEDIUM,
    condition="the manifests of built assets name files that are there, and pages load them from no development server",
    leads_to=("WIR001:answered", "LAR015"),
    answers=("manifests",),
)

_NAMED = 10


@rule.check
def check(app: App, assets: Assets, laravel: Laravel | Unknown) -> Iterator[Answer]:
    yield from assets.unseen
    for hot in assets.hot:
        yield _hot(app, hot, laravel.environment if isinstance(laravel, Laravel) else "")
    if not assets.manifests and not assets.hot and not assets.unseen:
        yield Holds("neither a manifest of built assets nor public/hot is there")
    vite = any(manifest.tool == "vite" for manifest in assets.manifests)
    for manifest in assets.manifests:
        yield _judged(app, manifest, laravel, Severity.NOTICE if vite and manifest.tool == "mix" else None)


def _judged(app: App, manifest: Manifest, laravel: Laravel | Unknown, severity: Severity | None) -> Answer:
    path, missing = manifest.path, manifest.missing
    about, advice = (Ref("app", app.path), Ref("file", path)), "Build the assets again (npm ci && npm run build)"
    if manifest.broken:
        return Finding(
            f"Pages that use built assets fail, since Laravel cannot use {path}: {manifest.broken}.",
            about,
            (Evidence(path, manifest.broken, "JSON that names the built files"),),
            f"{advice}, and copy public/ whole.",
            severity=severity,
        )
    if isinstance(missing, Unknown):
        return missing
    if not missing:
        return Holds(f"{path} names {manifest.files} files, and each is there")
    if not isinstance(laravel, Laravel):
        return Unknown(f"{path} names files that are not there; whether the app loads them from here: {laravel.reason}")
    if laravel.assets_elsewhere:
        return Unknown(
            f"{path} names {_files(missing)} not there, and ASSET_URL names where the app loads them: "
            f"that server was not asked (for one: {missing[0]})"
        )
    return Finding(
        f"{path} names {_files(missing)} not there, so pages load without them.",
        about,
        (Evidence(path, f"names {listed(missing, _NAMED)}", "files below public/"),),
        f"{advice}, and deploy the manifest together with the files that it names.",
        severity=severity,
    )


def _files(missing: tuple[str, ...]) -> str:
    count = counted(missing)
    return f"{count} files that are" if count != 1 else "1 file that is"


def _hot(app: App, hot: Hot, environment: str) -> Finding:
    severities = {"production": Severity.HIGH, "": Severity.MEDIUM}
    where = hot.address or "an address that is empty"
    return Finding(
        f"Pages load their assets from {where}, a development server's address, because of {hot.path}.",
        (Ref("app", app.path), Ref("file", hot.path)),
        (Evidence(hot.path, where, f"no such file{f' in {environment}' if environment else ''}"),),
        f"Unless a development server is meant to run here, delete {hot.path}.",
        severity=severities.get(environment, Severity.NOTICE),
    )
