"""Print what is live, one JSON object a line, every second.

Ask each pool's status page, OPcache, queue workers and logs again and again: only what is cheap to ask. Judges nothing.
Apps and pools are those of the last kept whole run of `liveproof check`, else they are looked up first. `liveproof top`
shows the same on a screen; the fields are described in docs/top.md.

Examples:
  liveproof sample
  liveproof sample /var/www/api-gateway --every 5
  liveproof sample --count 1 | jq '.pools[] | {id, active, idle, queue}'

Exit status:
  0 ended, by --count or a signal   2 usage or configuration error
"""

import argparse
import json
import signal
import time

from liveproof.cli.console import Console
from liveproof.cli.exit_status import OK
from liveproof.cli.options import Options, add_config_argument, add_every_argument
from liveproof.cli.session import open_history, prepare, ready_probe
from liveproof.model.codec import to_json
from liveproof.model.sample import Sample
from liveproof.report.style.escaping import utf8
from liveproof.sampling.known import Knowledge
from liveproof.sampling.sampler import Sampler
from liveproof.store.directory import mark

HELP_ORDER = 8
SCHEMA = "liveproof-sample/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``sample``."""
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default="", help="the app's directory (default: every app that is known)"
    )
    add_every_argument(parser)
    parser.add_argument("--count", metavar="N", type=_count, default=0, help="end after N lines (default: go on)")
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Sample until a signal, or until nobody reads any more.

    Raises:
        UsageError: the configuration is wrong, or the path names no directory.
    """
    settings, cache = prepare(Options.from_arguments(arguments))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ready_probe()
    sampler = Sampler(settings, Knowledge(settings, cache, open_history(), lambda: mark("history.db")))
    try:
        _sample(sampler, console, every=arguments.every, count=arguments.count)
    except KeyboardInterrupt:
        return OK
    return OK


def _sample(sampler: Sampler, console: Console, *, every: float, count: int) -> None:
    done = 0
    due = time.monotonic()
    while True:
        console.text(line(sampler.look()))
        done += 1
        if console.gone or done == count:
            return
        due = max(due + every, time.monotonic())  # a late look moves the next ones, they do not pile up
        time.sleep(max(0.0, due - time.monotonic()))


def line(sample: Sample) -> str:
    """A sample as one line of JSON, all of it ASCII."""
    return json.dumps({"schema": SCHEMA, **_printable(to_json(sample))}, separators=(",", ":")) + "\n"


def _printable(value: object) -> dict[str, object]:
    def clean(part: object) -> object:
        if isinstance(part, str):
            return utf8(part)
        if isinstance(part, list | tuple):
            return [clean(each) for each in part]
        if isinstance(part, dict):
            return {name: clean(each) for name, each in part.items()}
        return part

    cleaned = clean(value)
    assert isinstance(cleaned, dict)
    return cleaned


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines")
    return int(text)
