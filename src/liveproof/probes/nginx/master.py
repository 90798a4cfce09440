"""The nginx of this host: its master process, the command it was started with, and what it was built with."""

import os

from liveproof.host.files.file_state import signature
from liveproof.host.process.command import run
from liveproof.host.process.credentials import credentials
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.store.cache import Cache

_TITLE = "nginx: master process"
_WORKER = "nginx: worker process"
_NAMES = ("nginx", "openresty", "angie", "freenginx", "tengine", "nginx-debug")
_PLACES = (
    "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx", "/usr/local/openresty/nginx/sbin/nginx",
    "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/nginx/sbin/nginx",
)  # fmt: skip
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Command:
    """How nginx is started: its binary, ``-c``, ``-p`` and ``-g``, each empty when not given."""

    binary: str
    config: str = ""
    prefix: str = ""
    directives: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options again, for another run of the same nginx."""
        given = (("-p", self.prefix), ("-c", self.config), ("-g", self.directives))
        return tuple(part for option, value in given if value for part in (option, value))


@dataclass(frozen=True, slots=True)
class Build:
    """What nginx was built with (``nginx -V``), each empty when not told."""

    version: str
    prefix: str
    config: str
    user: str
    group: str
    error_log: str
    access_log: str


def master(reader: Reader) -> Process | None:
    """The running master: root's first, then the oldest; None when there is none that can be trusted to be one.

    Anyone can give a process any title. As root only a master that is root's in every respect counts, and whose program
    has nginx's name: what it names will be run and read.
    """
    found = [process for process in reader.processes() if process.title.startswith(_TITLE)]
    trusted = [process for process in found if _trusted(reader, process)]
    return min(trusted, key=lambda process: (process.uid, process.start), default=None)


def _trusted(reader: Reader, process: Process) -> bool:
    if not reader.root:
        return True
    who = credentials(reader, process.pid)
    return who is not None and who.is_root and os.path.basename(binary_of(reader, process)) in _NAMES


def binary_of(reader: Reader, process: Process) -> str:
    """The program of a process, empty when it may not be looked at; of a replaced one the path that it had."""
    try:
        return reader.readlink(f"/proc/{process.pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


def workers(reader: Reader, process: Process) -> tuple[tuple[Process, ...], tuple[Process, ...]]:
    """The master's workers, and those that only finish what they have begun."""
    own = [one for one in reader.processes() if one.parent == process.pid and one.title.startswith(_WORKER)]
    draining = tuple(one for one in own if "shutting down" in one.title)
    return tuple(one for one in own if one not in draining), draining


def parse_title(title: str) -> Command:
    """The command that the master's title repeats: its words, with nothing to tell where an argument ends."""
    return parse_words(title.removeprefix(_TITLE).split())


def parse_words(words: list[str]) -> Command:
    """A command from words. The argument of ``-g`` goes on up to a word that ends it with a semicolon."""
    given = {"-c": "", "-p": "", "-g": ""}
    at = 1
    while at < len(words):
        option, at = words[at], at + 1
        if option[:2] in given and len(option) > 2:
            given[option[:2]] = option[2:]
        elif option == "-g":
            start = at
            while at < len(words) and not (words[at].endswith(";") and _ends(words, at)):
                at += 1
            at += 1
            given["-g"] = " ".join(words[start:at])
        elif option in given and at < len(words):
            given[option] = words[at]
            at += 1
    return Command(words[0] if words else "", given["-c"], given["-p"], given["-g"])


def _ends(words: list[str], at: int) -> bool:
    return at + 1 == len(words) or words[at + 1].startswith("-") or words[at + 1] == ";"


def installed(reader: Reader) -> str:
    """The nginx in one of its usual places, empty when there is none."""
    return next((path for path in _PLACES if _is_file(reader, path)), "")


def _is_file(reader: Reader, path: str) -> bool:
    try:
        status = reader.stat(path)
    except OSError:
        return False
    return status is not None and status.is_file


def build(reader: Reader, cache: Cache, binary: str) -> Build:
    """What a binary was built with; asked again only when the file changed.

    Raises:
        OSError: it cannot be started.
    """
    return cache.entry("nginx-build").memoised(
        signature(reader, binary),
        lambda: parse_build(run([binary, "-V"], timeout=_PATIENCE).errors),
        Build,
        keep=lambda build: bool(build.version),
    )


def parse_build(text: str) -> Build:
    """The answer of ``nginx -V``."""
    version, arguments = "", ""
    for line in text.splitlines():
        if line.startswith("nginx version:"):
            version = line.partition(":")[2].strip().rpartition("/")[2].split(" ")[0]
        elif line.startswith("configure arguments:"):
            arguments = line.partition(":")[2]
    given = dict(word[2:].split("=", 1) for word in arguments.split() if word.startswith("--") and "=" in word)
    prefix = given.get("prefix", "/usr/local/nginx").strip("'")
    return Build(
        version,
        prefix,
        _below(given.get("conf-path", "conf/nginx.conf"), prefix),
        given.get("user", "nobody"),
        given.get("group", ""),
        given.get("error-log-path", "logs/error.log"),
        given.get("http-log-path", "logs/access.log"),
    )


def _below(path: str, prefix: str) -> str:
    return path if path.startswith("/") else f"{prefix.rstrip('/')}/{path}"
