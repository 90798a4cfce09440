"""What systemd knows of its services, asked once for all of them with ``systemctl show`` (systemctl(1))."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from liveproof.host.errors import CannotSee
from liveproof.host.numbers import whole
from liveproof.host.process.command import run
from liveproof.host.reader import Reader

DIRECTORIES = (
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system",
)  # fmt: skip
# Touched whenever systemd has read its units (daemon-reload), since 248: until then it keeps what it has in force.
LOADED = "/run/systemd/systemd-units-load"
_PROPERTIES = (
    "Id", "LoadState", "ActiveState", "SubState", "Result", "MainPID", "NeedDaemonReload", "UnitFileState",
    "PrivateTmp", "NRestarts", "ExecStart", "ExecStartPost", "ExecReload", "InactiveExitTimestampMonotonic",
    "ActiveEnterTimestampMonotonic", "StateChangeTimestampMonotonic", "FragmentPath", "DropInPaths", "EnvironmentFiles",
)  # fmt: skip
_EXACT = "--timestamp=us+utc"  # since 247
_STARTED = re.compile(r" ; start_time=\[\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC\]")
_PATIENCE = 5.0
_WEB = ("nginx", "openresty", "angie", "fpm")
_MASTERS = ("nginx: master process", "php-fpm: master process")

# The properties of one unit; one that holds several values (ExecStart) has several.
Block = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as systemd has it in force, drop-ins counted; words as in systemctl(1) and org.freedesktop.systemd1(5).

    ``start`` and ``post`` are the commands of ExecStart and ExecStartPost; systemd does not tell where an argument that
    holds blanks ends, so they are split at every blank. ``began``, ``entered`` and ``changed`` are when it last left
    the state inactive, when it became active, and when its state last changed, which the end of a reload does as well:
    seconds of CLOCK_MONOTONIC, 0 when that never was. ``reloading`` is when its commands of ExecReload were begun last:
    epoch seconds, 0 when that never was or this systemd tells no microseconds (before 247). ``files`` are those that
    its settings come from: the unit's own, its drop-ins, and the files of its environment.
    """

    name: str
    load: str
    active: str
    sub: str
    result: str
    main_pid: int
    need_daemon_reload: bool
    enabled: str
    private_tmp: bool
    start: tuple[tuple[str, ...], ...]
    post: tuple[tuple[str, ...], ...]
    restarts: int = 0
    began: float = 0.0
    entered: float = 0.0
    changed: float = 0.0
    reloading: float = 0.0
    files: tuple[str, ...] = ()


def names(reader: Reader, parts: Iterable[str]) -> tuple[str, ...]:
    """The services installed on the host whose name holds one of ``parts``; templates are left out."""
    parts = tuple(parts)
    found: set[str] = set()
    for directory in DIRECTORIES:
        try:
            listed = reader.list(directory)
        except OSError:
            continue
        found.update(n for n in listed if n.endswith(".service") and "@." not in n and any(part in n for part in parts))
    return tuple(sorted(found))


def services(reader: Reader, wanted: Iterable[str]) -> Mapping[str, Service]:
    """The services by the names they were asked for; an alias leads to the same service as its own name.

    Raises:
        CannotSee: systemd does not run this host, or does not answer.
        OSError: systemctl cannot be started.
    """
    asked = tuple(dict.fromkeys(wanted))
    if reader.stat("/run/systemd/system") is None:
        raise CannotSee("systemd does not run this host, so it has no units")
    if not asked:
        return {}
    blocks = show(asked, _PROPERTIES, exact=True)
    if len(blocks) != len(asked):
        raise CannotSee("systemctl show: it answered something else than was asked")
    return dict(zip(asked, map(_service, blocks), strict=True))


