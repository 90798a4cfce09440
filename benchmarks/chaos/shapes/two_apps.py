"""Two apps on one host, each with its own server block, pool, queue unit and cron job; both pools are of one PHP-FPM.

Everything of the second is named as that of the first, with ``api-portal`` for ``api-gateway``: edits and faults that
know the first only, do the same to the second when they are handed ``Portal``.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.chaos.oracle import Door
from tests.lab import Host
from tests.lab.layout import Site
from tests.lab.state import State
from tests.lab.suites import suite as suite_named
from tests.lab.web import Answer

_NAME: Final = "portal.example"
DOORS: Final = (Door("http", 80, _NAME),)
_SCRIPT: Final = rf"""
cd /; old=/var/www/api-gateway; new=/var/www/api-portal
cp -a "$old" "$new"
# The newer release is not the current one: it was deployed before, as on the first app's host.
for app in "$new"/releases/2 "$new"/releases/1 "$new"; do
  [ -e "$app/artisan" ] || continue
  cd "$app"; rm -f bootstrap/cache/config.php bootstrap/cache/routes*.php storage/framework/views/*.php
  sed -i "s/^RELEASE=/RELEASE=portal-/" .env
  for what in config route view; do
    (umask 027; setpriv --reuid="$WWW" --regid="$WWW" --init-groups env HOME=/tmp php artisan $what:cache -q)
  done
done
if [ -L "$new/current" ]; then
  cd "$new"; ln -s releases/1 switch; chown -h "$WWW:$WWW" switch; mv -T switch current
fi
cd /etc/nginx/sites-available
sed "s/ default_server//; s/server_name _/server_name {_NAME}/; s#$old#$new#
    s#fastcgi_pass .*;#fastcgi_pass unix:/run/php/portal.sock;#" api-gateway > api-portal
ln -s ../sites-available/api-portal /etc/nginx/sites-enabled/api-portal
sed "s/^\[.*\]/[portal]/; s#^listen = .*#listen = /run/php/portal.sock#" "$POOL" \
    > "/etc/php/$PHP/fpm/pool.d/portal.conf"
for file in /etc/systemd/system/api-gateway-queue.service /etc/cron.d/api-gateway /etc/logrotate.d/api-gateway; do
  sed s/api-gateway/api-portal/g "$file" > "${{file/api-gateway/api-portal}}"
done
systemctl daemon-reload; nginx -t -q; systemctl reload nginx; systemctl restart "$FPM"; sleep 2.5
"""


class OneOfTwo(Host):
    """A host with another app beside its own: only its own pool's workers are its own."""

    def workers(self) -> set[int]:
        """The pids of the workers of the app's own pool."""
        words = f"php-fpm: pool {Path(self._site.pool).stem}"
        found = set()
        for pid in super().workers():
            with suppress(OSError):
                if self.file(f"/proc/{pid}/cmdline").read_text().rstrip("\0 ") == words:
                    found.add(pid)
        return found


class _Portal(Site):
    """Where everything of the second app is."""

    @property
    def app(self) -> str:
        return portal(super().app)

    @property
    def storage(self) -> str:
        return portal(super().storage)

    @property
    def listen(self) -> str:
        return "/run/php/portal.sock"

    @property
    def pool(self) -> str:
        return f"/etc/php/{self.suite.php}/fpm/pool.d/portal.conf"


class Portal(OneOfTwo):
    """The same host, as the second app sees it; ``named`` makes one, and the first takes the host down."""

    def __init__(self, known: State) -> None:
        super().__init__(known)
        self._site = _Portal(suite_named(known.suite), self._site.layout, self._site.user, self._site.values)

    def sh(self, script: str, *, user: str = "root", check: bool = True, timeout: float = 60.0) -> str:
        """Run a script, with the second app's names in it for the first's."""
        return super().sh(portal(script), user=user, check=check, timeout=timeout)

    def file(self, path: str) -> Path:
        """Where a file of the second app lies for one of the first."""
        return super().file(portal(path))

    def request(
        self, method: str, path: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any request through nginx, from outside, by the second app's name."""
        return super().request(method, path, body=body, headers={"Host": _NAME, **(headers or {})})


def portal(text: str) -> str:
    """The second app's names for the first's, but for the ini file that both pools share."""
    return re.sub(r"(?<!20-)api-gateway", "api-portal", text)


def add(host: Host) -> None:
    """Put the second app on a host of the first."""
    host.sh(_SCRIPT, timeout=90)
