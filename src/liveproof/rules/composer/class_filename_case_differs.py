r"""
A class has another upper and lower case in its path than in its name.

## Why
Composer finds a class by its name: `App\Models\User` is in `app/Models/User.php`. On macOS and Windows `user.php` is
the same file, on Linux it is another, so what works on the developer's machine ends on the server with
`Class "App\Models\User" not found`, when the class is first used.

liveproof compares the path of each file below the app's own PSR-4 directories with the class that it declares. A class
that the class map has is found by that, whatever its path. It is a notice, since whether anything uses the class is not
known.

## Verify by hand
```sh
cd {app} && php -r 'require "vendor/autoload.php"; var_dump(class_exists("App\\Models\\User"));'
```

## Fix safety
Manual: rename the file in the repository (`git mv`) and deploy again; `composer dump-autoload --optimize` hides it.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Composer
from liveproof.model.findings import Answer, Evidence, Finding, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("CMP005", Severity.NOTICE, leads_to=("WIR001:answered",), deployed=2)

_SHOWN = 10


@rule.check
def check(app: App, composer: Composer) -> Iterator[Answer]:
    autoloader = composer.autoloader
    if isinstance(autoloader, Unknown):
        yield autoloader
    elif autoloader.other_case:
        shown = autoloader.other_case[:_SHOWN]
        yield Finding(
            f"PHP does not find {shown[0][0]} by its path, which has other upper and lower case"
            + (f"; so with {len(autoloader.other_case) - 1} more." if len(autoloader.other_case) > 1 else "."),
            (Ref("app", app.path), *(Ref("file", path) for _, path in shown)),
            tuple(Evidence(path, f"declares {name}", "a path like the name") for name, path in shown),
            "Rename the files in the repository and deploy again.",
            more=len(autoloader.other_case) - len(shown),
        )
