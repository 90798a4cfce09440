"""Where an app begins: often above its document root, never at a directory that holds several apps or somebody's home.

What stands in a directory tells it: Composer's files (getcomposer.org), a framework's console, WordPress's
``wp-config.php``, which may lie one directory above (developer.wordpress.org: "Editing wp-config.php").
"""

from liveproof.analysis.files.app_paths import OWN_APP, SIDE_BY_SIDE, system_directory
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader

# What document roots below an app are called by frameworks and hosting panels.
_ROOTS = frozenset(
    ("public", "web", "webroot", "www", "wwwroot", "public_html", "html", "htdocs", "httpdocs", "docroot", "pub")
)
_COMPOSER = ("composer.json", "composer.lock", "vendor/autoload.php", "vendor/composer")
_MARKERS = (*_COMPOSER, "artisan", "bin/console", "bin/cake", "craft", "yii", "spark", "symfony.lock", ".git")
_LEVELS = 2
_MOST = 200


def app_above(reader: Reader, root: str) -> str:
    """The directory of the app whose document root is ``root``: one above it, or empty when ``root`` is all of it.

    Raises:
        OSError: a directory cannot be looked at.
    """
    above, name = _parent(root), root.rpartition("/")[2]
    if any(reader.stat(f"{root}/{marker}") is not None for marker in _COMPOSER):
        return ""
    for level in range(_LEVELS if name in _ROOTS else 1):
        if _is_floor(reader, above):
            return ""
        if any(reader.stat(f"{above}/{marker}") is not None for marker in (_MARKERS if name in _ROOTS else _COMPOSER)):
            return above
        if not level and reader.stat(f"{above}/wp-config.php") is not None:
            return above if reader.stat(f"{above}/wp-settings.php") is None else ""
        if not level and name in _ROOTS and _holds_code(reader, above, root):
            return above
        above = _parent(above)
    return ""


def _is_floor(reader: Reader, directory: str) -> bool:
    named = directory or "/"
    homes = Accounts(reader).homes()
    return any(
        path in SIDE_BY_SIDE or path in homes or system_directory(path) for path in (named, reader.resolve(named))
    )


def _holds_code(reader: Reader, above: str, root: str) -> bool:
    """Whether PHP lies beside the document root, and no other app does."""
    names = reader.list(above)
    if len(names) > _MOST:
        return False
    found = any(name.endswith(".php") for name in names)
    for name in names:
        path = f"{above}/{name}"
        if path == root or name.startswith(".") or reader.resolve(path) == reader.resolve(root):
            continue
        status = reader.stat(path)
        if status is None or not status.is_directory:
            continue
        try:
            if any(reader.stat(f"{path}/{marker}") is not None for marker in OWN_APP):
                return False
        except OSError:
            return False
        found = found or _has_php(reader, path, 2)
    return found


def _has_php(reader: Reader, directory: str, levels: int) -> bool:
    try:
        names = reader.list(directory)[:_MOST]
        if any(name.endswith(".php") for name in names):
            return True
        for name in names if levels else ():
            status = reader.stat(f"{directory}/{name}", follow=False)
            if status is not None and status.is_directory and _has_php(reader, f"{directory}/{name}", levels - 1):
                return True
    except OSError:
        return False
    return False


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0]
