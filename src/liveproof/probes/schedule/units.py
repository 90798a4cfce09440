"""systemd services that are started by themselves or by a timer, with their commands (systemd.unit(5), .service(5))."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from liveproof.probes.schedule import ini
from liveproof.probes.schedule.watched import Watched

# In the order of their precedence.
_PLACES = (
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
)  # fmt: skip
_ENABLING = (".wants", ".requires", ".upholds")
_PREFIXES = "-@:+!|"


@dataclass(frozen=True, slots=True)
class Line:
    """A command of a service: ``command`` without prefixes; ``privileged``: a prefix makes it run as root anyway."""

    path: str
    number: int
    text: str
    plain: str
    command: str
    privileged: bool


@dataclass(slots=True)
class Service:
    """A service as its unit file and drop-ins make it: user (root unless said), directory, variables, commands."""

    name: str
    user: str = "root"
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    commands: dict[str, list[Line]] = field(default_factory=dict)

    @property
    def lines(self) -> list[Line]:
        """All commands."""
        return [line for lines in self.commands.values() for line in lines]


def services(watched: Watched) -> Iterator[Service]:
    """The services that are enabled, or started by an enabled timer; a unit file alone starts nothing."""
    files, drop_ins, enabled = _files(watched)
    started = {name: name for name in enabled if name.endswith(".service")}
    for timer in (name for name in enabled if name.endswith(".timer")):
        started.setdefault(_started_by(watched, timer, files), timer)
    for name in sorted(started):
        template = _template(name)
        path = files.get(name) or files.get(template)
        if path is None:
            continue
        pieces = [path, *_drop_ins(name, template, drop_ins)]
        texts = [(piece, watched.text(piece, ini.LINES) or "") for piece in pieces]
        yield _service(name, texts)


def _files(watched: Watched) -> tuple[dict[str, str], dict[str, dict[str, str]], set[str]]:
    """Unit files by name, drop-ins by directory and name, and the names that something enables."""
    files: dict[str, str] = {}
    drop_ins: dict[str, dict[str, str]] = {}
    enabled: set[str] = set()
    for place in _PLACES:
        for name in watched.names(place):
            path = f"{place}/{name}"
            if name.endswith((".service", ".timer")):
                files.setdefault(name, path)
            elif name.endswith((".service.d", ".timer.d")):
                for piece in watched.names(path):
                    if piece.endswith(".conf"):
                        drop_ins.setdefault(name, {}).setdefault(piece, f"{path}/{piece}")
            elif name.endswith(_ENABLING):
                enabled.update(watched.names(path))
    return files, drop_ins, enabled


def _started_by(watched: Watched, timer: str, files: dict[str, str]) -> str:
    """The unit that a timer starts (systemd.timer(5): Unit=)."""
    path = files.get(timer) or files.get(_template(timer))
    said = [line.value for line in ini.unit(watched.text(path, ini.LINES) or "") if line.key == "Unit"] if path else []
    return said[-1] if said else f"{timer.removesuffix('.timer')}.service"


def _template(name: str) -> str:
    """``x@.service`` of ``x@1.service``, else the name."""
    stem, _, kind = name.rpartition(".")
    return f"{stem.partition('@')[0]}@.{kind}" if "@" in stem else name


def _drop_ins(name: str, template: str, drop_ins: dict[str, dict[str, str]]) -> list[str]:
    """The drop-ins of a unit in the order of their names; the more precise directory wins where names are alike."""
    stem = name.removesuffix(".service")
    directories = ["service.d"]
    directories += [f"{stem[: at + 1]}.service.d" for at, char in enumerate(stem) if char == "-"]
    directories += [f"{template}.d", f"{name}.d"]
    found: dict[str, str] = {}
    for directory in dict.fromkeys(directories):
        found.update(drop_ins.get(directory, {}))
    return [found[piece] for piece in sorted(found)]


def _service(name: str, texts: list[tuple[str, str]]) -> Service:
    service = Service(name)
    for path, text in texts:
        for said in ini.unit(text):
            if said.section == "Service":
                _take(service, said, path)
    return service


def _take(service: Service, said: ini.Assignment, path: str) -> None:
    value = _specified(said.value, service.name)
    if said.key == "User":
        service.user = value or "root"
    elif said.key == "DynamicUser" and value.lower() in ("yes", "true", "on", "1"):
        service.user = service.user if service.user != "root" else service.name
    elif said.key == "WorkingDirectory":
        service.directory = value.removeprefix("-") or "/"
    elif said.key == "Environment":
        for word in value.replace('"', "").replace("'", "").split():
            key, mark, text = word.partition("=")
            if mark:
                service.environment[key] = text
    elif said.key.startswith("Exec"):
        if not value:
            service.commands[said.key] = []
            return
        bare = value.lstrip(_PREFIXES)
        prefix = value[: len(value) - len(bare)]
        line = Line(
            path, said.number, f"{said.key}={said.value}",
            f"{said.key}={prefix.replace('+', '').replace('!', '')}{bare}", bare, "+" in prefix or "!" in prefix,
        )  # fmt: skip
        service.commands.setdefault(said.key, []).append(line)


def _specified(value: str, name: str) -> str:
    """The specifiers that a command is likely to hold (systemd.unit(5)); the manager's home is root's."""
    if "%" not in value:
        return value
    stem = name.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    known = {"%": "%", "i": instance, "I": instance.replace("-", "/"), "n": name, "N": stem, "p": prefix, "h": "/root"}
    parts = value.split("%")
    told, at = [parts[0]], 1
    while at < len(parts):
        part = parts[at]
        if not part and at + 1 < len(parts):
            told += ["%", parts[at + 1]]
            at += 2
            continue
        told.append(known.get(part[:1], f"%{part[:1]}") + part[1:])
        at += 1
    return "".join(told)
