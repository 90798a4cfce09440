"""The PHP-FPM masters of this host: those that run, and those that a systemd unit would start."""

import os
from collections.abc import Iterable, Iterator, Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import signature
from liveproof.host.process.command import run
from liveproof.host.process.credentials import credentials
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service
from liveproof.model.dataclass import dataclass
from liveproof.store.cache import Cache

_TITLE = "php-fpm: master process"
_POOL = "php-fpm: pool "
_PATIENCE = 5.0
_HELPER = "php-fpm-socket-helper"
_MOMENT, _LOOKS = 0.1, 20  # a master that starts again at a reload has no title until its modules have started
_UNTITLED = 3  # looks for one whose command line is empty while it executes its program, or that has just ended


@dataclass(frozen=True, slots=True)
class Found:
    """A master: its process (None: it does not run), program, configuration, prefix and unit.

    ``trusted`` tells that it is root's, so that its program may be run as root.
    """

    process: Process | None
    binary: str
    config: str
    prefix: str
    service: Service | None
    trusted: bool


def masters(reader: Reader, services: Mapping[str, Service]) -> tuple[Found, ...]:
    """Every master, the running ones first.

    Anyone can give a process any title, so without being root's in every respect, with a program of FPM's name, one is
    not trusted: nothing that it names is run.
    """
    _settle(reader, services)
    running = [
        _running(reader, process, services)
        for process in reader.processes()
        if process.title.startswith(_TITLE) and process.parent not in _pids(reader)
    ]
    planned = list(_planned(reader, services.values()))
    result = (*planned, *_packaged(reader, services))
    by_config = {found.config: found for found in (*reversed(result), *running)}
    return (*running, *(found for found in by_config.values() if found.process is None))


def _settle(reader: Reader, services: Mapping[str, Service]) -> None:
    """Wait, not for long, while a unit's main process has no title yet.

    A reload executes the program again under the same pid (fpm_pctl.c), and the title comes after the modules have
    started: in between, no process of this host looks like a master, and for a moment it has no command line at all.
    """
    pids = {service.main_pid for service in services.values() if any(is_fpm(argv[0]) for argv in service.start if argv)}
    pids.discard(0)
    for look in range(_LOOKS):
        found = [process for process in reader.processes() if process.pid in pids]
        if all(process.title.startswith(_TITLE) for process in found) and (
            len(found) == len(pids) or look >= _UNTITLED
        ):
            return
        reader.pause(_MOMENT)
        reader.forget_processes()


def _pids(reader: Reader) -> frozenset[int]:
    """The masters' pids: the child of one that still wears its title is a worker in the making."""
    return frozenset(process.pid for process in reader.processes() if process.title.startswith(_TITLE))


def _running(reader: Reader, process: Process, services: Mapping[str, Service]) -> Found:
    service = services.get(process.unit)
    planned = next(_planned(reader, [service]), None) if service else None
    try:
        binary = reader.readlink(f"/proc/{process.pid}/exe").removesuffix(" (deleted)")
    except OSError:
        binary = planned.binary if planned else ""
    who = credentials(reader, process.pid)
    trusted = who is not None and who.is_root and (not reader.root or is_fpm(binary))
    config = config_in(process.title) or (planned.config if planned else default_config(reader, binary))
    prefix = planned.prefix if planned and planned.config == config else prefix_of(binary)
    return Found(process, binary, config, prefix, service if planned else None, trusted)


def _planned(reader: Reader, services: Iterable[Service]) -> Iterator[Found]:
    """What the units would start."""
    for service in services:
        if service.load == "not-found":
            continue
        for argv in service.start:
            if is_fpm(argv[0] if argv else ""):
                config = option(argv, "-y", "--fpm-config") or default_config(reader, argv[0])
                prefix = option(argv, "-p", "--prefix") or prefix_of(argv[0])
                yield Found(None, argv[0], config, prefix, service, trusted=True)
                break


