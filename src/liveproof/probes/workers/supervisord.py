"""How supervisord would start a program again, by its configuration (supervisord.org/configuration.html)."""

import fnmatch
import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from liveproof.host.errors import CannotSee
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.workers import PhpProcess
from liveproof.probes.workers.found import script_of

_PLACES = ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf")
_LIMIT = 1 << 20
_YES = ("true", "yes", "on", "1")
_UNEXPECTED = "unexpected"  # the default: only after an exit code that is not among exitcodes


def kept(reader: Reader, process: PhpProcess) -> PhpProcess:
    """The process with what supervisord would do; unchanged where supervisord has not started it.

    Only a configuration that has not changed since supervisord started is taken for the one in force.
    """
    keeper = next((one for one in reader.processes() if one.pid == process.parent), None)
    if not process.program or keeper is None or keeper.uid != 0:  # any other's configuration is not root's
        return process
    control, config = _control(keeper), _config(reader, keeper)
    if not control or not config or reader.stat(control) is None:
        return process
    process = replace(process, supervisor=(control, config))
    program = _program(reader, keeper, config, process.program)
    if not program:
        return process
    directory, script = program.get("directory", ""), _script(program.get("command", ""))
    place = posixpath.dirname(posixpath.join(directory, script)) if script else directory
    again = program.get("autorestart", _UNEXPECTED).lower()
    expected = [code.strip() for code in program.get("exitcodes", "0").split(",")]
    returns = again in _YES or (again == _UNEXPECTED and "0" not in expected)
    return replace(
        process,
        restarts_in=reader.resolve(place) if place.startswith("/") else "",
        started_again=f"supervisord's {process.program}" if returns else "",
    )


def _control(keeper: Process) -> str:
    script = next((word for word in keeper.argv if posixpath.basename(word) == "supervisord"), "")
    return f"{posixpath.dirname(script)}/supervisorctl" if script.startswith("/") else ""


def _config(reader: Reader, keeper: Process) -> str:
    for word, following in zip(keeper.argv, (*keeper.argv[1:], ""), strict=True):
        path = following if word in ("-c", "--configuration") else word.removeprefix("--configuration=")
        if path != word:
            return path if path.startswith("/") else ""
    return next((path for path in _PLACES if reader.stat(path)), "")


def _program(reader: Reader, keeper: Process, config: str, name: str) -> dict[str, str]:
    """The section of a program; empty where it is not certain that it is in force."""
    from configparser import Error, RawConfigParser  # noqa: PLC0415  (only where supervisord runs a worker)

    parser = RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    files = [config]
    try:
        parser.read_string(_text(reader, config))
        files += _included(reader, config, parser.get("include", "files", fallback=""))
        for path in files[1:]:
            parser.read_string(_text(reader, path))
        times = [reader.stat(path) for path in (*files, *{posixpath.dirname(path) for path in files})]
    except (OSError, CannotSee, Error):
        return {}
    if any(status is None or status.ctime_ns / 1e9 >= keeper.start for status in times):
        return {}
    group = name.partition(":")[0]
    members = parser.get(f"group:{group}", "programs", fallback=group).split(",")
    section = f"program:{members[0].strip()}"
    return dict(parser.items(section)) if len(members) == 1 and parser.has_section(section) else {}


def _text(reader: Reader, path: str) -> str:
    return reader.read(path, _LIMIT).decode(errors="replace")


def _included(reader: Reader, config: str, patterns: str) -> Iterator[str]:
    here = posixpath.dirname(config)
    for pattern in patterns.replace("%(here)s", here).split():
        folder, name = posixpath.split(posixpath.join(here, pattern))
        yield from (f"{folder}/{found}" for found in sorted(reader.list(folder)) if fnmatch.fnmatch(found, name))


def _script(command: str) -> str:
    try:
        words: Sequence[str] = shlex.split(command)
    except ValueError:
        return ""
    return script_of(words)
