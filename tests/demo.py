"""The seed's incident on a real host: broken on purpose, checked, diagnosed, fixed, proven and reported.

The host is disposable: real systemd, nginx, PHP-FPM and a real Laravel api-gateway with releases behind a ``current``
link. All three issues of the seed and the symlink trap are put into it. Exit status 0 when liveproof named exactly
these as roots, mended them, and proved it.
"""

import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

from tests import lab
from tests.lab import Host
from tests.live.trial import checked, roots, told

REPORT = Path("liveproof-demo-report.md")
SUITE = "bookworm"

# The symlink trap comes first: nginx hands PHP the unresolved link, PHP never looks at the files again.
STORY = (
    (
        "nginx hands PHP the unresolved `current` link ($document_root), and PHP never looks at files again",
        r"""
        sed -i 's/\$realpath_root/$document_root/g' /etc/nginx/sites-available/api-gateway
        nginx -t -q && systemctl reload nginx
        while pgrep -f 'nginx: worker process is shutting down' >/dev/null; do sleep 0.1; done
        sleep 0.5
        """,
    ),
    (
        "a deploy: release 2 has a new handler, `current` points to it; FPM is not reloaded",
        r"""
        cd "${APP%/current}"
        sed -i 's/handler-v1/handler-v2/' releases/2/app/Http/Controllers/RetellFunctionCallHandler.php
        ln -s releases/2 current.new && mv -T current.new current
        """,
    ),
    (
        "the controllers and bootstrap/cache were left to root by an artisan that ran as root",
        r"""
        chown root:root "$APP"/app/Http/Controllers/*.php "$APP/bootstrap/cache" "$APP"/bootstrap/cache/packages.php
        """,
    ),
    (
        "the configuration changed after it was cached, and `config:clear` printed success without clearing",
        r"""
        sed -i 's/^APP_NAME=.*/APP_NAME=api-gateway-v2/' "$APP/.env"
        runuser -u "$WWW" -- php "$APP/artisan" config:clear
        """,
    ),
)
ROOTS = {"FIL001", "FIL003", "OPC002", "OPC004"}


def main() -> int:
    """Tell the story; 0 when it ends proven."""
    reason = lab.available()
    if reason:
        print(f"make demo needs a host of its own: {reason}", file=sys.stderr)
        return 1
    Host.up(SUITE).down()
    with Host.up(SUITE, layout="releases") as host:
        host.ini("opcache.enable=1", "opcache.validate_timestamps=0")
        host.warm()
        _say(f"a real api-gateway is up ({SUITE}, PHP {host.php}); breaking it as the seed's incident did")
        for what, script in STORY:
            print(f"  - {what}")
            host.sh("sleep 1.2\n" + script)
            host.warm()
        _say(f"what a visitor gets: {_handler(host)}; what lies on disk: handler-v2")
        return _prove(host)


def _prove(host: Host) -> int:
    _say("liveproof check")
    broken = host.liveproof("check")
    print(broken.stdout, broken.stderr, sep="")
    named = roots(checked(host))
    if broken.returncode != 1 or named != ROOTS:
        return _failed(f"check ended with {broken.returncode} and named {sorted(named)}, injected {sorted(ROOTS)}")
    _say("liveproof fix --yes --allow disruptive")
    fixed = host.liveproof("fix", "--yes", "--allow", "disruptive")
    print(fixed.stdout, fixed.stderr, sep="")
    if fixed.returncode != 0:
        return _failed(f"fix ended with {fixed.returncode}")
    _say("liveproof check")
    proven = host.liveproof("check")
    print(proven.stdout, proven.stderr, sep="")
    if proven.returncode != 0:
        return _failed(f"check ended with {proven.returncode}:\n{told(checked(host))}")
    _say(f"what a visitor gets now: {_handler(host)}")
    return _report(host)


def _report(host: Host) -> int:
    ran: CompletedProcess[str] = host.liveproof("report", "--format", "markdown")
    if ran.returncode != 0 or not ran.stdout.startswith("#"):
        return _failed(f"report ended with {ran.returncode}: {ran.stderr}")
    REPORT.write_text(ran.stdout, encoding="utf-8")
    _say(f"the report: {REPORT.resolve()} ({len(ran.stdout.splitlines())} lines)")
    return 0


def _handler(host: Host) -> str:
    body = host.post().body
    return next((word for word in ("handler-v1", "handler-v2") if word in body), body[:200])


def _say(text: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    print(f"\n{'─' * width}\n{text}\n{'─' * width}", flush=True)


def _failed(why: str) -> int:
    print(f"\nthe demo failed: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
