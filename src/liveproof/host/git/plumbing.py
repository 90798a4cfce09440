"""What a git repository says, by plumbing alone, from a repository that may be hostile.

git never runs as root but as the owner of the repository, or as nobody where that is root: what a configuration could
start (a file-system monitor, hooks, filters, a transport to fetch missing objects) would win nothing by it. And none of
it is started: only ``rev-parse``, ``merge-base``, ``ls-tree``, ``check-attr``, ``check-ignore`` and ``cat-file`` run,
with the switches below (git(1), git-config(1)). With GIT_DIR given git asks no ``safe.directory``.
"""

import os
import re
import stat as modes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liveproof.host.process.command import Identity, Ran, run

_TIMEOUT = 20.0
_SMALL = 64 * 1024
_PACKED = 64 * 1024 * 1024
_LISTING = 512 * 1024 * 1024
_HEXADECIMAL = frozenset("0123456789abcdef")
_LINKS = 5
_NOBODY = 65534

_SWITCHES = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat",
    "-c", "core.excludesFile=/dev/null",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # what a commit says, not what refs/replace says in its stead
    "GIT_NO_LAZY_FETCH": "1",  # from git 2.45 on; before that no transport is allowed, which ends a fetch as well
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitFailed(Exception):
    """git could not be asked, or did not answer; the message is the reason."""


