"""Show what is live on one screen, refreshed every second.

The chain of every app, open alerts, pools with their workers, OPcache, queue workers and the last log errors. It
changes nothing and needs a terminal of at least 80 columns; `?` explains its keys.

Examples:
  liveproof top
  liveproof top /var/www/api-gateway
  NO_COLOR=1 liveproof top --every 5     (over a slow line)

Exit status:
  0 ended   2 usage error, or no terminal that can show a screen
"""

import argparse
import os

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import OK
from liveproof.cli.options import Options, add_config_argument, add_every_argument
from liveproof.cli.session import prepare

HELP_ORDER = 8
_INSTEAD = "`liveproof check` and `liveproof sample` need no screen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``top``."""
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default="", help="the app's directory (default: every app that is known)"
    )
    add_every_argument(parser)
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show the screen until it is quit.

    Raises:
        UsageError: there is no terminal that can show it, or the path or configuration is wrong.
    """
    if not console.interactive:
        raise UsageError(f"top needs a terminal for input and output; {_INSTEAD}")
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        raise UsageError(f"this terminal (TERM={os.environ.get('TERM', '')}) cannot show a screen; {_INSTEAD}")
    options = Options.from_arguments(arguments)
    prepare(options)
    made_with = options.made_with
    path = made_with.pop("path", "")
    configured = tuple(f"--{name}={value}" for name, value in made_with.items())
    from liveproof.tui.app import Top  # noqa: PLC0415  (textual: 200 ms, which a wrong word need not wait for)

    words = ["sample", f"--every={arguments.every:g}", *configured, *(("--", path) if path else ())]
    top = Top(words, path, configured, arguments.every)
    top.run(mouse=False)
    if top.failure:
        raise top.failure
    return OK
