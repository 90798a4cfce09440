"""The reading door: everything that a probe may ask of a machine. Nothing here changes it."""

import os
import stat as modes
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liveproof.host.deadline import TimeIsUp, left
from liveproof.host.process.command import Identity, Ran, run
from liveproof.host.process.proc import Process, children, processes

if TYPE_CHECKING:
    from liveproof.host.files.digests import Compared, Directory
    from liveproof.host.files.walk import Layout, Walked
    from liveproof.host.git.plumbing import Repository
    from liveproof.host.isolation.run_isolated import Apart
    from liveproof.host.network.fastcgi import Response
    from liveproof.host.network.http import Response as HttpResponse
    from liveproof.host.network.socket_tables import TcpSockets, UnixSockets
    from liveproof.host.process.user_access import Answer, Question
    from liveproof.host.services.systemd import Service

READ_LIMIT = 32 * 1024 * 1024
PROBE_TIMEOUT = 5.0


class CannotSee(Exception):
    """A probe cannot see its subject; the message is the reason, told as UNKNOWN."""


class NoSuchThing(CannotSee):
    """What a person named does not exist (a user, a release): named on the command line it is a usage error."""


class NotThere(Exception):
    """A probe's subject does not exist on this host (no Laravel, no nginx asked for); rules on it do not count."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What lstat(2) or stat(2) tells: file type and permission bits, owner, size, times in ns, links, inode, device."""

    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    ctime_ns: int
    nlink: int
    inode: int
    device: int

    @property
    def is_directory(self) -> bool:
        """A directory."""
        return modes.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """A regular file."""
        return modes.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """A symbolic link."""
        return modes.S_ISLNK(self.mode)

    @property
    def is_socket(self) -> bool:
        """A socket."""
        return modes.S_ISSOCK(self.mode)

    @property
    def permissions(self) -> int:
        """Permission bits with setuid, setgid and sticky."""
        return modes.S_IMODE(self.mode)