class NoSuchCommit(GitFailed):
    """The repository has no commit of that name."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file of a commit: mode as git has it (100644, 100755, 120000, 160000), the object's id, the path."""

    mode: str
    object: str
    path: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: the work tree, its git directory, the common one (linked work trees share it), and its owner.

    ``tree_gid`` is the work tree's group, through which alone the repository may be reached.
    """

    tree: str
    directory: str
    common: str
    uid: int
    gid: int
    tree_gid: int

    def head(self) -> str:
        """The commit that HEAD names, read by hand where it is kept as plain files (a process less).

        Raises:
            GitFailed: HEAD names no commit.
            OSError: it may not be read.
        """
        name = "HEAD"
        for _ in range(_LINKS):
            result = self.reference(name)
            if is_id(result):
                return result
            if not result.startswith("ref: refs/") or ".." in result:
                break
            name = result[5:]
        return self.resolve("HEAD")

    def branch(self) -> str:
        """The branch that HEAD is on, read by hand; empty where it is detached.

        Raises:
            GitFailed: HEAD is not a regular file.
            OSError: it may not be read.
        """
        reference = self.reference("HEAD")
        return reference[16:] if reference.startswith("ref: refs/heads/") else ""

    def resolve(self, revision: str) -> str:
        """The commit that a revision names.

        Raises:
            GitFailed: there is no such commit, or git cannot be asked.
        """
        if revision.startswith("-") or not revision:
            raise GitFailed(f"{revision!r} is not a revision")
        ran = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        found = ran.text.strip()
        if ran.status != 0 or not is_id(found):
            raise NoSuchCommit(f"the repository of {self.tree} has no commit {revision!r}{_output_of(ran)}")
        return found

    def files(self, commit: str) -> list[TreeEntry]:
        """Every file of a commit.

        Raises:
            GitFailed: git cannot list it.
        """
        ran = self._git("ls-tree", "-r", "-z", "--full-tree", commit)
        if ran.status != 0 or (ran.out and not ran.out.endswith(b"\0")):
            raise GitFailed(f"git cannot list commit {commit[:12]} of {self.tree}{_output_of(ran)}")
        entries = []
        for line in os.fsdecode(ran.out).split("\0")[:-1]:
            about, _, path = line.partition("\t")
            mode, _, found = about.split(" ")
            entries.append(TreeEntry(mode, found, path))
        return entries

    def attributes(self, paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """The attributes that change content between repository and work tree, for the paths that have any.

        Values are as gitattributes(5) has them: ``set``, ``unset`` or a text.

        Raises:
            GitFailed: git cannot tell.
        """
        found: dict[str, dict[str, str]] = {}
        for batch in _batches(paths):
            ran = self._git("check-attr", "-z", *_ATTRIBUTES, "--", *batch)
            fields = os.fsdecode(ran.out).split("\0")[:-1]
            if ran.status != 0 or len(fields) != 3 * len(_ATTRIBUTES) * len(batch):
                raise GitFailed(f"git cannot tell the attributes of files in {self.tree}{_output_of(ran)}")
            for path, name, value in zip(*[iter(fields)] * 3, strict=True):
                if value != "unspecified":
                    found.setdefault(path, {})[name] = value
        return found

    def ignored(self, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Those of the paths that the repository's ignore files name (gitignore(5)); the index is not asked.

        Each with the file that names it, below the tree (absolute outside of it), and the pattern in it.

        Raises:
            GitFailed: git cannot tell.
        """
        found: dict[str, tuple[str, str]] = {}
        for batch in _batches(paths):
            options = ("--no-index", "--verbose", "--non-matching", "--")
            ran = self._git("check-ignore", *options, *(f"{self.tree}/{path}" for path in batch))
            lines = os.fsdecode(ran.out).splitlines()
            # One line a path, in their order: source, line and pattern, a tab, the path.
            if ran.status not in (0, 1) or len(lines) != len(batch):
                raise GitFailed(f"git cannot tell what is ignored in {self.tree}{_output_of(ran)}")
            for path, line in zip(batch, lines, strict=True):
                result = _PATTERN.match(line)
                if result and not result[2].startswith("!"):
                    found[path] = (result[1].removeprefix(f"{self.tree}/"), result[2])
        return found

    def blob(self, identity: str, limit: int) -> bytes:
        """The first ``limit`` bytes of a blob.

        Raises:
            GitFailed: there is no such blob.
        """
        ran = self._git("cat-file", "blob", identity, limit=limit)
        if ran.status != 0:
            raise GitFailed(f"git cannot read object {identity[:12]} of {self.tree}{_output_of(ran)}")
        return ran.out

    def is_sparse(self) -> bool:
        """Whether only part of a commit may be checked out (git-sparse-checkout(1))."""
        return os.path.exists(f"{self.directory}/info/sparse-checkout")

    def settings(self) -> str:
        """A text that changes when what configures conversions and ignored files does; reading it is git's."""
        result = []
        for name in (
            f"{self.common}/config",
            f"{self.common}/info/attributes",
            f"{self.common}/info/exclude",
            f"{self.directory}/info/sparse-checkout",
        ):
            try:
                status = os.stat(name)
                result.append(f"{status.st_size}.{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_ino}")
            except OSError:
                result.append("-")
        return " ".join(result)

    def is_ancestor(self, commit: str, other: str) -> bool:
        """Whether a commit is in the history of another (ids of both).

        Raises:
            GitFailed: git cannot tell.
        """
        ran = self._git("merge-base", "--is-ancestor", commit, other)
        if ran.status not in (0, 1):
            raise GitFailed(f"git cannot compare {commit[:12]} and {other[:12]} of {self.tree}{_output_of(ran)}")
        return ran.status == 0

    def reference(self, name: str) -> str:
        """What a reference holds: an id, or ``ref: `` and another one; empty when there is none.

        Raises:
            GitFailed: it is kept as something else than a regular file.
            OSError: it may not be read.
        """
        for directory in dict.fromkeys((self.directory, self.common)):
            try:
                return text_of(f"{directory}/{name}").strip()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        try:
            packed = "\n" + text_of(f"{self.common}/packed-refs", _PACKED)
        except FileNotFoundError:
            return ""
        end = packed.find(f" {name}\n")
        return packed[packed.rfind("\n", 0, end) + 1 : end] if end > 0 else ""

    def _refuse_odd(self) -> None:
        """Git waits for whoever writes a FIFO, and reads a device to no end: only regular files are left to it."""
        for directory in dict.fromkeys((self.directory, self.common)):
            for name in _READ:
                try:
                    status = os.stat(f"{directory}/{name}").st_mode
                except OSError:
                    continue  # git says what it makes of that
                if not modes.S_ISREG(status) and not modes.S_ISDIR(status):
                    raise GitFailed(f"{directory}/{name} is not a regular file, so git is not asked")

    def _git(self, *arguments: str, limit: int = _LISTING) -> Ran:
        identity = None
        if os.geteuid() == 0:
            identity = Identity(self.uid or _NOBODY, self.gid or _NOBODY, tuple({self.gid, self.tree_gid} - {0}))
        self._refuse_odd()
        env = {**_ENVIRONMENT, "GIT_DIR": self.directory, "GIT_WORK_TREE": self.tree, "HOME": "/nonexistent"}
        try:
            ran = run(("git", *_SWITCHES, *arguments), identity=identity, env=env, timeout=_TIMEOUT, limit=limit)
        except FileNotFoundError as error:
            raise GitFailed("git is not installed, so the release of this git tree cannot be read") from error
        except OSError as error:
            raise GitFailed(f"git cannot be run: {error.strerror}") from error
        if ran.timed_out:
            raise GitFailed(f"git did not answer within {_TIMEOUT:.0f} s in {self.tree}")
        return ran


