"""How an app is deployed: by the traces that the tools leave in its directories, and the scripts that lie there."""

import re

from liveproof.fixes.ownership import deployment
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.deployment import Deployment, DeployScript

_LIMIT = 256 * 1024
# What the tools leave in the directory that holds the releases, or in the code (deployer.org, capistranorb.com).
_TRACES = (
    ("Deployer", (".dep",), ("deploy.php", "deploy.yaml", "deploy.yml")),
    ("Capistrano", ("revisions.log", "repo"), ("Capfile",)),
    ("releases", ("releases",), ()),
    ("git", (), (".git",)),
)
_SCRIPTS = (
    "deploy.php", "deploy.yaml", "deploy.yml", "config/deploy.rb", "config/deploy/production.rb", "deploy.sh", "deploy",
    "bin/deploy", "bin/deploy.sh", "scripts/deploy.sh", "scripts/deploy", "post-deploy.sh", ".git/hooks/post-merge",
    ".git/hooks/post-checkout", ".git/hooks/post-receive",
)  # fmt: skip
_COMMENT = re.compile(r"^\s*(#|//|\*|/\*)")
_PROVES = re.compile(r"\bliveproof['\"]?\s+(check|gate|deploy)\b")
_RELOADS = re.compile(
    r"(reload|restart)\b.{0,80}php[\w.\-]*fpm|php[\w.\-]*fpm.{0,80}\b(reload|restart)|php-fpm:(reload|restart)"
    r"|liveproof['\"]?\s+fix\b",
    re.IGNORECASE,
)


def probe(*, reader: Reader, app: App) -> Deployment:
    """Look for the tool and its scripts. Only regular files are read, and only so much of each."""
    base = deployment(app)
    tool, by = _tool(reader, base, app.real)
    scripts: list[DeployScript] = []
    unread: list[tuple[str, str]] = []
    for path in dict.fromkeys(f"{top}/{name}" for top in (app.real, base) for name in _SCRIPTS):
        try:
            seen = reader.stat(path, follow=False)
            if seen is None or not seen.is_file:  # a link of the app's could lead root to any file
                continue
            lines = reader.read_range(path, 0, _LIMIT).decode(errors="surrogateescape").split("\n")
        except (OSError, CannotSee) as error:
            unread.append((path, getattr(error, "strerror", None) or str(error)))
            continue
        code = [line for line in lines if not _COMMENT.match(line)]
        proves, reloads = (any(map(pattern.search, code)) for pattern in (_PROVES, _RELOADS))
        scripts.append(DeployScript(path, proves, reloads))
    return Deployment(tool, by, tuple(scripts), tuple(unread))


def _tool(reader: Reader, base: str, real: str) -> tuple[str, str]:
    for tool, beside, inside in _TRACES:
        places = (*(f"{base}/{name}" for name in beside if base != real), *(f"{real}/{name}" for name in inside))
        found = next((path for path in places if reader.stat(path) is not None), "")
        if found:
            return tool, found
    return "", ""
