"""A database of liveproof's own: one SQLite file in the state directory, opened with care.

The state directory is private to one user. The file is a plain file, of a known version, in write-ahead mode: a process
that is killed at any moment leaves it as it was before its transaction, or as it is after.
"""

import os
import stat as modes
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from liveproof.store import directory as state

if TYPE_CHECKING:
    import sqlite3

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class StoreFailed(Exception):
    """What liveproof keeps cannot be written or read; the message says why and what to do."""


class Database:
    """One file of tables.

    Args:
        file: its name in the directory.
        version: of the tables, kept as ``user_version``; a file of a newer version is refused.
        tables: the statements that make them, each of which may be run again: on a file of an earlier version they are,
            all in one transaction.
        holds: what it holds, in a word, for messages.
        directory: by default the state directory.
        wait: how many seconds to wait for another program that writes.
        oldest: the earliest version that can be read as it is; without it, only this one. Whoever writes upgrades it.
        synchronous: NORMAL: a crash of the machine may lose the newest transactions, never the file
            (sqlite.org/wal.html); FULL: it loses none.
    """

    def __init__(
        self,
        file: str,
        version: int,
        tables: tuple[str, ...],
        holds: str,
        *,
        directory: str | None = None,
        wait: float = 1.0,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        oldest: int | None = None,
    ) -> None:
        self.directory = directory or state.directory()
        self._path = f"{self.directory}/{file}"
        self._version, self._tables, self._holds = version, tables, holds
        self._wait, self._synchronous = wait, synchronous
        self._oldest = version if oldest is None else oldest

    def exists(self) -> bool:
        """Whether anything stands where the file would be, or may: whoever opens it learns why it cannot be seen."""
        try:
            os.lstat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    @contextmanager
    def writing(self) -> "Iterator[sqlite3.Connection]":
        """A connection that may write; the file is made when there is none. It begins no transaction by itself.

        Raises:
            StoreFailed: it cannot be used.
        """
        with self._open(write=True) as store:
            yield store

    @contextmanager
    def transaction(self) -> "Iterator[sqlite3.Connection]":
        """One transaction that writes: all of it is kept, or nothing when what is done in it fails or is killed.

        Raises:
            StoreFailed: it cannot be used.
        """
        with self._open(write=True) as store:
            store.execute("BEGIN IMMEDIATE")
            yield store  # an exception closes the connection, which rolls back
            store.execute("COMMIT")

    @contextmanager
    def reading(self) -> "Iterator[sqlite3.Connection]":
        """A connection that only reads, also on a disk that is read-only.

        Raises:
            StoreFailed: it cannot be used.
        """
        with self._open(write=False) as store:
            yield store

    @contextmanager
    def _open(self, *, write: bool) -> "Iterator[sqlite3.Connection]":
        import sqlite3  # noqa: PLC0415  (3 ms, and only where something is kept or looked up)

        try:
            if write:
                state.ensure(self.directory)
                os.close(os.open(self._path, _FLAGS, 0o600))
            if not modes.S_ISREG(os.lstat(self._path).st_mode):
                raise StoreFailed(f"{self._path} is not a regular file: move it away and a new one is begun")
            with closing(self._connect(sqlite3, write=write)) as store:
                self._prepare(store, write=write)
                yield store
        except OSError as error:
            raise StoreFailed(state.unusable(error)) from None
        except state.UnsafeState as error:
            raise StoreFailed(str(error)) from None
        except sqlite3.DatabaseError as error:
            raise StoreFailed(self._why(error)) from None

    def _connect(self, sqlite3: Any, *, write: bool) -> "sqlite3.Connection":
        if write:
            return sqlite3.connect(self._path, timeout=self._wait, isolation_level=None)  # type: ignore[no-any-return]
        from urllib.parse import quote  # noqa: PLC0415  (3 ms, and only to read)

        # A write-ahead log on a read-only disk can be opened only as immutable (sqlite.org/wal.html).
        mode = "mode=ro" if os.access(self.directory, os.W_OK) else "immutable=1"
        return sqlite3.connect(f"file:{quote(self._path)}?{mode}", timeout=self._wait, isolation_level=None, uri=True)  # type: ignore[no-any-return]

    def _prepare(self, store: "sqlite3.Connection", *, write: bool) -> None:
        found = store.execute("PRAGMA user_version").fetchone()[0]
        if found > self._version:
            raise StoreFailed(
                f"{self._path} was written by a newer liveproof (schema {found}, this one knows {self._version})"
            )
        if write:
            store.execute(f"PRAGMA synchronous={self._synchronous}")
            if found < self._version:
                store.execute("PRAGMA journal_mode=WAL")
                store.execute("BEGIN IMMEDIATE")
                for table in self._tables:
                    store.execute(table)
                store.execute(f"PRAGMA user_version={self._version}")
                store.execute("COMMIT")
        elif found < self._oldest:
            raise StoreFailed(f"{self._path} holds no {self._holds}")

    def _why(self, error: "sqlite3.DatabaseError") -> str:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return f"{self._path} was locked by another program for more than {self._wait:g} s"
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return f"{self._path} is damaged; move it away and a new one is begun: mv {self._path} {self._path}.damaged"
        return f"{self._path}: {error}"