_PATTERN = re.compile(r"(.*?):\d+:(.*)\t")
_READ = (
    "HEAD", "config", "config.worktree", "packed-refs", "index", "shallow", "commondir", "info/attributes",
    "info/exclude", "info/grafts", "info/sparse-checkout", "objects/info/alternates", "objects/info/commit-graph",
    "objects/pack/multi-pack-index",
)  # fmt: skip
_ATTRIBUTES = ("filter", "text", "eol", "ident", "working-tree-encoding")


def repository(tree: str) -> Repository | None:
    """The repository whose work tree is ``tree`` itself; None when there is none.

    Raises:
        GitFailed: its ``.git`` is no git directory.
        OSError: it may not be read.
    """
    directory = f"{tree}/.git"
    try:
        for _ in range(_LINKS):
            status = os.stat(directory)
            if modes.S_ISDIR(status.st_mode):
                return Repository(
                    tree, directory, _common(directory), status.st_uid, status.st_gid, os.stat(tree).st_gid
                )
            result = text_of(directory)
            if not result.startswith("gitdir: "):
                break
            directory = os.path.join(os.path.dirname(directory), result[8:].rstrip("\n"))
    except FileNotFoundError:
        if directory == f"{tree}/.git":
            return None
    raise GitFailed(f"{tree}/.git leads to no git directory")


def _common(directory: str) -> str:
    try:
        return os.path.normpath(os.path.join(directory, text_of(f"{directory}/commondir").rstrip("\n")))
    except FileNotFoundError:
        return directory


def _batches(paths: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for at in range(0, len(paths), size):
        yield paths[at : at + size]


def _output_of(ran: Ran) -> str:
    lines = ran.errors.strip().splitlines()
    return f": {lines[0][:200]}" if lines else ""


def is_id(text: str) -> bool:
    """Whether a text is the whole id of an object."""
    return len(text) in (40, 64) and _HEXADECIMAL.issuperset(text)


def text_of(path: str, limit: int = _SMALL) -> str:
    """A small regular file; anything else at its place is not waited for.

    Raises:
        GitFailed: it is a FIFO, a device or a socket.
        OSError: it cannot be read, or is a directory.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor).st_mode
        if modes.S_ISDIR(status):
            raise IsADirectoryError(21, "not a regular file", path)
        if not modes.S_ISREG(status):
            raise GitFailed(f"{path} is not a regular file, so git is not asked")
        chunks = []
        while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
            chunks.append(chunk)
            limit -= len(chunk)
        return os.fsdecode(b"".join(chunks))
    finally:
        os.close(descriptor)
