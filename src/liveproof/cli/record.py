"""Recordings, from the words asked for to the exit status: a host's facts to a file, and a file to a verdict."""

import gzip
import zlib

from liveproof.cli.check import STATUS, Wrong, look, settle, tell
from liveproof.cli.console import Console
from liveproof.cli.options import Asked
from liveproof.cli.output import write_file
from liveproof.examine import judge
from liveproof.model.examination import Examination
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import Workers
from liveproof.model.findings import Absent
from liveproof.model.run_record import Record
from liveproof.model.settings import Settings
from liveproof.rules import load
from liveproof.store import recording

_RECORDING = 256 << 20


def record(asked: Asked, console: Console) -> int:
    """Look, and write down what was seen; the verdict is not asked for, so the status says only that it was written.

    Raises:
        Wrong, console.CannotWrite: as ``settle`` and ``tell``.
    """
    settings, cache = settle(asked)
    examination = look(settings, cache, console)
    text = recording.dumps(recording.record(examination, settings))
    if asked.output:
        write_file(asked.output, text)
        console.tell(
            f"{asked.output} holds what was seen of {len(examination.apps)} app(s); read it before you send it"
        )
    else:
        console.text(text)
    return 0


def replay(path: str, asked: Asked, console: Console) -> int:
    """Tell what the rules of this version say of a recording; nothing of this host is looked at.

    Raises:
        Wrong: it cannot be read, or is no recording.
    """
    try:
        known = recording.loads(_recorded(path))
    except OSError as error:
        raise Wrong(f"{path} cannot be read: {error.strerror or error}") from None
    except recording.NoRecording as error:
        raise Wrong(f"{path} is no recording: {error}") from None
    examination = replayed(known)
    record = Record("", "check", known.version, examination)
    tell(record, asked, console, known.settings)
    return STATUS[examination.verdict]


def _recorded(path: str) -> bytes:
    """The text of a recording, unpacked when it is gzip's; never more than a recording may be."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            text = gzip.GzipFile(fileobj=file).read(_RECORDING + 1) if packed else file.read(_RECORDING + 1)
        except (EOFError, zlib.error) as error:
            raise Wrong(f"{path} is damaged: {error}") from None
    if len(text) > _RECORDING:
        raise Wrong(f"{path} is larger than any recording ({_RECORDING >> 20} MB)")
    return text


def replayed(recorded: recording.Recording) -> Examination:
    """What the rules of this version say of a recording."""
    settings = recorded.settings
    rules = load()
    apps = tuple(
        judge(app, rules, {App: app, Settings: settings, Workers: _NO_WORKERS, **facts}) for app, facts in recorded.apps
    )
    return Examination(recorded.host, recorded.started, 0.0, apps, recorded.reason, ())


# Recordings that were made before anything asked for the processes beside PHP-FPM tell nothing of them.
_NO_WORKERS = Absent("the recording does not tell of processes beside PHP-FPM")
