"""Storage, compiled views and caches are judged where Laravel has them, not where its skeleton would."""

import pytest

from tests.lab import Host
from tests.live.trial import checked, codes, told

_STORAGE = r"""
mv "$APP/storage" /srv/storage
sed -i 's|^return $app;|$app->useStoragePath("/srv/storage");\n&|' bootstrap/app.php
"""
_VARIABLE = r"""
mv "$APP/storage" /srv/storage
echo 'env[LARAVEL_STORAGE_PATH] = /srv/storage' >> "$POOL"
sed -i 's|^return $app;|$app->useStoragePath($_SERVER["LARAVEL_STORAGE_PATH"] ?? "/nowhere");\n&|' bootstrap/app.php
"""
# The scheduler lacks the pool's environment: at the turn of a minute it would be denied bootstrap/cache, and log it.
_CACHES = r"""
systemctl stop cron
mkdir -p /var/cache/app; chown "$WWW:" /var/cache/app
for kind in CONFIG ROUTES PACKAGES SERVICES EVENTS; do
  name=$(echo $kind | tr A-Z a-z); test $kind = ROUTES && name=routes-v7
  echo "env[APP_${kind}_CACHE] = /var/cache/app/$name.php" >> "$POOL"
  test -e "$CACHE/$name.php" && mv "$CACHE/$name.php" /var/cache/app/
done
rm -f "$CACHE"/*.php
chown root: "$CACHE"; chmod 755 "$CACHE"
"""
_VIEWS = r"""
mv storage/framework/views /var/cache/views
echo VIEW_COMPILED_PATH=/var/cache/views >> .env
mkdir storage/framework/views; chmod 755 storage/framework/views
"""
_AGAIN = r"""systemctl restart "$FPM"; sleep 1"""


def cached(host: Host) -> None:
    host.sh("for what in config route view; do php artisan $what:cache; done", user=host.user)


def directories(host: Host) -> set[str]:
    return set(host.sh("find . -type d").splitlines())


def prepared(host: Host, case: str) -> None:
    match case:
        case "useStoragePath":
            host.sh(_STORAGE)
            cached(host)
        case "LARAVEL_STORAGE_PATH":
            host.sh(_VARIABLE)
            host.sh(
                "export LARAVEL_STORAGE_PATH=/srv/storage;"
                "for what in config route view; do php artisan $what:cache; done",
                user=host.user,
            )
        case "APP_*_CACHE":
            host.sh(_CACHES)
        case "VIEW_COMPILED_PATH":
            host.sh(_VIEWS)
            cached(host)
    host.sh(_AGAIN)


@pytest.mark.parametrize(
    ("case", "place", "code"),
    [
        ("useStoragePath", "/srv/storage", "FIL005"),
        ("LARAVEL_STORAGE_PATH", "/srv/storage", "FIL005"),
        ("APP_*_CACHE", "/var/cache/app", "FIL003"),
        ("VIEW_COMPILED_PATH", "/var/cache/views", "FIL005"),
    ],
)
def test_what_laravel_uses_elsewhere_is_judged_there(suite: str, case: str, place: str, code: str) -> None:
    """Healthy and proven as it is; root's, it is found where it lies; nothing is made where nothing is used."""
    with Host.up(suite) as host:
        prepared(host, case)
        assert host.get().status == 200
        report = checked(host)
        assert codes(report) == set(), told(report)
        assert report["verdict"] == "proven", told(report)
        host.sh(f"chown -R root: {place}; chmod -R go-w {place}")
        report = checked(host)
        assert code in codes(report), told(report)
        assert any(place in f["message"] for app in report["apps"] for f in app["findings"] if f["code"] == code)
        before = directories(host)
        host.liveproof("fix", "--yes", "--allow", "disruptive")
        assert directories(host) == before


def test_storage_that_only_requests_move_is_not_guessed(suite: str) -> None:
    """No command line runs public/index.php; what it says cannot be asked."""
    with Host.up(suite) as host:
        host.sh(r"""
            cp -a storage /srv/storage
            sed -i 's|^\$kernel = |$app->useStoragePath("/srv/storage");\n&|' public/index.php
            chown -R root: storage/app
            chmod -R go-w storage
        """)
        host.sh(_AGAIN)
        report = checked(host)
        assert "FIL005" not in codes(report), told(report)
        assert report["verdict"] != "proven", told(report)
