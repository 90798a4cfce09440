"""The seed's incident on a real host: broken on purpose, checked, diagnosed, fixed, proven and reported.

The host is disposable: real systemd, nginx and a real Laravel api-gateway with releases behind a ``current`` link, and
a PHP-FPM that nobody tuned (Debian's values), as most servers have it. All three issues of the seed are put into it and
fixed in one command while visitors go on asking; then the symlink trap, which needs an edit of nginx's configuration
and a reload that this PHP-FPM cannot do without a risk for running requests, and so needs a word more. Exit status 0
when liveproof named exactly these as roots, lost no request of the incident's visitors, mended all, and proved it.
"""

import shutil
import sys
import time
from pathlib import Path
from subprocess import CompletedProcess

from benchmarks.fix.load import Random
from tests import lab
from tests.faults.snippets import compiled_before
from tests.lab import Host
from tests.live.trial import checked, roots, told

REPORT = Path("liveproof-demo-report.md")
SUITE = "bookworm"
VISITORS = 20.0  # requests a second, at random

STORY = (
    (
        "a deploy: the handler is a new one, PHP never looks at files again, and FPM is not reloaded",
        """sed -i 's/handler-v1/handler-v2/' "$HANDLER" """,
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
STOCK = {"OPC013"}  # a notice: a reload of this PHP-FPM may cut requests off
ROOTS = {"FIL001", "FIL003", "OPC002", *STOCK}

# nginx hands PHP the unresolved link, so PHP goes on with what it compiled under the link's name.
TRAP = (
    (
        "nginx passes PHP the unresolved `current` link ($document_root)",
        r"""
        sed -i 's/\$realpath_root/$document_root/g' /etc/nginx/sites-available/api-gateway
        nginx -t -q && systemctl reload nginx
        while pgrep -f 'nginx: worker process is shutting down' >/dev/null; do sleep 0.1; done
        sleep 0.5
        """,
    ),
    (
        "a deploy: release 2 has a third handler, and `current` points to it",
        r"""
        cd "${APP%/current}"
        sed -i 's/handler-v2/handler-v3/' releases/2/app/Http/Controllers/RetellFunctionCallHandler.php
        ln -s releases/2 current.new && mv -T current.new current
        """,
    ),
)
TRAP_ROOTS = {"OPC002", "OPC004", *STOCK}


def main() -> int:
    """Tell the story; 0 when it ends proven."""
    reason = lab.available()
    if reason:
        print(f"make demo needs a host of its own: {reason}", file=sys.stderr)
        return 1
    Host.up(SUITE, layout="releases", fpm="debian").down()
    with Host.up(SUITE, layout="releases", fpm="debian") as host:
        compiled_before(host, "opcache.validate_timestamps=0")
        _say(
            f"a real api-gateway is up ({SUITE}, PHP-FPM {host.php} as shipped); breaking it as the seed's incident did"
        )
        _break(host, STORY)
        _say(f"what a visitor gets: {_handler(host)}; what lies on disk: handler-v2")
        failed = _incident(host) or _trap(host)
        if not failed:
            _say(f"that was all; the incident, its causes, the fix and its proof as a report: {REPORT.resolve()}")
        return failed


def _break(host: Host, story: tuple[tuple[str, str], ...]) -> None:
    for what, script in story:
        print(f"  - {what}", flush=True)
        host.sh("sleep 1.2\n" + script)
        host.warm()


def _incident(host: Host) -> int:
    """One command fixes it, and nobody who asks meanwhile is left without an answer."""
    if failed := _checked(host, ROOTS):
        return failed
    _say("liveproof fix --yes, while visitors ask")
    with Random(host.ip, "/api/status", VISITORS, seed=1, end="}") as load:
        time.sleep(1)
        fixed = host.liveproof("fix", "--yes")
    print(fixed.stdout, fixed.stderr, sep="")
    lost = [answer.lost for answer in load.answers if answer.lost]
    if fixed.returncode != 0 or lost or not load.answers:
        return _failed(
            f"fix ended with {fixed.returncode}; {len(lost)} of {len(load.answers)} requests lost {lost[:5]}"
        )
    slowest = max(answer.seconds for answer in load.answers)
    _say(f"requests while it was fixed: {len(load.answers)}, all answered, the slowest within {1000 * slowest:.0f} ms")
    return _proven(host, "handler-v2") or _report(host)


def _trap(host: Host) -> int:
    """What edits a configuration or may drop requests needs a word more, `--allow`."""
    _say("the symlink trap as well: its fix edits nginx's configuration and reloads PHP-FPM, which waits to be allowed")
    _break(host, TRAP)
    if (named := roots(checked(host))) != TRAP_ROOTS:
        return _failed(f"check named {sorted(named)}, injected {sorted(TRAP_ROOTS)}")
    _say("liveproof fix --yes --allow disruptive")
    fixed = host.liveproof("fix", "--yes", "--allow", "disruptive")
    print(fixed.stdout, fixed.stderr, sep="")
    if fixed.returncode != 0:
        return _failed(f"fix ended with {fixed.returncode}")
    return _proven(host, "handler-v3")


def _checked(host: Host, injected: set[str]) -> int:
    _say("liveproof check")
    broken = host.liveproof("check")
    print(broken.stdout, broken.stderr, sep="")
    named = roots(checked(host))
    if broken.returncode != 1 or named != injected:
        return _failed(f"check ended with {broken.returncode} and named {sorted(named)}, injected {sorted(injected)}")
    return 0


def _proven(host: Host, handler: str) -> int:
    _say("liveproof check")
    proven = host.liveproof("check")
    print(proven.stdout, proven.stderr, sep="")
    if proven.returncode != 0:
        return _failed(f"check ended with {proven.returncode}:\n{told(checked(host))}")
    got = _handler(host)
    _say(f"what a visitor gets now: {got}")
    return 0 if got == handler else _failed(f"a visitor gets {got}, not {handler}")


def _report(host: Host) -> int:
    ran: CompletedProcess[str] = host.liveproof("report", "--format", "markdown")
    if ran.returncode != 0 or not ran.stdout.startswith("#"):
        return _failed(f"report ended with {ran.returncode}: {ran.stderr}")
    REPORT.write_text(ran.stdout, encoding="utf-8")
    _say(f"the report: {REPORT.resolve()} ({len(ran.stdout.splitlines())} lines)")
    return 0


def _handler(host: Host) -> str:
    body = host.post().body
    return next((word for word in ("handler-v1", "handler-v2", "handler-v3") if word in body), body[:200])


def _say(text: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    print(f"\n{'─' * width}\n{text}\n{'─' * width}", flush=True)


def _failed(why: str) -> int:
    print(f"\nthe demo failed: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
