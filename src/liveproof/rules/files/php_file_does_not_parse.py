r"""
A PHP file of the app is empty, cut off or does not parse.

## Why
A deploy that was killed, a full disk or a copy that broke off leaves files half-written. PHP compiles a file when it is
first needed, so visitors of one page get an error 500 and all others see nothing; and what OPcache holds hides it until
the next reload.

liveproof lets PHP of the pool's version parse the files, in one process, as the app's user, without compiling or
running any: the app's own code and document root, what Composer's autoloader names, and what a pool has in its OPcache.
An empty file is a fault where Composer found a class in it or where the app starts with it; so is one that declares
nothing any more. A file that parsed is not parsed again until its size or times change. A first look at a large
`vendor` takes several checks, 1.5 s of each; until then the answer is UNKNOWN.

Not parsed: Blade views, `storage/`, `bootstrap/cache/` and directories such as `tests`, `fixtures` and `stubs`, where
packages keep invalid files on purpose, unless a pool has loaded such a file. A file that is whole but does not parse,
and that nothing is known to load, is a notice: it may be a template, or meant for a later PHP. What PHP says only when
it compiles, such as a function that is declared twice, is not looked at.

## Verify by hand
```sh
sudo -u www-data php8.2 -l {app}/app/Http/Kernel.php      # as the app's user, with the pool's version
find {app}/app {app}/config {app}/routes -name '*.php' -empty
```

## Fix safety
Manual: deploy the release again, or bring the file back from the repository, then reload PHP-FPM. A reload before that
makes PHP meet the file.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.php_files import BrokenFile, PhpFiles
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FIL018",
    Severity.HIGH,
    condition="every PHP file that the app can load is whole: the pool's PHP can parse it",
    leads_to=("LAR006", "WIR001:answered"),
    answers=("new code in place",),
    hidden_by_memory=True,
    deployed=5,
)

_SHOWN = 10
_SAW = {
    "empty": "no bytes",
    "hollow": "declares nothing",
    "cut off": "cut off: PHP expects more at line {line}",
    "syntax": "PHP does not understand line {line}",
}


@rule.check
def check(app: App, php_files: PhpFiles, opcache: Opcache | Unknown | Absent) -> Iterator[Answer]:
    held = {script.path for pool in opcache.seen for script in pool.scripts} if isinstance(opcache, Opcache) else set()
    broken = [file for file in php_files.broken if file.certain or file.path in held]
    doubtful = [file for file in php_files.broken if file not in broken]
    versions = " and ".join(php_files.php)
    if broken:
        yield _finding(
            app,
            broken,
            f"PHP cannot use {_files(len(broken))} of the app: empty, cut off or not to be parsed, such as "
            f"{_shown(app, broken[0])}.",
            Severity.HIGH,
            versions,
        )
    elif php_files.parsed:
        yield Holds(f"{_files(php_files.parsed)} parsed by PHP {versions}")
    if doubtful:
        yield _finding(
            app,
            doubtful,
            f"PHP {versions} cannot parse {_files(len(doubtful))} that nothing is known to load.",
            Severity.NOTICE,
            versions,
        )
    if php_files.left:
        yield Unknown(
            f"{_files(php_files.left)} not parsed yet, {php_files.parsed} were: the next check goes on with them"
        )
    if php_files.unread:
        yield Unknown(
            f"PHP could not parse {_files(len(php_files.unread))}, unreadable to {app.user} or too large, such as "
            f"{php_files.unread[0]}"
        )


def _finding(app: App, files: list[BrokenFile], message: str, severity: Severity, versions: str) -> Finding:
    shown = files[:_SHOWN]
    return Finding(
        message,
        (Ref("app", app.path), *(Ref("file", _shown(app, file)) for file in shown)),
        tuple(
            Evidence(_shown(app, file), _SAW[file.how].format(line=file.line), f"whole code of PHP {versions}")
            for file in shown
        ),
        "Deploy the release again, or bring these files back from the repository; do not reload PHP-FPM before.",
        severity=severity,
        more=len(files) - len(shown),
    )


def _files(count: int) -> str:
    return f"{count} PHP {'file' if count == 1 else 'files'}"


def _shown(app: App, file: BrokenFile) -> str:
    """The path as the app is served."""
    top = f"{app.real}/"
    return app.below(file.path[len(top) :]) if file.path.startswith(top) else file.path