def show(wanted: Sequence[str], properties: Sequence[str], *, every: bool = False, exact: bool = False) -> list[Block]:
    """The properties of units, in the order in which they were asked for.

    Args:
        wanted: their names, or patterns of the names of those that systemd has loaded.
        properties: which properties; one that is empty may be left out.
        every: with patterns, also of units that are not active.
        exact: times of commands in UTC with microseconds, where this systemd can tell them so.

    Raises:
        CannotSee: systemd does not answer.
        OSError: systemctl cannot be started.
    """
    options = ["--no-pager", f"--property={','.join(properties)}", *(["--all"] if every else [])]
    ran = run(["systemctl", "show", *options, *([_EXACT] if exact else []), "--", *wanted], timeout=_PATIENCE)
    if exact and ran.status and not ran.text:
        ran = run(["systemctl", "show", *options, "--", *wanted], timeout=_PATIENCE)
    if ran.timed_out:
        raise CannotSee(f"systemd did not answer `systemctl show` within {_PATIENCE:g} s")
    found = list(blocks(ran.text))
    if not found:
        raise CannotSee(f"systemctl show: {ran.errors.strip() or 'it did not answer'}")
    return found


def web_services(reader: Reader) -> Mapping[str, Service]:
    """The services of nginx and PHP-FPM: those that are installed, and those that their masters run in; asked once.

    Raises:
        CannotSee: systemd does not run this host, or does not answer.
        OSError: systemctl cannot be started.
    """

    def ask() -> Mapping[str, Service]:
        running = {one.unit for one in reader.processes() if one.title.startswith(_MASTERS) and one.unit}
        return services(reader, sorted({*names(reader, _WEB), *running}))

    return reader.once("web services", ask)


def parse(text: str) -> Iterator[Service]:
    """The services of one ``systemctl show``, in its order."""
    return map(_service, blocks(text))


def blocks(text: str) -> Iterator[Block]:
    """The units of one ``systemctl show``, in its order: blocks of ``Name=value`` parted by empty lines."""
    for block in text.split("\n\n"):
        one: dict[str, list[str]] = {}
        for name, mark, value in (line.partition("=") for line in block.splitlines()):
            if mark:
                one.setdefault(name, []).append(value)
        if one:
            yield one


def _service(block: Block) -> Service:
    one = {name: values[-1] for name, values in block.items()}
    return Service(
        one.get("Id", ""),
        one.get("LoadState", ""),
        one.get("ActiveState", ""),
        one.get("SubState", ""),
        one.get("Result", ""),
        _number(one.get("MainPID", "")),
        one.get("NeedDaemonReload") == "yes",
        one.get("UnitFileState", ""),
        one.get("PrivateTmp") not in ("no", "", None),
        tuple(tuple(command(value)[0].split()) for value in block.get("ExecStart", ())),
        tuple(tuple(command(value)[0].split()) for value in block.get("ExecStartPost", ())),
        _number(one.get("NRestarts", "")),
        _number(one.get("InactiveExitTimestampMonotonic", "")) / 1e6,
        _number(one.get("ActiveEnterTimestampMonotonic", "")) / 1e6,
        _number(one.get("StateChangeTimestampMonotonic", "")) / 1e6,
        min(filter(None, map(_started, block.get("ExecReload", ()))), default=0.0),
        tuple(_files(block)),
    )


def _files(block: Block) -> Iterator[str]:
    """The files of a unit's settings; systemd does not tell where a path that holds blanks ends."""
    for name in ("FragmentPath", "DropInPaths"):
        for value in block.get(name, ()):
            yield from (path for path in value.split() if path.startswith("/"))
    for value in block.get("EnvironmentFiles", ()):
        path = value.rpartition(" (ignore_errors=")[0]
        if path.startswith("/"):
            yield path


def _started(value: str) -> float:
    """When a command was started last (epoch seconds), of its description as ``command`` reads it; 0 where untold."""
    found = _STARTED.search(value)
    if not found:
        return 0.0
    from datetime import datetime  # noqa: PLC0415  (1 ms, and only where something was reloaded)

    return datetime.fromisoformat(f"{found[1]}+00:00").timestamp()


def _number(text: str) -> int:
    return whole(text) or 0


def command(value: str) -> tuple[str, str]:
    """The arguments, parted by blanks, and the flags of ``{ path=/x ; argv[]=/x -a b ; flags=… ; start_time=… ; … }``.

    Where it is not asked by its newer name (ExecStartEx) there is ``ignore_errors=`` in the place of the flags.
    """
    _, _, rest = value.partition("argv[]=")
    end = " ; flags=" if " ; flags=" in rest else " ; ignore_errors="
    argv, _, after = rest.rpartition(end)
    return argv, after.partition(" ; ")[0]
