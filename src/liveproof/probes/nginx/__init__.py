"""nginx: its process, whom its workers run as, what its configuration says, and whether that is valid.

The structure is read from the files, so that a configuration which nginx refuses still tells which apps it serves;
``nginx -T`` then says whether it is valid, and whether any file was missed. Both are remembered together with the state
of every file that they came from. As any ``nginx -t`` that root runs, the test opens the logs that the configuration
names, and leaves an empty pid file where nginx does not run.
"""

import time
from dataclasses import replace
from typing import Any

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files.file_state import Inputs
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.command import Ran, run
from liveproof.host.process.credentials import credentials
from liveproof.host.process.proc import Process
from liveproof.host.process.replaced import replaced_files
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.host.services.systemd import web_services
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.nginx import Nginx, NginxProcess, Server
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Loaded
from liveproof.model.secrets import harmless_parameter, hide
from liveproof.probes.nginx import configuration, directives, load_moment, master, test_inputs
from liveproof.probes.nginx.master import Build, Command
from liveproof.probes.nginx.php_settings import numbered
from liveproof.store import loaded_files
from liveproof.store.cache import Cache
from liveproof.store.loaded_files import Wanted

_UNITS = ("nginx", "openresty", "angie")
_PATIENCE = 5.0
_ERRORS = ("[emerg]", "[alert]", "[crit]", "[error]")
_LONGEST = 500
_MARK = "# configuration file "
_Tested = tuple[bool | None, tuple[str, ...], tuple[str, ...], float]
_NO_BUILD = Build("", "/etc/nginx", "/etc/nginx/nginx.conf", "nobody", "", "", "")


@dataclass(frozen=True, slots=True)
class _Configuration:
    """What the files say, as it is remembered.

    ``valid``: nginx takes it, and files alone decide that. Anything else is tested each time: a failure may be due to
    what no file tells. ``seconds``: how long its test took, which reads the files as a reload does.
    """

    user: str
    group: str
    error_log: str
    servers: tuple[Server, ...]
    files: tuple[str, ...]
    unread: tuple[str, ...]
    valid: bool
    patterns: tuple[str, ...]
    seconds: float


def probe(reader: Reader, cache: Cache) -> Nginx:
    """The nginx of this host, running or not."""
    process = master.master(reader)
    service = _service(reader, process)
    command = _command(reader, process, service)
    build = _build(reader, cache, command.binary)
    config = _config(command, build)
    if process is None and not command.binary and reader.stat(config) is None:
        raise NotThere("there is no nginx on this host")
    found, state = cache.entry("nginx").memoised_by_inputs(
        reader,
        (reader.root, config, build, command),
        lambda: _read(reader, command, build, config),
        _Configuration,
        keep=lambda result, _: not _secret(result.servers),
    )
    valid, errors = (True, ()) if found.valid else _tested(reader, command)[:2]
    ctimes = dict(state.ctimes)
    workers, draining = master.workers(reader, process) if process else ((), ())
    user, group, uid, gid, groups = _worker_user(reader, found, build, process, workers or draining)
    running = loaded = None
    if process:
        loaded = _loaded(reader, cache, process, service, found)
        starts = tuple((one.pid, one.start) for one in workers)
        stopped = tuple(one.pid for one in (process, *workers) if one.stopped)
        leaving = tuple(one.pid for one in draining)
        replaced = _replaced(reader, process.pid)
        running = NginxProcess(process.pid, process.start, config, user, starts, leaving, stopped, replaced)
    return Nginx(
        command.binary,
        build.version,
        config,
        valid,
        errors,
        tuple((path, ctimes.get(path, 0.0)) for path in found.files),
        user,
        uid,
        gid,
        groups,
        numbered(found.servers),
        running,
        service.name if service else "",
        group,
        (command.binary, "-t", *command.options) if command.binary else (),
        f"{service.active}/{service.enabled}" if service else "",
        found.unread,
        loaded,
        loaded_files.of_unit(reader, cache, service, process) if service and process else None,
        service is not None and service.need_daemon_reload,
    )


