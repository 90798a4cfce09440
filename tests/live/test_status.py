"""`liveproof status` on real hosts: what it says is what the host says, and nothing changes by it."""

import json

from tests.golden.contracts import refuse_other
from tests.lab import Host
from tests.live.trial import difference, state

_WORKER = 'systemd-run -q --unit=old --uid="$WWW" --working-directory="$(readlink -f .)" php artisan queue:work'


def test_what_it_says_is_so(suite: str) -> None:
    """Release, master, workers of an old release, the last fix; one screen, and the app is as it was."""
    with Host.up(suite, layout="releases") as host:
        host.sh(_WORKER)
        host.sh("sleep 1; cd /var/www/api-gateway; ln -sfn releases/2 current")
        host.sh('chown root: "$CACHE"; chmod 755 "$CACHE"')
        host.liveproof("fix", "--yes")
        before, requests = state(host), host.sh("cat /var/log/nginx/*access.log | wc -l")
        shown = host.liveproof("status")
        told = host.liveproof("status", "--format", "json")
        assert (shown.returncode, told.returncode) == (0, 0), shown.stderr + told.stderr
        assert not difference(before, state(host))
        assert host.sh("cat /var/log/nginx/*access.log | wc -l") == requests
        lines = shown.stdout.rstrip().split("\n")
        assert len(lines) <= 23
        assert all(len(line) <= 80 for line in lines), shown.stdout
        found = json.loads(told.stdout)
        refuse_other(found, "liveproof-status-1")
        (app,) = found["apps"]
        (pool,), (cache,) = app["pools"], app["opcache"]
        assert app["deployed"]["release"] == "2"
        assert str(pool["master"]) == host.sh("systemctl show -p MainPID --value $FPM")
        assert pool["workers"] == len(host.workers())
        assert cache["enabled"]
        assert 0 < cache["used"] < cache["total"]
        caches = {each["kind"]: each["written"] for each in app["laravel"]["caches"]}
        assert int(caches["config"]) == int(host.sh("stat -c %Y bootstrap/cache/config.php"))
        assert app["last_fix"]["steps"] > 0
        assert found["watcher"]["pid"] == 0

        blind = host.liveproof("status", user=host.user)
        assert blind.returncode == 0, blind.stderr
        assert blind.stdout.startswith("Not root: ")
        assert "none is kept by this user" in blind.stdout
        assert host.liveproof("status", "/etc").returncode == 2


def test_git_and_no_app(suite: str) -> None:
    """Commit and branch as git has them; a host that serves nothing has status 3."""
    with Host.up(suite, layout="git") as host:
        (app,) = json.loads(host.liveproof("status", "--format", "json").stdout)["apps"]
        git = "git -c safe.directory='*' -C \"$APP\" rev-parse"
        assert app["deployed"]["commit"] == host.sh(f"{git} HEAD")
        assert app["deployed"]["branch"] == host.sh(f"{git} --abbrev-ref HEAD")
        host.sh('systemctl stop nginx; rm -rf /etc/nginx/sites-enabled/*; rm -rf "$APP"')
        ran = host.liveproof("status")
        assert ran.returncode == 3, ran.stdout
        assert "no app was found" in ran.stdout
