"""Every call of artisan or composer that the host's configuration makes, whatever app it is for."""

import configparser
import posixpath
import pwd
import time
from collections.abc import Callable, Iterator, Sequence

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.model.facts.apps import App
from liveproof.probes.schedule import sources
from liveproof.probes.schedule.found import Found, Watched, folded
from liveproof.probes.schedule.runs import Host, Run, Setting, runs
from liveproof.probes.schedule.shell import LIMIT
from liveproof.probes.schedule.wrappers import SHELLS

# Where programs of the distribution live: no deploy script of the administrator's.
_DISTRIBUTION = ("/bin/", "/sbin/", "/lib/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/", "/usr/libexec/")
_USER = "\0"
_MOST = 300
_SCRIPTS = 2000
_CALLS = 50
_LONG = 2000
_PATIENCE = 5.0


class Collector:
    """Reads crontabs, deploy scripts and supervisor's programs through ``watched``, and asks systemd."""

    def __init__(self, reader: Reader, watched: Watched, app: App, home: Callable[[str], str | None]) -> None:
        self._reader = reader
        self._watched = watched
        self._app = app
        self._home = home
        self.by_root: dict[str, str] = {}
        self._source = ""
        self._host = Host(home, self._called, self._executes)
        self._scripts = 0
        self._until = time.monotonic() + _PATIENCE

    def everything(self) -> Iterator[Found]:
        """Everything that was found."""
        yield from self._crontabs()
        yield from self._services()
        yield from self._supervisor()
        yield from self._deploy_scripts()

    def _crontabs(self) -> Iterator[Found]:
        debian = self._watched.stat("/etc/debian_version") is not None
        files = [("/etc/crontab", "")]
        for name in self._watched.names("/etc/cron.d"):
            path = f"/etc/cron.d/{name}"
            status = self._watched.stat(path)
            # Debian's cron passes over what others than root could have written (cron(8)).
            safe = status is not None and status.uid == 0 and not status.permissions & 0o022
            if sources.is_read_by_cron(name, debian=debian) and (safe or not debian):
                files.append((path, ""))
        for directory in ("/var/spool/cron/crontabs", "/var/spool/cron"):
            names = self._watched.names(directory)
            files += [(f"{directory}/{name}", name) for name in names if not name.startswith("tmp.")]
        for path, owner in files:
            self._source = path
            if not owner:
                self._executes("root", path)  # whoever may write a crontab of the system is root
        for path, owner in files:  # a bounded number of calls one by one, the others counted
            yield from folded(
                self._crontab(path, owner),
                _MOST,
                lambda one: (one.tool, one.user, one.app),
                lambda one, more: one._replace(more=more),
            )
        for period in ("hourly", "daily", "weekly", "monthly"):  # run-parts runs what is executable there, as root
            directory = f"/etc/cron.{period}"
            for name in self._watched.names(directory):
                path = f"{directory}/{name}"
                status = self._watched.stat(path)
                if (
                    status
                    and status.is_file
                    and status.permissions & 0o111
                    and sources.is_read_by_cron(name, debian=True)
                ):
                    yield from self._calls("cron", directory, f"'{path}'", Setting("root", "/", {"HOME": "/root"}))

    def _crontab(self, path: str, owner: str) -> Iterator[Found]:
        for entry in sources.crontab(self._watched.text(path) or "", owner):
            home = entry.variables.get("HOME") or self._home(entry.user)
            setting = Setting(entry.user, home, {"HOME": home or "", "LOGNAME": entry.user, **entry.variables})
            source, line = f"{path}:{entry.number}", entry.line
            place = f"Take it out with crontab -u {owner} -e, and with crontab -u {_USER} -e put"
            if not owner:
                line = f"{line[: entry.user_start]}{_USER}{line[entry.user_start + len(entry.user) :]}"
                place = f"In {source} put"
            yield from self._calls("cron", source, entry.command, setting, (entry.line, line, place))

    def _units(self) -> list[systemd.Block]:
        """What systemd has loaded, none where it does not run this host; first the state of what it read that from."""
        if self._watched.stat("/run/systemd/system") is None:
            return []
        if old := self._watched.stat(systemd.LOADED) is None:
            for directory in ("/run/systemd/generator", *systemd.DIRECTORIES):
                for name in self._watched.names(directory):
                    self._watched.stat(f"{directory}/{name}")
        try:
            blocks = systemd.show(("*.service", "*.timer", "*.path"), sources.PROPERTIES, every=True)
        except (CannotSee, OSError) as error:
            self._watched.unread["systemd's services"] = str(error)
            self._watched.unsettle()
            return []
        if old and any(block.get("NeedDaemonReload") == ["yes"] for block in blocks):
            self._watched.unsettle()
        return blocks

    def _services(self) -> Iterator[Found]:
        for service in sources.services(self._units()):
            home = self._home(service.user) or "/"
            variables = {"HOME": home, **service.environment}
            where = f"Run systemctl edit {service.name}, then systemctl restart {service.name}; below [Service] put"
            self._source = service.name
            if service.path:
                self._executes("root", service.path)
            for line in service.lines:
                user = "root" if line.privileged else service.user
                setting = Setting(user, home if service.directory == "~" else service.directory, variables)
                own = (line.text, line.plain if line.privileged else f"User={_USER}", where)
                if not line.command and "artisan" in line.text:
                    self._watched.unread[service.name] = "systemctl show does not tell where su's command ends"
                yield from self._calls("systemd", service.path, line.command, setting, own, plain=True)

    def _supervisor(self) -> Iterator[Found]:
        """Programs count only while supervisor runs: its files alone run nothing."""
        master = next((p for p in self._reader.processes() if any("supervisord" in word for word in p.argv[:2])), None)
        if master is None:
            return
        for main in ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf"):
            read = self._ini(main)
            patterns = read.get("include", "files", fallback="").split() if read else ()
            here = posixpath.dirname(main)
            paths = [main]
            for pattern in (posixpath.join(here, pattern.replace("%(here)s", here)) for pattern in patterns):
                self._watched.stat(posixpath.dirname(pattern))
                paths += self._watched.first(pattern, self._reader.glob(pattern), _MOST)
            for path in paths:
                read = self._ini(path)
                for section in read.sections() if read else ():
                    if (
                        read
                        and section.startswith(("program:", "eventlistener:"))
                        and read.has_option(section, "command")
                    ):
                        yield from self._program(path, read, section, name_of(master.uid))

    def _ini(self, path: str) -> sources.Supervisor | None:
        try:
            return sources.Supervisor(self._watched.text(path) or "")
        except configparser.Error:
            self._watched.unread[path] = "supervisor's configuration cannot be read"
            return None

    def _program(self, path: str, read: sources.Supervisor, section: str, default: str) -> Iterator[Found]:
        output = read[section]
        if "command" not in output or output.get("autostart", "true").lower() in ("false", "no", "off", "0"):
            return
        user = output.get("user", default)
        command = " ".join(output["command"].split("\n")).strip()
        name = section.partition(":")[2]
        where = f"In {path}, before supervisorctl reread and update {name}, below [{section}] put"
        setting = Setting(user, output.get("directory"), {"HOME": self._home(user) or ""})
        own = (f"command={command}", f"user={_USER}", where)
        source = f"{path}:{read.number(section)}"
        yield from self._calls("supervisor", source, command.replace("%%", "%"), setting, own, plain=True)

    def _deploy_scripts(self) -> Iterator[Found]:
        """Scripts that nobody but root can run, or that ask for root themselves; of any other nothing is known."""
        for path in self._script_paths():
            body = self._script(path)
            if body is None or ("artisan" not in body and "composer" not in body):
                continue
            status = self._watched.stat(path)
            only_root = status is not None and status.uid == 0 and status.permissions & 0o111 == 0o100
            yield from self._calls("script", "", f"'{path}'", Setting("root" if only_root else None, None, {}))

    def _script_paths(self) -> Sequence[str]:
        found: dict[str, None] = {}
        own = (self._app.path, self._app.real, posixpath.dirname(self._app.path))
        for directory in dict.fromkeys((*own, "/usr/local/bin", "/usr/local/sbin", "/opt", "/root", "/root/bin")):
            for name in self._watched.names(directory):
                if name.endswith(".sh") or "deploy" in name or directory.startswith("/usr/local"):
                    found[f"{directory}/{name}"] = None
        return self._watched.first("deploy scripts", list(found), _SCRIPTS)

    def _script(self, path: str) -> str | None:
        """The text of a shell script, None for anything else."""
        if path.startswith(_DISTRIBUTION) or "\n" in path:
            return None
        status = self._watched.stat(path)
        text = self._watched.text(path, 0) if status and status.size <= LIMIT else None
        if text is None or "\ufffd" in text[:1024]:
            return None
        first = text.partition("\n")[0]
        if first.startswith("#!"):
            return text if any(posixpath.basename(word) in SHELLS for word in first[2:].split()) else None
        return text if path.endswith(".sh") and not first.startswith("<?") else None

    def _called(self, path: str) -> str | None:
        """The text of a script that a text calls; scripts may call scripts that call scripts."""
        self._scripts += 1
        return self._script(path) if self._scripts <= _MOST and time.monotonic() <= self._until else None

    def _executes(self, user: str | None, path: str) -> None:
        """Note what root runs; a deploy script that nobody is known to call (without a source) runs nothing."""
        if user in ("root", "0") and self._source and len(self.by_root) < _SCRIPTS:
            real = self._reader.resolve(path)
            if not real.startswith(_DISTRIBUTION):
                self.by_root.setdefault(real, self._source)

    def _late(self, source: str) -> bool:
        """Whether reading took so long that no more is read; others may write what takes long."""
        late = time.monotonic() > self._until
        if late:
            self._watched.unread[source] = f"not looked at to its end, since reading took {_PATIENCE:g} s"
            self._watched.unsettle()
        return late

    def _calls(
        self, kind: str, source: str, text: str, setting: Setting, own: tuple[str, str, str] | None = None, *,
        plain: bool = False,
    ) -> Iterator[Found]:  # fmt: skip
        """The calls in a text, a bounded number: a user's crontab may hold any number on one line.

        ``own``: the line that holds the text, what should stand there, and where that belongs, in words.
        """
        self._scripts = 0
        if self._late(source):
            return
        self._source = source
        for number, run in enumerate(runs(text, setting, self._host, plain=plain)):
            if number == _CALLS:
                self._watched.unread[source] = f"it makes more than {_CALLS} calls, and only these were looked at"
                return
            if run.app is None or run.user is None:
                continue
            if run.wrapper:
                mine = any(f"{run.app}/".startswith(f"{path}/") for path in (self._app.path, self._app.real))
                if mine and run.user == "root":
                    self._watched.unread[source] = f"as whom {run.wrapper} runs {run.tool} is not judged"
                continue
            yield _found(run, kind, source, own if run.user == setting.user and not run.script else None)
        self._late(source)
        if len(text) > LIMIT:
            self._watched.unread[source] = f"only its first {LIMIT >> 10} kB were looked at"
        if self._scripts > _MOST:
            self._watched.unread[source] = f"only the first {_MOST} scripts that it calls were looked at"


def _found(run: Run, kind: str, source: str, own: tuple[str, str, str] | None) -> Found:
    """A call; without ``own`` it stands in a script, or it says itself as whom it runs (sudo)."""
    command, caller = run.command[:_LONG], ""
    if own:
        line, better, place = own
        if len(line) > _LONG:  # only the call itself
            line, place = command, f"{place}, for this part of a long line"
            better = line if len(better) > _LONG else better
    else:
        line, better = run.text[:_LONG], f"cd {run.app} && sudo -u {_USER} {command}"
        if run.script:
            source, caller = f"{run.script}:{run.text.count(chr(10), 0, run.start) + 1}", source
            begin = run.text.rfind("\n", 0, run.start) + 1
            line, at = run.text[begin:].partition("\n")[0], run.start - begin
            if len(line) > _LONG:
                line = command
            elif run.text.startswith(run.command, run.start):
                better = f"{line[:at]}sudo -u {_USER} {line[at:]}"
        place = f"In {source} put"
    return Found(
        run.tool, kind, source, caller, line.strip(), command, run.user or "", run.app or "", better.strip(), place
    )


def name_of(uid: int) -> str:
    """A user's name, or the number when nobody has it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