def _loaded(
    reader: Reader, cache: Cache, process: Process, service: systemd.Service | None, found: _Configuration
) -> Loaded | Unknown:
    """What the workers have loaded, beside what the files hold now."""
    wanted = Wanted(tuple((path, 0.0) for path in found.files), loaded_files.directories(reader, found.patterns))

    def look() -> Loaded | Unknown:
        workers = master.workers(reader, process)[0]
        load = load_moment.load(
            reader, process, workers, service, log=found.error_log, reading=found.seconds or _PATIENCE
        )
        if isinstance(load, Unknown):
            return load
        return loaded_files.compared(reader, cache.entry("nginx-loaded"), load, wanted)

    return loaded_files.at_rest(reader, look)


def _replaced(reader: Reader, pid: int) -> tuple[str, ...] | Unknown:
    try:
        return replaced_files(reader, pid)
    except OSError as error:
        why = f"{error.strerror or error}; run liveproof as root"
        return Unknown(f"whether the program of nginx's master {pid} was replaced since it started: {why}")


def _service(reader: Reader, process: Process | None) -> systemd.Service | None:
    """The unit of nginx: the one that its master runs in, else the first that is installed."""
    try:
        found = web_services(reader)
    except (CannotSee, OSError):
        return None
    if process:
        own = found.get(process.unit)
        return own if own and own.load != "not-found" else None
    ours = [one for one in found.values() if one.load != "not-found" and one.name.startswith(_UNITS)]
    return next(iter(ours), None)


def _command(reader: Reader, process: Process | None, service: systemd.Service | None) -> Command:
    """How nginx was started, or would be."""
    if process:
        command = master.parse_title(process.title)
        binary = master.binary_of(reader, process) or (command.binary if command.binary.startswith("/") else "")
        return replace(command, binary=binary or master.installed(reader))
    for argv in service.start if service else ():
        command = master.parse_words(list(argv))
        if reader.stat(command.binary) is not None:
            return command
    return Command(master.installed(reader))


def _build(reader: Reader, cache: Cache, binary: str) -> Build:
    try:
        return master.build(reader, cache, binary) if binary else _NO_BUILD
    except OSError:
        return _NO_BUILD


def _config(command: Command, build: Build) -> str:
    prefix = command.prefix or build.prefix
    config = command.config or build.config
    return config if config.startswith("/") else f"{prefix.rstrip('/')}/{config}"


def _secret(servers: tuple[Server, ...]) -> bool:
    """Whether a parameter holds a value that may be a secret: such a configuration is read again each time."""
    given = {(name, value) for server in servers for each in server.passes for name, value, _ in each.params}
    return not all(harmless_parameter(name, value) for name, value in given)


def _read(reader: Reader, command: Command, build: Build, config: str) -> tuple[_Configuration, Inputs]:
    prefix = command.prefix or build.prefix
    tree = directives.load(config, _parse, lambda path: _text(reader, path), reader.glob)
    found = configuration.configuration(tree, prefix, (build.access_log, build.error_log))
    opened, present = test_inputs.opened(tree, prefix)
    valid, _, files, seconds = _tested(reader, command)
    missed = [
        f"nginx reads {path}, which liveproof did not find among the includes"
        for path in files
        if path not in tree.files and reader.stat(path) is not None
    ]
    binary = (command.binary,) if command.binary else ()
    inputs = Inputs(
        tuple(dict.fromkeys((*tree.files, *opened, *binary, *test_inputs.SYSTEM))), present, tuple(tree.patterns)
    )
    problems = (*tree.problems, *missed)
    lasting = bool(valid) and not test_inputs.asks_resolver(tree)
    return (
        _Configuration(
            found.user,
            found.group,
            found.error_log,
            found.servers,
            tuple(tree.files),
            problems,
            lasting,
            tuple(tree.patterns),
            seconds,
        ),
        inputs,
    )


