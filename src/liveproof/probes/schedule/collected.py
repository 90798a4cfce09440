"""Every call of artisan or Composer that the host's configuration makes, whatever app it is for."""

import configparser
import functools
import posixpath
import shlex
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from liveproof.host.errors import CannotSee
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.host.services import systemd
from liveproof.model.facts.apps import App
from liveproof.probes.schedule import sources
from liveproof.probes.schedule.calls import Calls, Text
from liveproof.probes.schedule.found import Call, Watched
from liveproof.probes.schedule.shell import LIMIT
from liveproof.probes.schedule.wrappers import SHELLS, Setting

# Where programs of the distribution live: no deploy script of the administrator's.
_DISTRIBUTION = ("/bin/", "/sbin/", "/lib/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/", "/usr/libexec/")
_CALLS = 1000  # of one file; others may write any number, also into one line
_PATIENCE = 5.0  # s, for all texts: scripts may call scripts that call each other


class Collector:
    """Reads crontabs, deploy scripts and supervisor's programs through ``watched``, and asks systemd.

    ``by_root`` maps what root executes to what runs it.
    """

    def __init__(
        self, reader: Reader, watched: Watched, app: App, accounts: Accounts, supervisors: Iterable[int]
    ) -> None:
        self.by_root: dict[str, str] = {}
        self._reader = reader
        self._watched = watched
        self._app = app
        self._accounts = accounts
        self._supervisors = supervisors
        self._home = functools.cache(self._home_of)
        self._until = time.monotonic() + _PATIENCE

    def calls(self) -> Iterator[Call]:
        """All calls whose user and directory the texts tell; what is not judged or not read is told as unread."""
        calls = Calls(self._home, self._called, self._executes)
        count: Counter[str] = Counter()
        unread = self._watched.unread
        for text in chain(self._crontabs(), self._services(), self._supervisor(), self._deploy_scripts()):
            file = text.source.partition(":")[0] or "deploy scripts"
            if len(text.shell) > LIMIT:
                unread[text.source] = f"only its first {LIMIT >> 10} kB were looked at"
            for call in calls.of(text):
                count[file] += 1
                if count[file] > _CALLS:
                    unread[file] = f"only its first {_CALLS} calls were looked at"
                    break
                mine = any(f"{call.app}/".startswith(f"{path}/") for path in (self._app.path, self._app.real))
                if not call.wrapper and call.user and call.app:
                    yield call
                elif call.wrapper and mine and call.user == "root":
                    unread[text.source] = f"which user {call.wrapper} runs {call.tool} as is not judged"
            if time.monotonic() > self._until:
                unread[file] = f"from here on not looked at to its end, since reading took more than {_PATIENCE:g} s"
                self._watched.lasting = False
                return

    def _home_of(self, user: str) -> str | None:
        account = self._accounts.user(user)
        return account.home if account else None

    def _crontabs(self) -> Iterator[Text]:
        debian = self._watched.stat("/etc/debian_version") is not None
        files = [("/etc/crontab", "")]
        for path in self._paths("/etc/cron.d", debian=debian):
            status = self._watched.stat(path)
            # Debian's cron passes over what others than root could have written (cron(8)).
            if not debian or (status and status.uid == 0 and not status.permissions & 0o022):
                files.append((path, ""))
        for directory in ("/var/spool/cron/crontabs", "/var/spool/cron"):
            names = self._watched.names(directory)
            files += [(f"{directory}/{name}", name) for name in names if not name.startswith("tmp.")]
        for path, owner in files:
            if not owner:
                self._executes("root", path, path)  # whoever may write a crontab of the system is root
            yield from sources.crontab(path, self._watched.text(path), owner, self._home)
        for period in ("hourly", "daily", "weekly", "monthly"):  # run-parts runs what is executable there, as root
            directory = f"/etc/cron.{period}"
            for path in self._paths(directory, debian=True):
                status = self._watched.stat(path)
                if status and status.is_file and status.permissions & 0o111:
                    yield Text("cron", directory, shlex.quote(path), Setting("root", "/", {"HOME": "/root"}))

    def _paths(self, directory: str, *, debian: bool) -> list[str]:
        names = self._watched.names(directory)
        return [f"{directory}/{name}" for name in names if sources.is_read_by_cron(name, debian=debian)]

    def _services(self) -> Iterator[Text]:
        """Those that systemd has loaded, none where it does not run this host."""
        if self._watched.stat("/run/systemd/system") is None:
            return
        if self._watched.stat(systemd.LOADED) is None:  # before 248 no file tells that it has read its units again
            self._watched.lasting = False
        try:
            blocks = systemd.show(("*.service", "*.timer", "*.path"), sources.PROPERTIES, every=True)
        except (CannotSee, OSError) as error:
            self._watched.unread["systemd's services"] = str(error)
            self._watched.lasting = False
            return
        for text in sources.services(blocks, self._home):
            if text.source:
                self._executes("root", text.source, text.source)
            if not text.shell and "artisan" in text.line:
                self._watched.unread[text.source] = "systemctl show does not show where su's command ends"
            yield text

    def _supervisor(self) -> Iterator[Text]:
        """Programs count only while supervisor runs: its files alone run nothing."""
        running = [self._accounts.user_name(uid) for uid in self._supervisors]
        for main in ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf") if running else ():
            read, here = self._ini(main), posixpath.dirname(main)
            paths = [main]
            for pattern in read.get("include", "files", fallback="").replace("%(here)s", here).split():
                found = posixpath.join(here, pattern)
                self._watched.stat(posixpath.dirname(found))
                paths += self._reader.glob(found)
            for path in paths:
                yield from sources.programs(path, self._ini(path), running[0], self._home)

    def _ini(self, path: str) -> configparser.RawConfigParser:
        try:
            return sources.supervisor(self._watched.text(path))
        except configparser.Error:
            self._watched.unread[path] = "supervisor's configuration cannot be read"
            return configparser.RawConfigParser()

    def _deploy_scripts(self) -> Iterator[Text]:
        """Scripts that nobody but root can run, or that ask for root themselves; of any other nothing is known.

        Nobody is known to call them, so they have no source.
        """
        own = (self._app.path, self._app.real, posixpath.dirname(self._app.path))
        found = dict.fromkeys(
            f"{directory}/{name}"
            for directory in dict.fromkeys((*own, "/usr/local/bin", "/usr/local/sbin", "/opt", "/root", "/root/bin"))
            for name in self._watched.names(directory)
            if name.endswith(".sh") or "deploy" in name or directory.startswith("/usr/local")
        )
        for path in found:
            body = self._script(path) or ""
            status = self._watched.stat(path)
            if status and ("artisan" in body or "composer" in body):
                only_root = status.uid == 0 and status.permissions & 0o111 == 0o100
                yield Text("script", "", shlex.quote(path), Setting("root" if only_root else None, None, {}))

    def _script(self, path: str) -> str | None:
        """The text of a shell script, None for anything else."""
        if path.startswith(_DISTRIBUTION) or "\n" in path:
            return None
        status = self._watched.stat(path)
        text = self._watched.text(path) if status and status.size <= LIMIT else ""
        first = text.partition("\n")[0]
        if "\ufffd" in text[:1024]:
            return None
        if first.startswith("#!"):
            return text if any(posixpath.basename(word) in SHELLS for word in first[2:].split()) else None
        return text if path.endswith(".sh") and not first.startswith("<?") else None

    def _called(self, path: str) -> str | None:
        """The text of a script that a text calls."""
        return self._script(path) if time.monotonic() <= self._until else None

    def _executes(self, user: str | None, path: str, source: str) -> None:
        """Note what root runs; a deploy script that nobody is known to call runs nothing."""
        if user in ("root", "0") and source:
            real = self._reader.resolve(path)
            if not real.startswith(_DISTRIBUTION):
                self.by_root.setdefault(real, source)
