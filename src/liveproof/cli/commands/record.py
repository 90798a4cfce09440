"""Write down what is seen of this host.

Write what is seen of the app in PATH, or of every app, as one file: for a bug report, or to look at elsewhere.

It names files, users, versions and settings of this host. Values of .env and of caches, headers, and bodies of
requests and answers are not in it, and what looks like a secret is hidden; read it before you send it.

Examples:
  liveproof record --output host.json
  liveproof record /var/www/api-gateway | gzip > host.json.gz
"""

import argparse

from liveproof.cli.console import Console
from liveproof.cli.options import Options, add_app_arguments, add_output_argument
from liveproof.cli.output import write_file
from liveproof.cli.session import examine_host, prepare
from liveproof.store import recording

HELP_ORDER = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``record``."""
    add_output_argument(parser)
    add_app_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, and write down the facts; the verdict is not asked for, so the status says only that it was written."""
    options = Options.from_arguments(arguments)
    settings, cache = prepare(options)
    examination = examine_host(settings, cache, console)
    text = recording.dumps(recording.record(examination, settings))
    if options.output:
        write_file(options.output, text)
        console.message(
            f"{options.output} holds what was seen of {len(examination.apps)} app(s); read it before you send it"
        )
    else:
        console.text(text)
    return 0
