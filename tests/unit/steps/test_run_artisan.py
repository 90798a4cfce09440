"""The commands that do by hand what a step of artisan does."""

import subprocess
from dataclasses import replace
from pathlib import Path

from liveproof.steps.run_artisan import RunArtisan

ONE = RunArtisan("/var/www/app", "www-data", "/usr/bin/php8.3", ("view:clear",), ("storage/framework/views",), 0o027)
FRESH = replace(
    ONE,
    arguments=("config:cache",),
    fresh=(("APP_CONFIG_CACHE", "bootstrap/cache/config.php"), ("APP_ROUTES_CACHE", "")),
)
# In place of runuser, PHP and artisan: artisan writes where the variable says.
FAKES = {
    "runuser": 'shift 3; exec "$@"',
    "php": 'echo "routes $(basename "$APP_ROUTES_CACHE")" >"$APP_CONFIG_CACHE"; umask >>"$APP_CONFIG_CACHE"',
}


def test_in_place() -> None:
    assert ONE.shell() == (
        "cd -- /var/www/app",
        "(umask 0027 && runuser -u www-data -- /usr/bin/php8.3 artisan view:clear --no-interaction)",
        "cd /",
    )


def test_a_fresh_cache_is_made_beside_and_moved_into_its_place(tmp_path: Path) -> None:
    """As the step does it: artisan never starts from the cache that is to be replaced."""
    (tmp_path / "bin").mkdir()
    for name, text in FAKES.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    cache = tmp_path / "bootstrap/cache"
    cache.mkdir(parents=True)
    (cache / "config.php").write_text("old")
    step = replace(FRESH, app=str(tmp_path), php=str(tmp_path / "bin/php"))
    script = "\n".join(step.shell())
    subprocess.run(["bash", "-euc", script], env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, check=True)
    assert (cache / "config.php").read_text() == "routes app_routes_cache\n0027\n"
    assert [path.name for path in cache.iterdir()] == ["config.php"]