def _text(reader: Reader, path: str) -> str | None:
    status = reader.stat(path)
    return None if status and status.is_directory else reader.read(path).decode(errors="surrogateescape")


def _parse(text: str, path: str) -> tuple[list[dict[str, Any]], list[str]]:
    # Installed by the distribution ngxparse; 25 ms to import, so only when something changed.
    import crossplane  # noqa: PLC0415  (see above)

    parsed = crossplane.parse_string(text, filename=path, single=True, check_ctx=False, check_args=False)
    return parsed["config"][0]["parsed"], [str(error["error"]) for error in parsed["errors"]]


def _tested(reader: Reader, command: Command) -> _Tested:
    """Whether nginx takes the configuration, its errors (or why nobody could ask), its files; seconds."""
    return reader.once("nginx -T", lambda: _test(reader, command))


def _test(reader: Reader, command: Command) -> _Tested:
    if not command.binary:
        return None, ("nginx's program was not found, so its configuration cannot be tested",), (), 0.0
    began = time.perf_counter()
    try:
        ran = run([command.binary, "-T", *command.options], timeout=_PATIENCE)
    except OSError as error:
        return None, (f"{command.binary} cannot be run: {error.strerror}",), (), 0.0
    if ran.timed_out:
        return None, (f"nginx -t did not end within {_PATIENCE:g} s: does it wait for a name server?",), (), _PATIENCE
    seconds = time.perf_counter() - began
    if ran.status:
        valid, errors = _judged(ran, root=reader.root)
        return valid, errors, (), seconds
    text = ran.out.decode(errors="surrogateescape")
    marks = (line for line in text.splitlines() if line.startswith(f"{_MARK}/") and line.endswith(":"))
    return True, (), tuple(line[len(_MARK) : -1] for line in marks), seconds


def _judged(ran: Ran, *, root: bool) -> tuple[bool | None, tuple[str, ...]]:
    """What a failed test says: without root it may fail only for want of permission."""
    messages = "\n".join(_printable(line) for line in ran.errors.splitlines()).split("\nnginx: ")
    errors = tuple(_error(one) for one in messages if any(level in one for level in _ERRORS))
    sure = tuple(line for line in errors if "Permission denied" not in line and "not permitted" not in line)
    if errors and (root or sure):
        return False, errors if root else sure
    if errors:
        return None, ("nginx's configuration can be tested by root only; run liveproof as root",)
    return None, (f"nginx -t ended with {ran.status} and said nothing of its configuration",)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _error(text: str) -> str:
    """One error on one line, without the time and the process that it starts with once the error log is known.

    It quotes what stands in the file; of a long one the middle is left out, as the place is reported at the end.
    """
    text = text.replace("\n", " ")
    at = min(text.index(level) for level in _ERRORS if level in text)
    level, _, rest = text[at:].partition(" ")
    who, colon, what = rest.partition(": ")
    message = what if colon and "#" in who and who.replace("#", "").isdigit() else rest
    message = hide(message)
    return f"{level} {message if len(message) <= _LONGEST else f'{message[:200]} … {message[-200:]}'}"


def _worker_user(
    reader: Reader, found: _Configuration, build: Build, process: Process | None, workers: tuple[Process, ...]
) -> tuple[str, str, int, int, tuple[int, ...]]:
    """Name, group's name and numbers of whom the workers run as: of a running one, else as they would be started."""
    accounts = Accounts(reader)
    who = next((observed for one in workers if (observed := credentials(reader, one.pid))), None)
    if who:
        return accounts.user_name(who.uid), accounts.group_name(who.gid), who.uid, who.gid, who.groups
    name = str(process.uid) if process and process.uid else found.user or build.user
    account = accounts.user(name)
    if account is None:
        return name, "", -1, -1, ()
    group = accounts.group(found.group) if found.group else None
    gid = account.gid if group is None else group
    return account.name, accounts.group_name(gid), account.uid, gid, accounts.groups_of(account.name, gid)
