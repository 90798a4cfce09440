"""The deployed app and the services around it, as one layer per suite, directory layout and pool user."""

import shutil
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final, Literal, get_args

from tests.lab import places
from tests.lab.chroot import chroot
from tests.lab.errors import LabError
from tests.lab.layer import layer, recipe
from tests.lab.progress import progress
from tests.lab.suites import Suite

Layout = Literal["plain", "releases", "git"]
User = Literal["www-data", "gateway"]
Fpm = Literal["tuned", "debian", "upstream"]

LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)
USERS: Final[tuple[User, ...]] = get_args(User)
FPMS: Final[tuple[Fpm, ...]] = get_args(Fpm)
BASE: Final = "/var/www/api-gateway"

_SKELETON: Final = places.LAB / "app"
_SITE: Final = places.LAB / "site"


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything of the app is on a host."""

    suite: Suite
    layout: Layout
    user: User
    values: Fpm = "tuned"
    """Whose values PHP-FPM and OPcache have; see ``stock``."""

    @property
    def app(self) -> str:
        """The app as nginx serves it."""
        return f"{BASE}/current" if self.layout == "releases" else BASE

    @property
    def storage(self) -> str:
        """The app's storage directory itself, not a link to it."""
        return f"{BASE}/shared/storage" if self.layout == "releases" else f"{BASE}/storage"

    @property
    def fpm(self) -> str:
        """FPM's unit, without ``.service``."""
        return f"php{self.suite.php}-fpm"

    @property
    def listen(self) -> str:
        """What the pool listens on: a socket's path, Debian's own for Debian's pool, or address and port."""
        if self.values == "upstream":
            return "127.0.0.1:9000"
        return f"/run/php/{self.fpm}.sock" if self.user == "www-data" else f"/run/php/{self.user}.sock"

    @property
    def pool(self) -> str:
        """The pool's configuration file."""
        name = "www" if self.user == "www-data" else self.user
        return f"/etc/php/{self.suite.php}/fpm/pool.d/{name}.conf"

    def environment(self) -> dict[str, str]:
        """What scripts on the host find in their environment (see the ``Lab`` protocol)."""
        return {
            "APP": self.app,
            "CACHE": f"{self.app}/bootstrap/cache",
            "HANDLER": f"{self.app}/app/Http/Controllers/RetellFunctionCallHandler.php",
            "PHP": self.suite.php,
            "FPM": self.fpm,
            "SOCK": self.listen,
            "POOL": self.pool,
            "WWW": self.user,
        }

    def files(self) -> dict[str, str]:
        """The templates of ``site/`` and the path each is written to."""
        return {
            "nginx.conf": "/etc/nginx/sites-available/api-gateway",
            "pool.conf": self.pool,
            "fpm.ini": f"/etc/php/{self.suite.php}/fpm/conf.d/20-api-gateway.ini",
            "queue.service": "/etc/systemd/system/api-gateway-queue.service",
            "cron": "/etc/cron.d/api-gateway",
            "logrotate": "/etc/logrotate.d/api-gateway",
        }


def site(suite: Suite, layout: str, user: str, fpm: str = "tuned") -> Site:
    """The site for these names.

    Raises:
        LabError: there is no such layout, user or set of values.
    """
    for known, name, values in product(LAYOUTS, USERS, FPMS):
        if (known, name, values) == (layout, user, fpm):
            return Site(suite, known, name, values)
    raise LabError(
        f"no layout {layout!r} with user {user!r} and {fpm!r} values of PHP-FPM; layouts: {', '.join(LAYOUTS)}; "
        f"users: {', '.join(USERS)}; values: {', '.join(FPMS)}"
    )


def deployed(at: Site, rootfs: Path) -> Path:
    """The layer that makes ``rootfs`` a host with the app, built when it is not there yet (about ten seconds).

    It always has the tuned values: others lie over it.
    """
    at = replace(at, values="tuned")
    key = recipe(rootfs.name, _SKELETON, _SITE, repr(at), repr(at.files()), repr(at.environment()))

    def build(upper: Path) -> None:
        with progress(f"{at.suite.name}: the app, layout {at.layout}, user {at.user}"):
            _build(at, rootfs, upper)

    return layer(f"{at.suite.name}-{at.layout}-{at.user}", key, build)


def _build(at: Site, rootfs: Path, upper: Path) -> None:
    target = upper / "var/www/api-gateway"
    for part in (target if at.layout != "releases" else target / "app", upper / "opt/lab-packages"):
        part.mkdir(parents=True, mode=0o755)
    app = target if at.layout != "releases" else target / "app"
    for tree in ("common", at.suite.skeleton):
        shutil.copytree(_SKELETON / tree, app, dirs_exist_ok=True)
    shutil.copytree(_SKELETON / "packages", upper / "opt/lab-packages", dirs_exist_ok=True)
    _plain_modes(upper)
    words = {
        **at.environment(),
        "STORAGE": at.storage,
        "POOL_NAME": Path(at.pool).stem,
        "ROOT_VARIABLE": "realpath_root" if at.layout == "releases" else "document_root",
    }
    for template, path in at.files().items():
        write(upper, rootfs, path, _fill((_SITE / template).read_text(), words))
    variables = {**at.environment(), "LAYOUT": at.layout, "BASE": BASE}
    export = "".join(f"export {name}='{value}'\n" for name, value in variables.items())
    chroot(export + (_SITE / "install.sh").read_text(), upper=upper, lowers=[rootfs], log=f"layout-{upper.name}")


def write(upper: Path, rootfs: Path, path: str, text: str) -> None:
    """Write a file into the layer; a directory that is new in the layer looks as it does below."""
    target = upper / path.lstrip("/")
    for parent in reversed(target.relative_to(upper).parents):
        made = upper / parent
        if not made.exists():
            made.mkdir()
            if (rootfs / parent).is_dir():
                shutil.copystat(rootfs / parent, made)
    target.write_text(text)
    target.chmod(0o644)


def _fill(template: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        template = template.replace(f"@{name}@", value)
    return template


def _plain_modes(tree: Path) -> None:
    """Modes as a deploy makes them, whatever umask the checkout had."""
    for path in (tree, *tree.rglob("*")):
        executable = path.is_dir() or (path.stat().st_mode & 0o100)
        path.chmod(0o755 if executable else 0o644)
