"""Every call of artisan or composer that the host's configuration makes, whatever app it is for."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from liveproof.host.reader import Reader
from liveproof.probes.schedule import crontab, ini, units
from liveproof.probes.schedule.found import Found, folded
from liveproof.probes.schedule.runs import SHELLS, Host, Run, Setting, runs
from liveproof.probes.schedule.shell import LIMIT
from liveproof.probes.schedule.watched import Watched

# Where programs of the distribution live: no deploy script of the administrator's.
_DISTRIBUTION = ("/bin/", "/sbin/", "/lib/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/", "/usr/libexec/")
_USER = "\0"
_MOST = 300
_SCRIPTS = 2000
_CALLS = 50
_LONG = 2000


class Collector:
    """Reads crontabs, unit files, supervisor's programs and deploy scripts through ``watched``."""

    def __init__(self, reader: Reader, watched: Watched, home: Callable[[str], str | None]) -> None:
        self._reader = reader
        self._watched = watched
        self._home = home
        self._host = Host(home, self._called)
        self._scripts = 0

    def everything(self, directories: tuple[str, ...]) -> Iterator[Found]:
        """Everything; ``directories`` are where deploy scripts are looked for besides the usual places."""
        yield from self._crontabs()
        yield from self._periodic()
        yield from self._units()
        yield from self._supervisor()
        yield from self._deploy_scripts(directories)

    # Crontabs

    def _crontabs(self) -> Iterator[Found]:
        debian = self._watched.stat("/etc/debian_version") is not None
        yield from self._crontab("/etc/crontab", "")
        for name in self._watched.names("/etc/cron.d"):
            path = f"/etc/cron.d/{name}"
            if crontab.is_read_by_cron(name, debian=debian) and not (debian and self._is_insecure(path)):
                yield from self._crontab(path, "")
        for directory in ("/var/spool/cron/crontabs", "/var/spool/cron"):
            for name in self._watched.names(directory):
                if not name.startswith("tmp."):
                    yield from self._crontab(f"{directory}/{name}", name)

    def _is_insecure(self, path: str) -> bool:
        """Debian's cron passes over what others than root could have written (cron(8))."""
        seen = self._watched.stat(path)
        return seen is None or seen.uid != 0 or bool(seen.permissions & 0o022)

    def _crontab(self, path: str, owner: str) -> Iterator[Found]:
        """A crontab's calls: a bounded number one by one, the others counted."""
        yield from folded(
            self._of_crontab(path, owner),
            _MOST,
            lambda one: (one.tool, one.user, one.app),
            lambda one, more: one._replace(more=more),
        )

    def _of_crontab(self, path: str, owner: str) -> Iterator[Found]:
        text = self._watched.text(path, crontab.LINES) or ""
        for entry in crontab.entries(text, owner):
            home = dict(entry.variables).get("HOME") or self._home(entry.user)
            setting = Setting(entry.user, home, {"HOME": home or "", "LOGNAME": entry.user, **dict(entry.variables)})
            source = f"{path}:{entry.number}"
            for run in self._runs(source, entry.command, setting):
                if run.script or run.user != entry.user:
                    yield from self._of_script(run, "cron", source)
                elif owner:
                    where = f"Take it out with crontab -u {owner} -e, and with crontab -u {_USER} -e put"
                    yield _own(run, _Line("cron", source, entry.line), entry.line, where)
                else:
                    end = entry.user_start + len(entry.user)
                    line = f"{entry.line[: entry.user_start]}{_USER}{entry.line[end:]}"
                    yield _own(run, _Line("cron", source, entry.line), line, f"In {source} put")

    def _periodic(self) -> Iterator[Found]:
        """/etc/cron.daily and its like: run-parts runs what is executable there, as root."""
        for period in ("hourly", "daily", "weekly", "monthly"):
            directory = f"/etc/cron.{period}"
            for name in self._watched.names(directory):
                path = f"{directory}/{name}"
                seen = self._watched.stat(path)
                if seen and seen.is_file and seen.permissions & 0o111 and crontab.is_read_by_cron(name, debian=True):
                    setting = Setting("root", "/", {"HOME": "/root"})
                    for run in self._runs(path, f"'{path}'", setting):
                        yield from self._of_script(run, "cron", directory)

    # systemd

    def _units(self) -> Iterator[Found]:
        for service in units.services(self._watched):
            home = self._home(service.user) or "/"
            directory = home if service.directory == "~" else service.directory
            setting = Setting(service.user, directory, {"HOME": home, **dict(service.environment)})
            for line in service.lines:
                user = "root" if line.privileged else service.user
                here = Setting(user, setting.directory, setting.variables)
                for run in self._runs(line.path, line.command, here, plain=True):
                    if run.script or run.user != user:
                        yield from self._of_script(run, "systemd", f"{line.path}:{line.number}")
                        continue
                    replacement = line.plain if line.privileged else f"User={_USER}"
                    where = (
                        f"Run systemctl edit {service.name}, then systemctl restart {service.name}; below [Service] put"
                    )
                    yield _own(run, _Line("systemd", f"{line.path}:{line.number}", line.text), replacement, where)

    # supervisor

    def _supervisor(self) -> Iterator[Found]:
        """Programs count only while supervisor runs: its files alone run nothing."""
        master = next((p for p in self._reader.processes() if any("supervisord" in word for word in p.argv[:2])), None)
        if master is None:
            return
        default = name_of(master.uid)
        for main in ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf"):
            text = self._watched.text(main, ini.LINES)
            if text is None:
                continue
            files = [(main, text)]
            for line in ini.supervisor(text):
                if line.section == "include" and line.key == "files":
                    files += self._included(main, line.value)
            for path, content in files:
                yield from self._programs(path, content, default)

    def _included(self, main: str, patterns: str) -> list[tuple[str, str]]:
        here = posixpath.dirname(main)
        found = []
        for pattern in patterns.split():
            absolute = posixpath.join(here, pattern.replace("%(here)s", here))
            self._watched.stat(posixpath.dirname(absolute))
            paths = self._watched.first(absolute, self._reader.glob(absolute), _MOST)
            found += [(path, self._watched.text(path, ini.LINES) or "") for path in paths]
        return found

    def _programs(self, path: str, text: str, default: str) -> Iterator[Found]:
        programs: dict[str, dict[str, ini.Assignment]] = {}
        for line in ini.supervisor(text):
            programs.setdefault(line.section, {})[line.key] = line
        for section, said in programs.items():
            kind, _, name = section.partition(":")
            if kind not in ("program", "eventlistener") or "command" not in said or _is_off(said.get("autostart")):
                continue
            user = said["user"].value if "user" in said else default
            directory = said["directory"].value if "directory" in said else None
            command = said["command"].value.replace("%%", "%")
            source = f"{path}:{said['command'].number}"
            setting = Setting(user, directory, {"HOME": self._home(user) or ""})
            for run in self._runs(source, command, setting, plain=True):
                if run.script or run.user != user:
                    yield from self._of_script(run, "supervisor", source)
                else:
                    where = f"In {path}, before supervisorctl reread and update {name}, below [{section}] put"
                    whole = f"command={said['command'].value}"
                    yield _own(run, _Line("supervisor", source, whole), f"user={_USER}", where)

    # Scripts

    def _deploy_scripts(self, directories: tuple[str, ...]) -> Iterator[Found]:
        """Scripts that nobody but root can run, or that ask for root themselves; of any other nothing is known."""
        for path in self._script_paths(directories):
            body = self._script(path)
            if body is None or ("artisan" not in body and "composer" not in body):
                continue
            seen = self._watched.stat(path)
            only_root = seen is not None and seen.uid == 0 and seen.permissions & 0o111 == 0o100
            variables = {"0": path, "dirname $0": posixpath.dirname(path)}
            caller = Setting("root" if only_root else None, None, variables)
            for run in self._runs(path, f"'{path}'", caller):
                yield from self._of_script(run, "script", "")

    def _script_paths(self, directories: tuple[str, ...]) -> Sequence[str]:
        found: dict[str, None] = {}
        for directory in (*directories, "/usr/local/bin", "/usr/local/sbin", "/opt", "/root", "/root/bin"):
            for name in self._watched.names(directory):
                if name.endswith(".sh") or "deploy" in name or directory.startswith("/usr/local"):
                    found[f"{directory}/{name}"] = None
        return self._watched.first("deploy scripts", list(found), _SCRIPTS)

    def _script(self, path: str) -> str | None:
        """The text of a shell script, None for anything else."""
        if path.startswith(_DISTRIBUTION) or "\n" in path:
            return None
        seen = self._watched.stat(path)
        if seen is None or not seen.is_file or seen.size > LIMIT:
            return None
        text = self._watched.text(path)
        if text is None:
            return None
        return text if _is_shell_script(text, path) else None

    def _called(self, path: str) -> str | None:
        """The text of a script that a text calls; scripts may call scripts that call scripts."""
        self._scripts += 1
        return self._script(path) if self._scripts <= _MOST else None

    # What is found

    def _runs(self, source: str, text: str, setting: Setting, *, plain: bool = False) -> Iterator[Run]:
        """The calls in a text, a bounded number: a user's crontab may hold any number on one line."""
        self._scripts = 0
        for number, run in enumerate(runs(text, setting, self._host, plain=plain)):
            if number == _CALLS:
                self._watched.unread[source] = f"it makes more than {_CALLS} calls, and only these were looked at"
                return
            yield run
        if len(text) > LIMIT:
            self._watched.unread[source] = f"only its first {LIMIT >> 10} kB were looked at"
        if self._scripts > _MOST:
            self._watched.unread[source] = f"only the first {_MOST} scripts that it calls were looked at"

    def _of_script(self, run: Run, kind: str, caller: str) -> Iterator[Found]:
        """A call that stands in a script, or that says itself as whom it runs (sudo)."""
        if run.user is None or run.app is None:
            return
        replacement = f"cd {run.app} && sudo -u {_USER} {run.command[:_LONG]}"
        if not run.script:
            where = f"In {caller} put"
            yield Found(
                run.tool, kind, caller, "", run.text[:_LONG], run.command[:_LONG], run.user, run.app, replacement, where
            )
            return
        number = run.text.count("\n", 0, run.start) + 1
        begin = run.text.rfind("\n", 0, run.start) + 1
        line = run.text[begin:].partition("\n")[0]
        if len(line) > _LONG:
            line = run.command[:_LONG]
        elif run.text.startswith(run.command, run.start):
            at = run.start - begin
            replacement = f"{line[:at]}sudo -u {_USER} {line[at:]}"
        source = f"{run.script}:{number}"
        yield Found(
            run.tool, kind, source, caller, line.strip(), run.command[:_LONG], run.user, run.app, replacement.strip(),
            f"In {source} put",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    """The line of a job."""

    kind: str
    source: str
    text: str


def _own(run: Run, line: _Line, replacement: str, place: str) -> Found:
    """A call in a job's own line, as the user whom the job says; of a long line only the call itself."""
    text = line.text
    if len(text) > _LONG:
        text = run.command[:_LONG]
        replacement = text if len(replacement) > _LONG else replacement
        place = f"{place}, for this part of a long line"
    command = run.command[:_LONG]
    return Found(run.tool, line.kind, line.source, "", text, command, run.user or "", run.app or "", replacement, place)


def _is_off(line: ini.Assignment | None) -> bool:
    return line is not None and line.value.lower() in ("false", "no", "off", "0")


def _is_shell_script(text: str, path: str) -> bool:
    if "\ufffd" in text[:1024]:
        return False
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        return any(posixpath.basename(word) in SHELLS for word in first[2:].split())
    return path.endswith(".sh") and not first.startswith("<?")


def name_of(uid: int) -> str:
    """A user's name, or the number when nobody has it."""
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