def _packaged(reader: Reader, services: Mapping[str, Service]) -> Iterator[Found]:
    """What Debian's packages installed, for a unit that is masked tells nothing, and not every host has systemd."""
    try:
        versions = reader.list("/etc/php")
    except OSError:
        return
    for number in versions:
        config, binary = f"/etc/php/{number}/fpm/php-fpm.conf", f"/usr/sbin/php-fpm{number}"
        try:
            there = reader.stat(config) is not None and reader.stat(binary) is not None
        except OSError:
            continue
        if there:
            yield Found(None, binary, config, "/usr", services.get(f"php{number}-fpm.service"), trusted=True)


def config_in(title: str) -> str:
    """The configuration that a master's title names; empty when the title was cut off."""
    _, opening, rest = title.partition("(")
    return rest[:-1] if opening and rest.endswith(")") else ""


def is_fpm(binary: str) -> bool:
    """Whether a program has the name of PHP-FPM: php-fpm, php-fpm8.2, php82-php-fpm."""
    name = os.path.basename(binary)
    return "php" in name and "fpm" in name


def option(argv: Iterable[str], short: str, long: str) -> str:
    """The value of an option in any of the ways that it may be written; empty when it is not given."""
    words = iter(argv)
    for word in words:
        if word in (short, long):
            return next(words, "")
        if word.startswith(f"{long}="):
            return word[len(long) + 1 :]
        if word.startswith(short) and not word.startswith("--") and len(word) > len(short):
            return word[len(short) :]
    return ""


def prefix_of(binary: str) -> str:
    """The prefix PHP was built with, as its program stands in ``PREFIX/sbin``."""
    directory = os.path.dirname(binary)
    return os.path.dirname(directory) if directory.endswith(("/sbin", "/bin")) else "/usr"


def default_config(reader: Reader, binary: str) -> str:
    """Where a program that is reported no configuration finds one, by how PHP is commonly built and packaged."""
    prefix, version = prefix_of(binary), version_in(binary)
    places = [f"/etc/php/{version}/fpm/php-fpm.conf"] if version else []
    places += [f"{prefix}/etc/php-fpm.conf", "/etc/php-fpm.conf", f"{prefix}/etc/php/php-fpm.conf"]
    for path in places:
        try:
            if reader.stat(path) is not None:
                return path
        except OSError:
            continue
    return places[0]


def version_in(binary: str) -> str:
    """The minor version in a program's name (``php-fpm8.2``), empty when it has none."""
    name = os.path.basename(binary)
    start = next((at for at, char in enumerate(name) if char.isdigit()), len(name))
    end = next((at for at in range(start, len(name)) if not (name[at].isdigit() or name[at] == ".")), len(name))
    major, dot, minor = name[start:end].partition(".")
    return f"{major}.{minor}" if dot and major.isdigit() and minor.isdigit() else ""


def version(reader: Reader, cache: Cache, found: Found) -> str:
    """PHP's minor version: from the program's name, else asked of a trusted program (``-n -v``: without any ini)."""
    named = version_in(found.binary)
    if named or not found.trusted or not found.binary:
        return named
    try:
        return cache.entry("fpm-version", found.binary).memoised(
            signature(reader, found.binary),
            lambda: parse_version(run([found.binary, "-n", "-v"], timeout=_PATIENCE).text),
            str,
        )
    except (OSError, CannotSee):
        return ""


def parse_version(text: str) -> str:
    """The minor version in the answer of ``php-fpm -v``."""
    words = text.split()
    parts = words[1].split(".") if len(words) > 1 and words[0] == "PHP" else []
    return f"{parts[0]}.{parts[1]}" if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else ""


def pool_of(process: Process) -> str:
    """The pool that a worker's title names, empty for any other process."""
    return process.title[len(_POOL) :] if process.title.startswith(_POOL) else ""


def links(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    """Socket paths that Debian's units lay as a link, with the pool file whose socket they lead to."""
    for service in services:
        for argv in service.post:
            if len(argv) > 3 and argv[0].endswith(_HELPER) and argv[1] in ("install", "start"):
                yield argv[2], argv[3]
