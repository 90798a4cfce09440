"""Which files there are to spoil, and how one is written: in place or by rename, with its old times or new ones."""

import os
import shutil
from random import Random
from typing import Final

from tests.lab import Host

# What runs write by themselves is left out: it differs from host to host, and nobody deploys it.
PLACES: Final = {
    "code": 'find "$APP"/app/ "$APP"/config/ "$APP"/routes/ "$APP"/public/ "$APP"/bootstrap/*.php -name "*.php"',
    "views": 'find "$APP"/resources/views/ "$APP"/storage/framework/views/ -type f -name "*.php"',
    "environment": 'ls "$APP"/.env',
    "caches": 'find "$APP"/bootstrap/cache/ -type f -name "*.php"',
    "vendor": 'find "$APP"/vendor/ /opt/lab-packages/ -type f',
    "composer": 'ls "$APP"/composer.lock "$APP"/composer.json "$APP"/vendor/composer/*',
    "framework": "find /usr/share/php/Illuminate/Routing /usr/share/php/Illuminate/Foundation -name '*.php'",
    "nginx": "ls /etc/nginx/nginx.conf /etc/nginx/sites-available/api-gateway /etc/nginx/fastcgi_params",
    "pool": 'ls "$POOL" /etc/php/"$PHP"/fpm/php-fpm.conf',
    "fpm ini": 'ls /etc/php/"$PHP"/fpm/php.ini /etc/php/"$PHP"/fpm/conf.d/*.ini',
    "cli ini": 'ls /etc/php/"$PHP"/cli/php.ini /etc/php/"$PHP"/cli/conf.d/*.ini',
    "around": "ls /etc/systemd/system/api-gateway-queue.service /etc/cron.d/api-gateway /etc/logrotate.d/api-gateway",
}


def any_file(host: Host, chance: Random) -> str:
    """A file of the app or of its configuration; each place is as likely as another."""
    place = chance.choice(list(PLACES))
    found = host.sh(f"({PLACES[place]}) 2>/dev/null | LC_ALL=C sort", check=False).splitlines()
    if not found:
        raise RuntimeError(f"nothing is left of {place}")
    return chance.choice(found)


def write(host: Host, chance: Random, path: str, content: bytes) -> str:
    """Replace a file's contents with its owner and mode; returns how that was done."""
    target = host.file(path)
    status = target.stat()
    renamed, kept = chance.random() < 0.4, chance.random() < 0.4
    if renamed:
        beside = target.with_name(f"{target.name}.new")
        beside.write_bytes(content)
        shutil.copymode(target, beside)
        os.chown(beside, status.st_uid, status.st_gid)
        beside.rename(target)
    else:
        target.write_bytes(content)
    if kept:
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return f"{'by rename' if renamed else 'in place'}{', with its old time' if kept else ''}"
