"""Say what holds on a recorded host.

Say what the rules of this version find on the host that FILE (of `liveproof record`, also gzipped) holds.

Examples:
  liveproof replay host.json
  liveproof replay host.json.gz --format json

Exit status:
  0 proven   1 broken   2 usage or configuration error   3 unproven   70 our bug
"""

import argparse
import gzip
import zlib

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BY_VERDICT
from liveproof.cli.options import Options, add_report_arguments
from liveproof.cli.session import show_record
from liveproof.examine import judge
from liveproof.model.examination import Examination
from liveproof.model.facts.apps import App
from liveproof.model.rule import Rule
from liveproof.model.run_record import Record
from liveproof.model.settings import Settings
from liveproof.rules import load
from liveproof.store import recording

HELP_ORDER = 7

_LARGEST = 256 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``replay``."""
    parser.add_argument("file", metavar="FILE", help="a file that `liveproof record` wrote")
    add_report_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show what the rules of this version say of a recording; nothing of this host is examined.

    Raises:
        UsageError: it cannot be read, or is no recording.
    """
    path: str = arguments.file
    try:
        recorded = recording.loads(_read(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except recording.NoRecording as error:
        raise UsageError(f"{path} is not a recording: {error}") from None
    examination = judge_recording(recorded)
    record = Record("", "check", recorded.version, examination)
    show_record(record, Options.from_arguments(arguments), console, recorded.settings)
    return BY_VERDICT[examination.verdict]


def _read(path: str) -> bytes:
    """The text of a recording, unpacked when it is gzip's; never more than a recording may be."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            text = gzip.GzipFile(fileobj=file).read(_LARGEST + 1) if packed else file.read(_LARGEST + 1)
        except (EOFError, zlib.error) as error:
            raise UsageError(f"{path} is damaged: {error}") from None
    if len(text) > _LARGEST:
        raise UsageError(f"{path} is larger than any recording ({_LARGEST >> 20} MB)")
    return text


def judge_recording(recorded: recording.Recording, rules: tuple[Rule, ...] = ()) -> Examination:
    """What the rules of this version, or some of them, say of a recording."""
    settings = recorded.settings
    apps = tuple(judge(app, rules or load(), {App: app, Settings: settings, **facts}) for app, facts in recorded.apps)
    return Examination(recorded.host, recorded.started, 0.0, apps, recorded.reason, ())
