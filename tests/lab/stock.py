"""Hosts whose PHP-FPM and OPcache nobody has tuned: a thin layer over the deployed app, with the values as shipped.

``debian`` is what Debian's packages ship, file for file; ``upstream`` has the values of php-src's ``php-fpm.conf.in``
and ``www.conf.in``, and OPcache as it is without any setting. In both ``process_control_timeout`` is 0. Changed is
only what the app needs to be served: the pool's user, and the address that nginx passes to.
"""

import shutil
from pathlib import Path
from typing import Final

from tests.lab.chroot import chroot
from tests.lab.layer import layer, recipe
from tests.lab.layout import Site, write
from tests.lab.progress import progress

_DEBIAN: Final = """
fpm=/etc/php/$PHP/fpm
rm "$fpm/conf.d/20-api-gateway.ini"
if [ "$WWW" != www-data ]; then
  sed -i "s/^\\[www\\]/[$WWW]/; s/^\\(user\\|group\\) = .*/\\1 = $WWW/; s#^listen = .*#listen = $SOCK#" "$POOL"
fi
"""

# Debian's files are upstream's with a few lines set; there is no other source of them on a host.
_UPSTREAM: Final = """
sed -i 's/^pid = /;&/; s/^error_log = /;&/' "$fpm/php-fpm.conf"
sed -i "s/^listen = .*/listen = $SOCK/; s/^listen\\.\\(owner\\|group\\) = /;&/" "$POOL"
sed -i '/^opcache\\./d' "/etc/php/$PHP/mods-available/opcache.ini"
sed -i "s#fastcgi_pass .*;#fastcgi_pass $SOCK;#" /etc/nginx/sites-available/api-gateway
"""

_CHECK: Final = """
nginx -t -q
"php-fpm$PHP" -t 2>&1
rm -rf /run/php/* /run/nginx.pid "/var/log/php$PHP-fpm.log" /var/log/php-fpm.log
for log in /var/log/nginx/*.log; do : >"$log"; done
"""


def stock(at: Site, deployed: Path, rootfs: Path) -> Path | None:
    """The layer that puts the stock values over ``deployed`` (about a second to build); None for a tuned host."""
    if at.values == "tuned":
        return None
    script = _DEBIAN + (_UPSTREAM if at.values == "upstream" else "") + _CHECK
    export = "".join(f"export {name}='{value}'\n" for name, value in at.environment().items())
    key = recipe(deployed.name, rootfs.name, export, script)

    def build(upper: Path) -> None:
        with progress(f"{at.suite.name}: {at.values} values of PHP-FPM"):
            fpm = rootfs / f"etc/php/{at.suite.php}/fpm"
            for shipped, path in (
                (fpm / "php-fpm.conf", f"/etc/php/{at.suite.php}/fpm/php-fpm.conf"),
                (fpm / "pool.d/www.conf", at.pool),
            ):
                write(upper, rootfs, path, shipped.read_text())
                shutil.copystat(shipped, upper / path.lstrip("/"))
            chroot(export + script, upper=upper, lowers=[deployed, rootfs], log=f"stock-{upper.name}")

    return layer(f"{at.suite.name}-{at.layout}-{at.user}-{at.values}", key, build)