class Reader:
    """A live machine, read-only. Paths are absolute; names that are not UTF-8 use surrogateescape."""

    def __init__(self) -> None:
        self.root = os.geteuid() == 0
        self._processes: tuple[Process, ...] | None = None
        self._services: Mapping[str, Service] | None = None

    def now(self) -> float:
        """The time in epoch seconds."""
        return time.time()

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """A regular file's first ``limit`` bytes. Opened without blocking: a FIFO or device is refused, not waited for.

        Raises:
            CannotSee: not a regular file.
            OSError: as open(2) and read(2).
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not modes.S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotSee(f"{path} is not a regular file")
            chunks = []
            while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
                chunks.append(chunk)
                limit -= len(chunk)
            return b"".join(chunks)
        finally:
            os.close(descriptor)

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """``length`` bytes of a regular file from ``offset``; fewer at its end.

        Raises:
            CannotSee: not a regular file.
            OSError: as open(2) and pread(2).
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not modes.S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotSee(f"{path} is not a regular file")
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def stat(self, path: str, *, follow: bool = True) -> Stat | None:
        """The status of a path, None when nothing is there.

        Raises:
            OSError: a parent cannot be searched, a loop of links, an I/O error.
        """
        try:
            seen = os.stat(path, follow_symlinks=follow)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(
            seen.st_mode, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink,
            seen.st_ino, seen.st_dev,
        )  # fmt: skip

    def readlink(self, path: str) -> str:
        """The target of a symbolic link.

        Raises:
            OSError: as readlink(2).
        """
        return os.readlink(path)

    def resolve(self, path: str) -> str:
        """The path with every symbolic link resolved; parts that do not exist stay as they are."""
        return os.path.realpath(path)

    def default_acl(self, directory: str) -> tuple[tuple[int, int, int], ...]:
        """The ACL that a directory hands down to new files (acl(5)): tag, permission bits and id of each entry.

        Tags are the kernel's: 2 a user, 8 a group, 1, 4, 16 and 32 owner, owning group, mask and others. Empty without.
        """
        import struct  # noqa: PLC0415

        try:
            packed = os.getxattr(directory, "system.posix_acl_default")
        except OSError:
            return ()
        return tuple(struct.iter_unpack("<HHI", packed[4 : 4 + (len(packed) - 4) // 8 * 8]))

    def list(self, path: str) -> tuple[str, ...]:
        """The names in a directory, sorted.

        Raises:
            OSError: as opendir(3).
        """
        return tuple(sorted(os.listdir(path)))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a shell pattern, sorted; includes of nginx and php-fpm are written so."""
        import glob  # noqa: PLC0415  (pulls in re and fnmatch)

        return tuple(sorted(glob.glob(pattern)))

    def processes(self) -> tuple[Process, ...]:
        """Every process of this host (of this pid namespace), read once per run."""
        if self._processes is None:
            self._processes = processes()
        return self._processes

    def forget_processes(self) -> None:
        """Read the processes anew when they are next asked for, as they were seen in the middle of a change."""
        self._processes = None

    def run(
        self,
        argv: Sequence[str],
        *,
        identity: Identity | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        timeout: float = 10.0,
    ) -> Ran:
        """Run a program that changes nothing (``nginx -T``, ``systemctl show``, artisan into a temporary path).

        Code of the inspected app is run with the app's ``identity`` only, never as root.

        Raises:
            OSError: the program cannot be started.
        """
        return run(argv, identity=identity, env=env, cwd=cwd, timeout=timeout)

    def run_apart(
        self,
        argv: Sequence[str],
        *,
        identity: Identity,
        env: Mapping[str, str],
        cwd: str,
        trees: Sequence[str],
        reads: Sequence[str],
        given: Mapping[str, bytes],
        timeout: float,
        alone: bool = False,
    ) -> "Apart":
        """Run code of the app as its user so that it leaves no trace; words and errors: ``run_isolated.run_apart``."""
        from liveproof.host.isolation import run_isolated as apart  # noqa: PLC0415

        return apart.run_apart(
            argv,
            identity=identity,
            env=env,
            cwd=cwd,
            trees=trees,
            reads=reads,
            given=given,
            timeout=timeout,
            alone=alone,
        )

    def fastcgi(
        self, address: str, params: Mapping[str, str], body: bytes = b"", *, timeout: float = PROBE_TIMEOUT
    ) -> "Response":
        """One FastCGI request to ``unix:PATH`` or ``HOST:PORT``; see ``fastcgi.request`` for its errors."""
        from liveproof.host.network import fastcgi  # noqa: PLC0415

        return fastcgi.request(address, params, body, timeout=timeout)

    def php_probe(self) -> str:
        """The path of liveproof's own PHP probe for the pools; see ``host.php.probe.installed`` for its errors."""
        from liveproof.host.php import probe as phpprobe  # noqa: PLC0415

        return phpprobe.installed()

    def children(self, pid: int) -> tuple[Process, ...]:
        """The children of a process as they are now, however often it is asked."""
        return children(pid)

    def services(self) -> "Mapping[str, Service]":
        """The systemd services of nginx and PHP-FPM, asked once per run; see ``systemd`` for words and errors."""
        if self._services is None:
            from liveproof.host.services import systemd  # noqa: PLC0415

            self._services = systemd.web_services(self)
        return self._services

    def unix_sockets(self, pid: int = 0) -> "UnixSockets":
        """The unix sockets of our network namespace or of that of ``pid``; see ``socket_tables.unix_sockets``."""
        from liveproof.host.network import socket_tables as listeners  # noqa: PLC0415

        return listeners.unix_sockets(pid)

    def tcp_sockets(self, pid: int = 0) -> "TcpSockets":
        """The TCP sockets of our network namespace or of that of ``pid``; see ``socket_tables.tcp_sockets``."""
        from liveproof.host.network import socket_tables as listeners  # noqa: PLC0415

        return listeners.tcp_sockets(pid)

    def walk(self, root: str, layout: "Layout", seconds: float) -> "Walked":
        """A directory tree as classes of like entries; see ``host.files.walk.walk`` for words and errors."""
        from liveproof.host.files import walk  # noqa: PLC0415

        return walk.walk(root, layout, seconds)

    def access(
        self, questions: "Sequence[Question]", identity: Identity, pid: int = 0, seconds: float = PROBE_TIMEOUT
    ) -> "tuple[Answer, ...]":
        """What a user may do with paths, as one of its processes sees them; see ``host.process.user_access.ask``."""
        from liveproof.host.process import user_access as access  # noqa: PLC0415

        return access.ask(questions, identity, pid, seconds)

    def fixed(self, paths: Iterable[str], seconds: float = PROBE_TIMEOUT) -> dict[str, str]:
        """Paths that nobody can change, with the reason; see ``host.files.immutable.fixed``."""
        from liveproof.host.files import immutable as flags  # noqa: PLC0415

        return flags.fixed(paths, seconds)

    def compare(
        self,
        root: str,
        directories: "Sequence[Directory]",
        remembered: Mapping[str, str],
        algorithm: str,
        *,
        blobs: bool = False,
    ) -> "Compared":
        """Files against the digests that they should have; see ``host.files.digests.compare`` for words and errors."""
        from liveproof.host.files import digests as content  # noqa: PLC0415

        return content.compare(root, directories, remembered, algorithm, blobs=blobs)

    def repository(self, tree: str) -> "Repository | None":
        """The git repository of a work tree, None when it is none; see ``host.git.plumbing`` for words and errors."""
        from liveproof.host.git import plumbing as git  # noqa: PLC0415

        return git.repository(tree)

    def attempts(self, addresses: Sequence[str], identity: Identity, pid: int = 0) -> Mapping[str, str]:
        """Connect to each address as another user, send nothing; see ``connect.attempts`` for words and errors."""
        from liveproof.host.network import connect  # noqa: PLC0415

        return connect.attempts(addresses, identity, pid)

    def pause(self, seconds: float) -> None:
        """Wait before looking again at what may be passing."""
        if left(seconds) < seconds:
            raise TimeIsUp
        time.sleep(seconds)

    def http(
        self,
        address: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes = b"",
        *,
        tls: str | None = None,
        proxied: bool = False,
        timeout: float = PROBE_TIMEOUT,
    ) -> "HttpResponse":
        """One HTTP request to a web server of this machine; see ``host.network.http.request`` for words and errors."""
        from liveproof.host.network import http  # noqa: PLC0415

        return http.request(address, method, target, headers, body, tls=tls, proxied=proxied, timeout=timeout)
