"""SQLite: one file, write-ahead log, many processes. The default store.

Measured choice: `BEGIN IMMEDIATE` with a busy timeout never answered SQLITE_BUSY with four writers;
synchronous NORMAL survives a killed process, FULL (`durable=True`) also a power cut.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from combray.core.errors import (
    InputError,
    NotADatabase,
    StoreBusy,
    StoreError,
    StoreReadOnly,
)
from combray.store.engine import Args, Cursor, Dialect, Row, Run, Stream

BUSY_SECONDS = 30.0


class SQLiteCursor:
    """Statements inside one write transaction of a SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, args: Args = (), /) -> list[Row]:
        """Execute one statement and return its rows, if it has any."""
        return self._connection.execute(sql, args).fetchall()

    def run_many(self, sql: str, rows: Iterable[Args], /) -> None:
        """Execute one statement for each row of parameters."""
        self._connection.executemany(sql, rows)


class SQLiteEngine:
    """One SQLite file: a writer connection behind a lock, a reader for each thread."""

    dialect = Dialect(name="sqlite", serial="INTEGER PRIMARY KEY AUTOINCREMENT", blob="BLOB")

    def __init__(self, location: str, *, durable: bool = False) -> None:
        self.location = location
        self._private = location == ":memory:"
        self._durable = durable
        self._lock = threading.RLock()
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closed = False
        if not self._private:
            _check_path(Path(location))
        with _translated(location):
            self._writer = self._connect()
            self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """Run one query outside any write transaction."""
        with _translated(self.location):
            if self._private:
                with self._lock:
                    return self._writer.execute(sql, args).fetchall()
            return self._reader().execute(sql, args).fetchall()

    def tenant_reader(self, tenant: str, /) -> Run:
        """Return a reader of one tenant; SQLite has no users, so the queries keep the wall."""
        return self.read

    @contextmanager
    def read_snapshot(self, tenant: str, /) -> Iterator[Run]:
        """Open a consistent snapshot: all reads see the same moment."""
        with _translated(self.location):
            if self._private:
                with self._lock:
                    yield SQLiteCursor(self._writer).run
                return
            reader = self._reader()
            reader.execute("BEGIN")
            try:
                yield SQLiteCursor(reader).run
            finally:
                reader.execute("ROLLBACK")

    @contextmanager
    def write(self, tenant: str | None = None, /) -> Iterator[SQLiteCursor]:
        """Open a write transaction; it rolls back when the block raises."""
        with self._lock, _translated(self.location):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield SQLiteCursor(self._writer)
                self._writer.execute("COMMIT")
            finally:
                # Still open only when the block or the commit raised.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[Stream]:
        """Open a consistent snapshot whose queries stream their rows."""
        with self._lock, _translated(self.location):
            source = self._writer if self._private else self._connect()
            source.execute("BEGIN")
            try:
                yield lambda sql: iter(source.execute(sql))
            finally:
                source.execute("ROLLBACK")
                if source is not self._writer:
                    self._opened.remove(source)
                    source.close()

    def finish_schema(self, cursor: Cursor, /) -> None:
        """Do nothing: a file is ready after its migrations."""

    def compact(self) -> tuple[str, ...]:
        """Rewrite the file without the pages of deleted rows, and truncate the log."""
        with self._lock, _translated(self.location):
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.execute("VACUUM")
            held = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if held:
            raise StoreBusy(
                f"{self.location}: another process reads the log, so it could not be emptied. "
                "What was removed is gone from every answer; compact again when it has ended."
            )
        return ()

    def backup(self, path: str, /) -> None:
        """Write a consistent copy to a new file while others write."""
        whole = False
        _create(Path(path))
        try:
            with _translated(path), closing(sqlite3.connect(path)) as target:
                if self._private:
                    with self._lock:
                        self._writer.backup(target)
                else:
                    self._reader().backup(target)
            whole = True
        finally:
            if not whole:
                Path(path).unlink(missing_ok=True)

    def check(self) -> list[str]:
        """Return the complaints of SQLite's integrity check."""
        answers = [str(row[0]) for row in self.read("PRAGMA integrity_check")]
        return [] if answers == ["ok"] else answers

    def size(self) -> int:
        """Bytes of the file and its log."""
        if self._private:
            pages, page = (self.read(f"PRAGMA {p}")[0][0] for p in ("page_count", "page_size"))
            return int(pages) * int(page)
        beside = (self.location, self.location + "-wal")
        return sum(os.path.getsize(path) for path in beside if os.path.exists(path))

    def close(self) -> None:
        """Release every connection."""
        with self._lock:
            self._closed = True
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _reader(self) -> sqlite3.Connection:
        mine: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if mine is None:
            mine = self._connect()
            self._readers.connection = mine
        return mine

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self.location} is closed. Open the memory again.")
        connection = sqlite3.connect(
            self.location, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._opened.append(connection)
        if not self._private:
            _private_mode(Path(self.location))
            if _may_be_ours(connection):
                connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        # Freed pages are overwritten with zeros, so that what was erased is not left in them.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -65536")
        return connection


def _check_path(path: Path) -> None:
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder. Give a file name, such as {path / 'memory.db'}.")
        if not path.parent.is_dir():
            raise InputError(
                f"The folder {path.parent} does not exist. Make it first, then open {path}."
            )
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreReadOnly(
            f"Cannot open or create {path}: {error.strerror}. Check the permissions of its folder."
        ) from error


def _create(path: Path) -> None:
    """Create an empty file that only its owner may read."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as error:
        raise InputError(
            f"{path} exists. Give the backup a new name; nothing was written."
        ) from error
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Nothing was written.") from error


def _may_be_ours(connection: sqlite3.Connection) -> bool:
    """Return whether a file is empty or has our tables; files of other programs stay untouched."""
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master").fetchall()}
    return not names or names >= {"meta", "items"}


def _private_mode(path: Path) -> None:
    """Let only the owner read the file, unless its mode was changed on purpose."""
    if os.name == "posix" and path.exists() and path.stat().st_size == 0:
        path.chmod(0o600)


@contextmanager
def _translated(location: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, saying what to do next."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise StoreError(
            f"{location} is closed or was used wrongly: {str(error).rstrip('.')}."
        ) from error
    except sqlite3.DatabaseError as error:
        raise _ours(location, error) from error


def _ours(location: str, error: sqlite3.DatabaseError) -> StoreError:
    text = str(error)
    if "not a database" in text or "malformed" in text or "encrypted" in text:
        return NotADatabase(
            f"{location} is not a combray database or is damaged ({text}). "
            "Nothing was changed. Restore a backup, or open another file."
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return StoreReadOnly(f"{location} cannot be written ({text}). Check its permissions.")
    if "full" in text or "disk I/O" in text:
        return StoreError(
            f"{location}: the disk refused ({text}). The change was rolled back and everything "
            "committed before is safe. Free some space and try again."
        )
    if "locked" in text or "busy" in text:
        return StoreBusy(
            f"{location} was held by another process for {BUSY_SECONDS:.0f} s. Nothing was "
            "changed; try again, or look for a process that stands still inside a write."
        )
    return StoreError(f"{location}: {text}.")
