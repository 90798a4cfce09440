"""A disposable host: what tests, faults and people do with it."""

import fnmatch
import io
import json
import os
import secrets
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.lab import cgroup, cleanup, machine, network, places, state, web
from tests.lab.accounts import account
from tests.lab.errors import LabError
from tests.lab.layout import site
from tests.lab.login import trust
from tests.lab.overlay import mount, resolve
from tests.lab.product import LAUNCHER
from tests.lab.stack import layers
from tests.lab.state import State
from tests.lab.suites import suite as suite_named
from tests.lab.teardown import destroy
from tests.lab.tree import Entry, Trace, changed, entries, traces
from tests.lab.web import Answer

# What a healthy host's own services write while nobody does anything; `diff` hides none of it by itself.
NOISE: Final = (
    "/var/log/journal*",  # journald
    "/var/log/nginx/*.log",  # a line per request
    "/var/log/php*-fpm.log*",
    "/var/log/wtmp*", "/var/log/btmp", "/var/log/lastlog*", "/var/lib/wtmpdb*", "/var/lib/lastlog*",  # logins
    "/var/lib/systemd/*",  # time stamps of timers, the clock
    "/var/www/api-gateway/*storage/app/schedule.heartbeat",  # the app's schedule, each minute
    "/var/www/api-gateway/*storage/framework/schedule-*",
)  # fmt: skip

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Host:
    """A running (or stopped) host with real systemd, nginx, PHP-FPM and the api-gateway on it.

    ``with Host.up("bookworm") as host: …`` takes it down at the end; so do the end of the process, SIGINT and SIGTERM.
    """

    def __init__(self, known: State) -> None:
        self._state = known
        self._site = site(suite_named(known.suite), known.layout, known.user, known.fpm)
        self._baseline: dict[str, Trace] = {}
        self._gone = False

    # ------------------------------------------------------------------------------------------------- life
    @classmethod
    def up(
        cls,
        suite: str = "bookworm",
        layout: str = "plain",
        user: str = "www-data",
        *,
        fpm: str = "tuned",
        name: str | None = None,
        keep: bool = False,
        wait: bool = True,
    ) -> Self:
        """Boot a fresh host and wait until it serves requests; builds what it is made of when that is not there yet.

        Args:
            suite: ``bookworm``, ``trixie`` or ``forky``.
            layout: ``plain`` (a directory), ``releases`` (``current -> releases/1``) or ``git`` (plain, committed).
            user: the pool's user: ``www-data`` or ``gateway``.
            fpm: whose values PHP-FPM and OPcache have: ``tuned`` as production should, ``debian`` or ``upstream`` as
                shipped.
            name: made up when not given.
            keep: leave it running when this process ends.
            wait: without it the host has only begun to boot; call ``ready`` later.

        Raises:
            LabError: it cannot be built or does not come up; it is taken down then.
        """
        cleanup.install()
        cleanup.collect()
        lowers = layers(suite, layout, user, fpm)
        name = name or f"{suite[:2]}-{secrets.token_hex(4)}"
        if not name.replace("-", "").isalnum() or not name[0].isalpha() or len(name) > 40:
            raise LabError(f"{name!r} cannot be a host's name: letters, digits and hyphens, a letter first")
        home = places.hosts() / name
        home.parent.mkdir(parents=True, exist_ok=True)
        try:
            home.mkdir()
        except FileExistsError:
            raise LabError(f"there is already a host {name}") from None
        owner, owner_started = state.mine()
        below = tuple(str(lower) for lower in lowers)
        known = State(name, suite, layout, user, network.take(home), below, owner, owner_started, keep, fpm=fpm)
        known.save()
        host = cls(known)
        if not keep:
            cleanup.remember(name, host.down)
        try:
            host._start()
            if wait:
                host.ready()
                host.mark()
        except BaseException:
            host.down()
            raise
        return host

    @classmethod
    def named(cls, name: str) -> Self:
        """A host that is already there, for instance one that the command line keeps."""
        host = cls(state.load(name))
        with suppress(OSError, ValueError):
            raw = json.loads((host.home / "mark.json").read_text())
            host._baseline = {path: Trace.thawed(trace) for path, trace in raw.items()}
        return host

    def ready(self, timeout: float = 30.0) -> None:
        """Wait until multi-user.target is reached and ssh and the app answer.

        Raises:
            LabError: that did not happen in time; the message says what was missing.
        """
        deadline = time.monotonic() + timeout
        checks: list[tuple[str, Callable[[], bool]]] = [
            ("nginx on port 80", lambda: web.listens(self.pid, 80)),
            ("sshd on port 22", lambda: web.listens(self.pid, 22)),
            (f"the pool at {self._site.listen}", self._pool_listens),
            ("multi-user.target", self._started_up),
            ("200 on /api/status", lambda: self.get().status == 200),
        ]
        for what, done in checks:
            while not done():
                if self._state.running() is None:
                    raise LabError(f"{self.name} died while booting:\n{self._console()}")
                if time.monotonic() > deadline:
                    raise LabError(f"{self.name}: no {what} within {timeout:.0f} s:\n{self._why()}")
                time.sleep(0.01)

    def stop(self, *, orderly: bool = True) -> None:
        """Power the host off and keep its disk; not ``orderly`` is a power cut."""
        machine.stop(self._state.running(), self._state.index, orderly=orderly)
        self._state = replace(self._state, pid=None, pid_started=0)
        self._state.save()

    def boot(self) -> None:
        """Boot a stopped host again and wait until it serves requests."""
        if self._state.running() is not None:
            raise LabError(f"{self.name} is running")
        self._start()
        self.ready()

    def down(self) -> None:
        """Take the host away with all that was its own; doing it twice is fine."""
        if not self._gone:
            destroy(self._state)
            self._gone = True
        cleanup.forget(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    # ------------------------------------------------------------------------------------------------- what it is
    @property
    def name(self) -> str:
        """Its name, which is also its host name."""
        return self._state.name

    @property
    def suite(self) -> str:
        """Debian's code name."""
        return self._state.suite

    @property
    def layout(self) -> str:
        """``plain``, ``releases`` or ``git``."""
        return self._state.layout

    @property
    def php(self) -> str:
        """PHP's minor version."""
        return self._site.suite.php

    @property
    def app(self) -> str:
        """The app as nginx serves it."""
        return self._site.app

    @property
    def storage(self) -> str:
        """The app's storage directory itself."""
        return self._site.storage

    @property
    def user(self) -> str:
        """The pool's user."""
        return self._state.user

    @property
    def fpm(self) -> str:
        """Whose values PHP-FPM has: ``tuned``, ``debian`` or ``upstream``."""
        return self._state.fpm

    @property
    def ip(self) -> str:
        """Its address, reachable from this machine."""
        return network.address(self._state.index)

    @property
    def index(self) -> int:
        """Its number among this machine's hosts."""
        return self._state.index

    @property
    def pid(self) -> int:
        """Its systemd's process id on this machine.

        Raises:
            LabError: it does not run.
        """
        pid = self._state.running()
        if pid is None:
            raise LabError(f"{self.name} is not running")
        return pid

    @property
    def home(self) -> Path:
        """Its directory on this machine; ``upper`` in it is the host's own layer."""
        return self._state.home

    @property
    def root(self) -> Path:
        """Its disk as seen from this machine, also while it is stopped; without /run, /proc and /dev."""
        return mount(self.home, self._state.lowers)

    # ---------------------------------------------------------------------------------------------- what faults use
    def sh(self, script: str, *, user: str = "root", check: bool = True, timeout: float = 60.0) -> str:
        """Run a bash script (``set -eu``) in the app's directory and return its output, both streams, stripped.

        Its environment holds ``APP`` (the app as nginx serves it), ``CACHE`` (``bootstrap/cache``), ``HANDLER``
        (RetellFunctionCallHandler.php), ``PHP`` (``8.2``), ``FPM`` (``php8.2-fpm``), ``SOCK`` (what the
        pool listens on: its socket, or ``127.0.0.1:9000`` of an upstream host), ``POOL`` (its configuration file) and
        ``WWW`` (the pool's user).

        Raises:
            RuntimeError: it failed and ``check`` is set.
        """
        # A file, not standard input: a command of the script may read that. Not an argument either: whoever looks for
        # `artisan queue:work` in the process table must not find the script.
        file = os.memfd_create("script", 0)
        try:
            os.fchmod(file, 0o444)
            os.write(file, f'cd "$APP" 2>/dev/null || cd /\n{script}\n'.encode())
            env = {**self.environment(user), **self._site.environment()}
            done = self._run(["bash", "-eu", f"/dev/fd/{file}"], user, env, b"", timeout, merge=True, passed=(file,))
        finally:
            os.close(file)
        output = done.stdout.strip()
        if check and done.returncode:
            what = f"{self.name}: script ended with {done.returncode}"
            raise RuntimeError(f"{what}:\n{script.strip()}\n--- output\n{output}")
        return output

    def get(self, path: str = "/api/status") -> Answer:
        """``GET path`` through nginx."""
        return self.request("GET", path)

    def post(
        self, path: str = "/api/retell/function", body: str = '{"name":"current_time","call":{"call_id":"lab"}}'
    ) -> Answer:
        """``POST path`` through nginx with a JSON body."""
        return self.request("POST", path, body=body, headers={"Content-Type": "application/json"})

    def ini(self, *lines: str) -> None:
        """Replace ``99-lab.ini`` of FPM by these lines, restart FPM and wait until it listens."""
        text = "".join(f"{line}\n" for line in ("; lab", *lines))
        self.file(f"/etc/php/{self.php}/fpm/conf.d/99-lab.ini").write_text(text)
        self.sh('systemctl restart "$FPM"')
        deadline = time.monotonic() + 5
        while not self._pool_listens():
            if time.monotonic() > deadline:
                raise LabError(f"{self.name}: nothing listens at {self._site.listen} after a restart")
            time.sleep(0.01)

    def warm(self) -> None:
        """Send requests until every FPM worker has served the status and the handler route (or 30 rounds are over)."""
        seen: dict[str, set[int]] = {"status": set(), "handler": set()}

        def served(route: str) -> None:
            answer = self.get() if route == "status" else self.post()
            with suppress(ValueError, KeyError, TypeError):
                seen[route].add(int(json.loads(answer.body)["pid"]))

        with ThreadPoolExecutor(8) as pool:
            for _ in range(30):
                workers = self.workers()
                if workers and all(workers <= pids for pids in seen.values()):
                    return
                list(pool.map(served, ["status", "handler"] * max(4, len(workers))))

    # ------------------------------------------------------------------------------------------------- more ways in
    def exec(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        stdin: str | bytes | None = None,
        timeout: float = 60.0,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host, without a shell; its exit status is the caller's to judge.

        Raises:
            subprocess.TimeoutExpired: it took longer than ``timeout`` seconds and was killed.
        """
        fed = stdin.encode() if isinstance(stdin, str) else stdin or b""
        return self._run(list(argv), user, {**self.environment(user), **(env or {})}, fed, timeout)

    def liveproof(self, *args: str, user: str = "root", timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run the host's own ``liveproof`` on the host's own Python."""
        return self.exec([LAUNCHER, *args], user=user, timeout=timeout)

    def request(
        self, method: str, path: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Any request through nginx, from outside."""
        return web.request(self.ip, method, path, body=body, headers=headers)

    def workers(self) -> set[int]:
        """The pids of the FPM workers, as the host numbers them."""
        found = cgroup.pids(self._group(f"system.slice/{self._site.fpm}.service"))
        children = [pid for pid in found if _status(pid, "PPid") in {str(other) for other in found}]
        return {int(_status(pid, "NSpid").split()[-1]) for pid in children if _status(pid, "NSpid")}

    def file(self, path: str) -> Path:
        """Where a file of the host lies on this machine (its links followed inside the host).

        While the host runs this is its own view, with /run and /proc; else its disk.
        """
        pid = self._state.running()
        return resolve(Path(f"/proc/{pid}/root") if pid else self.root, path)

    def push(self, local: Path | str, remote: str) -> None:
        """Copy a file or a directory of this machine to exactly ``remote``; root's there, modes are kept."""
        target = self.file(remote)
        target.parent.mkdir(parents=True, exist_ok=True)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(local, arcname=target.name, filter=_as_root)
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            archive.extractall(target.parent, filter="tar")

    def pull(self, remote: str) -> bytes:
        """The contents of a file of the host."""
        return self.file(remote).read_bytes()

    # ------------------------------------------------------------------------------------------------- what changed
    def mark(self) -> None:
        """From here on ``diff`` counts."""
        self._baseline = traces(self.home / "upper")
        (self.home / "mark.json").write_text(
            json.dumps({path: trace.frozen() for path, trace in self._baseline.items()})
        )

    def diff(self, *, ignore: Sequence[str] = ()) -> list[str]:
        """Every path of the host's disk changed since the mark: contents, owner, mode, times, attributes, life.

        Even opening a file for writing shows, if it was not among the host's own yet. Sorted; /run, /dev and /proc are
        no disk.

        Args:
            ignore: shell patterns of paths not to tell, ``*`` also matching ``/``; see ``NOISE``.
        """
        found = changed(self._baseline, traces(self.home / "upper"), [Path(lower) for lower in self._state.lowers])
        return [path for path in found if not any(fnmatch.fnmatchcase(path, pattern) for pattern in ignore)]

    def snapshot(self, path: str) -> dict[str, Entry]:
        """Everything at and below ``path`` (``.`` is itself), to compare byte for byte; also while it is stopped."""
        return entries(resolve(self.root, path))

    # ------------------------------------------------------------------------------------------------- inner works
    def _start(self) -> None:
        root = self.root
        (root / "etc/hostname").write_text(f"{self.name}\n")
        (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {self.name}\n")
        trust(root)
        network.plug(self._state.index)
        pid = machine.start(root, self.name, self._state.index, self.home / "console.log")
        self._state = replace(self._state, pid=pid, pid_started=state.started(pid))
        self._state.save()

    def _pool_listens(self) -> bool:
        address = self._site.listen
        if address.startswith("/"):
            return self.file(address).is_socket()
        return web.listens(self.pid, int(address.rpartition(":")[2]))

    def _started_up(self) -> bool:
        done = self.exec(["systemctl", "is-active", "--quiet", "multi-user.target"], timeout=10)
        return done.returncode == 0

    def environment(self, user: str) -> dict[str, str]:
        """What a login of ``user`` would find in its environment."""
        home = "/root" if user == "root" else account(self.root, user).home
        return {"PATH": _PATH, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", "TERM": "dumb"}

    def _run(
        self,
        argv: list[str],
        user: str,
        env: dict[str, str],
        stdin: bytes,
        timeout: float,
        *,
        merge: bool = False,
        passed: tuple[int, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        if user != "root":
            who = account(self.root, user)
            argv = ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}", "--init-groups", *argv]
        command = machine.enter(self.pid, self._state.index, argv, env)
        # Files, not pipes: what a script leaves running in the background must not hold up the answer.
        with tempfile.TemporaryFile() as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            fed.write(stdin)
            fed.seek(0)
            child = subprocess.Popen(
                command, stdin=fed, stdout=out, stderr=out if merge else err, pass_fds=passed, start_new_session=True
            )
            try:
                code = child.wait(timeout)
            except BaseException as error:
                # nsenter forks: only the whole group ends what runs inside.
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait(10)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise subprocess.TimeoutExpired(argv, timeout, _text(out), _text(err)) from None
                raise
            return subprocess.CompletedProcess(argv, code, _text(out), _text(err))

    def _group(self, below: str) -> Path:
        return cgroup.of(self._state.index) / "payload" / below

    def _console(self) -> str:
        with suppress(OSError):
            return (self.home / "console.log").read_text(errors="replace")[-2000:]
        return ""

    def _why(self) -> str:
        script = (
            "systemctl --failed --no-pager --no-legend; systemctl list-jobs --no-pager; journalctl -b -p 4 | tail -20"
        )
        with suppress(LabError, subprocess.TimeoutExpired):
            return self.sh(script, check=False, timeout=10) + f"\n/api/status: {self.get()}"
        return self._console()


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _status(pid: int, field: str) -> str:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return line.partition(":")[2].strip()
    return ""


def _text(file: "tempfile._TemporaryFileWrapper[bytes] | io.BufferedRandom") -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
