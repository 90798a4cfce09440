"""The lab's command line."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from tests.lab import cleanup, layer_gc, machine, needs, state
from tests.lab.errors import LabError
from tests.lab.host import NOISE, Host
from tests.lab.layout import FPMS, LAYOUTS, USERS
from tests.lab.login import ssh_key
from tests.lab.progress import say
from tests.lab.stack import layers
from tests.lab.suites import SUITES

_EXAMPLES = """\
examples:
  python -m tests.lab build                         build all suites (once; about a minute each)
  python -m tests.lab up web --suite trixie --layout releases
  python -m tests.lab exec web systemctl status nginx
  python -m tests.lab ssh web                       a shell on it, over the network
  python -m tests.lab liveproof web check           this checkout's liveproof, on the host
  python -m tests.lab diff web                      what changed on its disk since it came up
  python -m tests.lab down --all
  python -m tests.lab bench                         how long hosts take to come up
"""


def main(argv: list[str]) -> int:
    """Run one command; returns the exit status."""
    parser = _parser()
    if not argv:
        parser.print_help()
        return 0
    options = parser.parse_args(argv)
    if reason := needs.available():
        say(reason)
        return 3
    action: Callable[[argparse.Namespace], int] = options.action
    try:
        return action(options)
    except (LabError, RuntimeError) as error:
        say(str(error))
        return 1
    except subprocess.TimeoutExpired as error:
        say(f"took more than {error.timeout:.0f} s")
        return 124
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.lab",
        description="Disposable Debian hosts with systemd, nginx, PHP-FPM and the api-gateway.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, action: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(action=action)
        return made

    build = command("build", _build, "build what hosts are made of")
    build.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    up = command("up", _up, "boot a host that keeps running")
    up.add_argument("name")
    up.add_argument("--suite", choices=list(SUITES), default="bookworm")
    up.add_argument("--layout", choices=LAYOUTS, default="plain")
    up.add_argument("--user", choices=USERS, default="www-data", help="the pool's user")
    up.add_argument("--fpm", choices=FPMS, default="tuned", help="whose values PHP-FPM and OPcache have")
    inside = command("exec", _exec, "run a command on a host as root")
    inside.add_argument("name")
    inside.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD…")
    ssh = command("ssh", _ssh, "log in over the network")
    ssh.add_argument("name")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD…")
    liveproof = command("liveproof", _liveproof, "run the host's liveproof")
    liveproof.add_argument("name")
    liveproof.add_argument("words", nargs=argparse.REMAINDER, metavar="ARGS…")
    diff = command("diff", _diff, "paths changed on a host's disk since it came up")
    diff.add_argument("name")
    diff.add_argument("--all", action="store_true", help="also what the host's own services write")
    for name, action, text in (
        ("stop", _stop, "power a host off and keep its disk"),
        ("boot", _boot, "boot a stopped host"),
    ):
        command(name, action, text).add_argument("name")
    down = command("down", _down, "take hosts down for good")
    which = down.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?")
    which.add_argument("--all", action="store_true")
    command("list", _list, "all hosts")
    command("gc", _gc, "take down hosts of dead processes, remove layers no one has used for a week")
    bench = command("bench", _bench, "measure boot times")
    bench.add_argument("--rounds", type=int, default=5)
    bench.add_argument("suites", nargs="*", metavar="SUITE")
    return parser


def _build(options: argparse.Namespace) -> int:
    for suite in options.suites or SUITES:
        for layout in LAYOUTS:
            for user in USERS:
                layers(suite, layout, user)
        print(f"{suite}: ready")
    return 0


def _up(options: argparse.Namespace) -> int:
    layers(options.suite, options.layout, options.user, options.fpm)
    start = time.monotonic()
    host = Host.up(options.suite, options.layout, options.user, fpm=options.fpm, name=options.name, keep=True)
    print(f"{host.name}: {host.suite} at {host.ip}, up in {time.monotonic() - start:.2f} s")
    return 0


def _exec(options: argparse.Namespace) -> int:
    host = Host.named(options.name)
    words = options.words or ["bash"]
    # The terminal itself, so that shells and pipes work.
    return subprocess.run(machine.enter(host.pid, host.index, words, host.environment("root")), check=False).returncode


def _ssh(options: argparse.Namespace) -> int:
    host = Host.named(options.name)
    quiet = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=5"]
    settings = [word for setting in quiet for word in ("-o", setting)]
    os.execvp("ssh", ["ssh", "-i", str(ssh_key()), *settings, f"root@{host.ip}", *options.words])


def _liveproof(options: argparse.Namespace) -> int:
    done = Host.named(options.name).liveproof(*options.words)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


def _diff(options: argparse.Namespace) -> int:
    for path in Host.named(options.name).diff(ignore=() if options.all else NOISE):
        print(path)
    return 0


def _stop(options: argparse.Namespace) -> int:
    Host.named(options.name).stop()
    return 0


def _boot(options: argparse.Namespace) -> int:
    Host.named(options.name).boot()
    return 0


def _down(options: argparse.Namespace) -> int:
    # --all means those of people: a test run's hosts are the test run's.
    names = [known.name for known in state.known() if known.keep or known.abandoned] if options.all else [options.name]
    for name in names:
        Host.named(name).down()
    return 0


def _list(options: argparse.Namespace) -> int:
    del options
    for known in state.known():
        host = Host(known)
        life = f"up, pid {host.pid}" if known.running() else "stopped"
        whose = "kept" if known.keep else "abandoned" if known.abandoned else f"of process {known.owner}"
        kind = f"{known.suite:<9} {known.layout:<9} {known.user:<9} {known.fpm:<9}"
        print(f"{known.name:<16} {host.ip:<15} {kind} {life:<16} {whose}")
    return 0


def _gc(options: argparse.Namespace) -> int:
    del options
    for name in [*cleanup.collect(), *layer_gc.prune()]:
        print(f"removed {name}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    for suite in options.suites or SUITES:
        layers(suite, "plain", "www-data")
        ups: list[float] = []
        downs: list[float] = []
        for _ in range(options.rounds):
            start = time.monotonic()
            host = Host.up(suite)
            ups.append(time.monotonic() - start)
            start = time.monotonic()
            host.down()
            downs.append(time.monotonic() - start)
        up, down = statistics.median(ups), statistics.median(downs)
        print(f"{suite:<9} up {up:.2f} s (worst {max(ups):.2f}), down {down:.2f} s")
    return 0
