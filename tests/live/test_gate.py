"""`liveproof gate` on real hosts: right deploys end in seconds, wrong ones with their reason; the docs' recipes."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from benchmarks.fix.load import Random
from tests.faults.opcache import root_follows_symlink
from tests.faults.snippets import EDIT, compiled_before, start_worker
from tests.lab import Host, packages

_PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
# The build of the next version, as the app's user owns it, from what is served now.
_BUILD = """
rm -rf /srv/build; cp -a "$(readlink -f "$APP")" /srv/build; cd /srv/build
sed -i "s/handler-v[0-9]*/handler-v9/" app/Http/Controllers/RetellFunctionCallHandler.php
"""


def recipe(title: str, php: str) -> str:
    """The script that stands below a heading of the page, for this host's PHP."""
    found = re.search(rf"\n## {re.escape(title)}\n.*?```bash\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    assert found, title
    return found[1].replace("php8.2-fpm", f"php{php}-fpm")


def gate(host: Host, *words: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """What the gate said, and how long it took."""
    began = time.monotonic()
    done = host.liveproof("gate", *words)
    assert "Traceback" not in done.stderr
    assert all(line.isprintable() for line in done.stderr.splitlines())
    return done, time.monotonic() - began


def test_releases_with_a_current_link(suite: str) -> None:
    """The recipe as it stands in the docs: the new code answers, and the deploy has ended."""
    with Host.up(suite, layout="releases") as host:
        start_worker(host)
        host.warm()
        host.sh(_BUILD)
        said = host.sh(recipe("Releases with a `current` link", host.php))
        assert "PROVEN; everything is live" in said
        assert "handler-v9" in host.post().body
        assert host.liveproof("deploy", "end").returncode == 1


def test_git_pull_in_place(suite: str) -> None:
    """The recipe; then a wrong commit and one that is not there."""
    with Host.up(suite, layout="git") as host:
        host.warm()
        host.sh("""
            git config --global --add safe.directory '*'
            git clone -q --bare "$APP" /srv/app.git; git clone -q /srv/app.git /srv/work; cd /srv/work
            sed -i "s/handler-v[0-9]*/handler-v9/" app/Http/Controllers/RetellFunctionCallHandler.php
            git -c user.name=lab -c user.email=lab@localhost commit -qam next; git push -q
            chown -R "$WWW": /srv/app.git "$APP/.git"; chown "$WWW": "$APP"
        """)
        host.sh("""
            git remote add origin /srv/app.git; git fetch -q
            git branch -q --set-upstream-to "origin/$(git branch --show-current)"
        """, user=host.user)  # fmt: skip
        said = host.sh(recipe("`git pull` in place", host.php))
        assert "PROVEN; everything is live" in said
        assert "handler-v9" in host.post().body
        wrong, seconds = gate(host, "--release", "HEAD~1", "--timeout", "30")
        assert (wrong.returncode, "REL005" in wrong.stdout) == (1, True), wrong.stdout + wrong.stderr
        assert seconds < 20
        assert gate(host, "--release", "0" * 40)[0].returncode == 2


def test_rsync_in_place(suite: str) -> None:
    """The recipe; then a gate that is started while an rsync is at work, which ends 0 after it and not before."""
    with Host.up(suite) as host:
        packages.install(host, "rsync")
        host.warm()
        host.sh(_BUILD)
        said = host.sh(recipe("`rsync` in place", host.php))
        assert "PROVEN; everything is live" in said
        assert "handler-v9" in host.post().body
        host.sh("head -c 6000000 /dev/urandom > /srv/build/public/film; chown $WWW: /srv/build/public/film")
        host.sh(
            "systemd-run -q --unit=carry rsync -a --bwlimit=1000 --exclude=/storage --exclude=/bootstrap/cache "
            "--exclude=/.env /srv/build/ $APP/; sleep 1.5"
        )
        done, _ = gate(host)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "rsync (process" in done.stderr
        assert (
            host.sh("cmp /srv/build/public/film $APP/public/film && systemctl is-active carry", check=False)
            == "inactive"
        )


def test_what_php_never_looks_at_again(suite: str) -> None:
    """Broken at once; fixed without losing a request."""
    with Host.up(suite) as host:
        compiled_before(host, "opcache.validate_timestamps=0")
        host.sh(EDIT)
        done, seconds = gate(host, "--timeout", "60")
        assert (done.returncode, "OPC002" in done.stdout) == (1, True), done.stdout + done.stderr
        assert seconds < 20  # waiting does not help
        assert "waiting does not change this" in done.stderr
        with Random(host.ip, "/api/status", 20.0, 1, "}") as load:
            done, _ = gate(host, "--fix", "--timeout", "60")
        assert done.returncode == 0, done.stdout + done.stderr
        assert [answer.lost for answer in load.answers if answer.lost] == []
        assert len(load.answers) > 20
        assert "handler-v9" in host.post().body


def test_a_symlink_trap(suite: str) -> None:
    """nginx hands PHP the link: broken, and said why."""
    with Host.up(suite, layout="releases") as host:
        root_follows_symlink.fault(host)
        done, _ = gate(host, "--timeout", "20")
        assert (done.returncode, "OPC004" in done.stdout) == (1, True), done.stdout + done.stderr


def test_a_stale_worker_and_one_that_ends_its_job(suite: str) -> None:
    """Waited for until the timeout, since it may end by itself; when it does, the gate sees that within seconds."""
    with Host.up(suite) as host:
        start_worker(host)
        host.sh("sleep 1; echo '//' >> app/Jobs/RecordCall.php; systemctl reload $FPM; sleep 1")
        done, seconds = gate(host, "--timeout", "8")
        assert (done.returncode, "WRK001" in done.stdout) == (1, True), done.stdout + done.stderr
        assert seconds >= 8
        host.sh('systemd-run -q sh -c "sleep 4; systemctl restart api-gateway-queue"')
        done, seconds = gate(host, "--timeout", "40")
        assert done.returncode == 0, done.stdout + done.stderr
        assert seconds < 15


def test_a_deploy_and_a_signal(suite: str) -> None:
    """While a deploy is announced nothing is judged; SIGTERM ends it at once with a sentence."""
    with Host.up(suite) as host:
        host.warm()
        assert gate(host)[0].returncode == 0
        host.liveproof("deploy", "begin")
        done, _ = gate(host, "--timeout", "2")
        assert (done.returncode, "has not ended" in done.stderr) == (3, True)
        host.sh(
            "liveproof gate --timeout 60 2>/root/said & pid=$!; sleep 4; kill $pid; wait $pid || echo $? >/root/status"
        )
        assert host.sh("cat /root/status") == str(128 + signal.SIGTERM)
        assert "ended by SIGTERM" in host.sh("cat /root/said")
        done, _ = gate(host, "--end-deploy")
        assert done.returncode == 0
        assert host.liveproof("deploy", "end").returncode == 1


@pytest.mark.parametrize("form", ["json", "junit", "sarif", "github"])
def test_formats(suite: str, form: str) -> None:
    """Standard output has the report and nothing else."""
    with Host.up(suite) as host:
        host.sh("chmod 555 bootstrap/cache")
        done, _ = gate(host, "--format", form, "--timeout", "5")
        assert (done.returncode, "FIL003" in done.stdout) == (1, True)
        assert done.stdout[:2] == {"json": "{\n", "junit": "<?", "sarif": "{\n", "github": "::"}[form]
