"""SQLite: one file, write-ahead log, many processes. The default store.

Measured choice: `BEGIN IMMEDIATE` with a busy timeout never answered SQLITE_BUSY with four writers;
synchronous NORMAL survives a killed process, FULL (`durable=True`) also a power cut.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from combray.core.errors import StoreBusy, StoreError, StoreReadOnly
from combray.store.engine import Args, Cursor, Dialect, Row, Run, Stream
from combray.store.engines.sqlite_compact import compact
from combray.store.engines.sqlite_errors import BUSY_SECONDS, REFUSALS, ours, translated
from combray.store.engines.sqlite_files import (
    OpenFiles,
    identity,
    is_kept,
    set_up,
    write_copy,
)
from combray.store.engines.sqlite_pool import Pool
from combray.store.paths import ready_database

MOST_READERS = 64
"""Readers that may be open at once; a thread that wants one more waits for one."""
FORK_SECONDS = 5.0
"""How long a fork waits for reads that are under way."""
_READ_ONLY = "{} was opened for reading only. Open it without mode=ro to change it."
_TAKEN = (
    "{} or its log was replaced or deleted while it was open, so nothing that is written would be "
    "found again. Close this memory and open the file anew."
)
_FORKED = (
    "{} was open in the process that this one was forked from, and could not be handed over. "
    "Open the memory after the fork, in each process."
)


class SQLiteCursor:
    """Statements inside one write transaction of a SQLite file."""

    def __init__(self, connection: sqlite3.Connection, location: str) -> None:
        self._connection, self._location = connection, location

    def run(self, sql: str, args: Args = (), /) -> list[Row]:
        """Execute one statement and return its rows, if it has any."""
        try:
            return self._connection.execute(sql, args).fetchall()
        except REFUSALS as error:
            raise ours(self._location, error) from error

    def run_many(self, sql: str, rows: Iterable[Args], /) -> None:
        """Execute one statement for each row of parameters."""
        try:
            self._connection.executemany(sql, rows)
        except REFUSALS as error:
            raise ours(self._location, error) from error


class SQLiteEngine:
    """One SQLite file: a writer connection behind a lock, and readers shared by all threads.

    A forked process opens the file anew: connections of the parent are left alone, since SQLite's
    locks do not pass a fork. With `read_only` nothing can be written.
    """

    dialect = Dialect(name="sqlite", serial="INTEGER PRIMARY KEY AUTOINCREMENT", blob="BLOB")

    def __init__(self, location: str, *, durable: bool = False, read_only: bool = False) -> None:
        self.location = location
        self.read_only = read_only
        self._private = location == ":memory:"
        self._durable = durable
        self._closed = self._forked = False
        self._files = OpenFiles("" if self._private else location)
        self._pool = _new_pool(self)
        if not (self._private or read_only):
            ready_database(Path(location))
        self._writer: sqlite3.Connection | None = None
        with translated(location):
            self._ours()
        _ENGINES.add(self)

    # ── forks ────────────────────────────────────────────────────────────────────────────────

    def before_fork(self) -> None:
        """Wait for reads and writes, and close the file: SQLite's state must not pass a fork."""
        pool, until = self._pool, time.monotonic() + FORK_SECONDS
        pool.writing.acquire()
        pool.held = 0
        while pool.held < MOST_READERS:
            if not pool.slots.acquire(timeout=max(0.0, until - time.monotonic())):
                return
            pool.held += 1
        if not (self._private or self._closed or self._writer is None):
            pool.parked = not self._writer.in_transaction
        if pool.parked:
            self._release()

    def after_fork(self, *, child: bool) -> None:
        """Go on with the file; a child whose parent could not close it has to open it itself."""
        pool = self._pool
        if child:
            self._forked = not (pool.parked or self._closed)
            _INHERITED.extend(pool.opened)
            pool.opened.clear()
            self._pool = _new_pool(self)
            return
        pool.parked = False
        for _ in range(pool.held):
            pool.slots.release()
        pool.writing.release()

    def _release(self) -> None:
        self._pool.close(list(self._pool.opened))
        self._writer = None

    def read(self, sql: str, args: Args = (), /) -> list[Row]:
        """Run one query outside any write transaction."""
        with translated(self.location):
            if self._private:
                with self._pool.writing:
                    return SQLiteCursor(self._ours(), self.location).run(sql, args)
            with self._reader() as reader:
                return SQLiteCursor(reader, self.location).run(sql, args)

    def tenant_reader(self, tenant: str, /) -> Run:
        """Return a reader of one tenant; SQLite has no users, so the queries keep the wall."""
        return self.read

    @contextmanager
    def read_snapshot(self, tenant: str, /) -> Iterator[Run]:
        """Open a consistent snapshot: all reads see the same moment."""
        with translated(self.location):
            if self._private:
                with self._pool.writing:
                    yield SQLiteCursor(self._ours(), self.location).run
                return
            with self._reader() as reader:
                reader.execute("BEGIN")
                self._pool.mine.snapshot = reader
                try:
                    yield SQLiteCursor(reader, self.location).run
                finally:
                    self._pool.mine.snapshot = None
                    reader.execute("ROLLBACK")

    @contextmanager
    def write(self, tenant: str | None = None, /) -> Iterator[SQLiteCursor]:
        """Open a write transaction; it rolls back when the block raises."""
        self._check_writable()
        with self._pool.writing, translated(self.location):
            writer, process = self._ours(), os.getpid()
            writer.execute("BEGIN IMMEDIATE")
            try:
                # A write that fills the cache is in the log before it is committed.
                self._check_file(process)
                yield SQLiteCursor(writer, self.location)
                self._check_file(process)
                writer.execute("COMMIT")
                self._check_file(process)
            finally:
                # Still open only when the block or the commit raised; a parent's is the parent's.
                if os.getpid() == process and writer.in_transaction:
                    writer.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[Stream]:
        """Open a consistent snapshot whose queries stream their rows."""
        with self._pool.writing, translated(self.location):
            source = self._ours() if self._private else self._connect()
            source.execute("BEGIN")
            try:
                yield lambda sql: iter(source.execute(sql))
            finally:
                source.execute("ROLLBACK")
                if not self._private:
                    self._pool.close([source])

    def finish_schema(self, cursor: Cursor, /) -> None:
        """Do nothing: a file is ready after its migrations."""

    def compact(self) -> tuple[str, ...]:
        """Rewrite the file without the bytes of deleted rows, and drop the pages kept in memory."""
        self._check_writable()
        with self._pool.writing, translated(self.location):
            try:
                writer = self._ours()
                self._check_file(os.getpid())
                compact(writer, self.location, BUSY_SECONDS)
            finally:
                self._drop_pages()
        return ()

    def _drop_pages(self) -> None:
        """Close the connections that nobody uses: their pages and statements hold old words."""
        pool = self._pool
        if self._private:
            return
        with pool.lending:
            idle = [*pool.idle, *([self._writer] if self._writer is not None else [])]
            self._writer = None
            pool.close(idle)

    def backup(self, path: str, /) -> None:
        """Write a consistent copy to a new file while others write."""

        def fill(target: sqlite3.Connection) -> None:
            if self._private:
                with self._pool.writing:
                    self._ours().backup(target)
            else:
                with self._reader() as reader:
                    reader.backup(target)

        write_copy(path, fill)

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
        with self._pool.writing:
            self._closed = True
            self._release()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a reader: that of the snapshot this thread holds, one that is idle, or a new one."""
        held: sqlite3.Connection | None = getattr(self._pool.mine, "snapshot", None)
        if held is not None:
            yield held
            return
        pool = self._pool
        if not pool.slots.acquire(timeout=BUSY_SECONDS):
            raise StoreBusy(
                f"{self.location}: {MOST_READERS} reads were under way for {BUSY_SECONDS:.0f} s. "
                "Nothing was read; try again, or use fewer threads."
            )
        try:
            with pool.lending:
                self._check_place()
                reader = pool.idle.pop() if pool.idle else self._connect()
            try:
                yield reader
            finally:
                with pool.lending:
                    if reader in pool.opened:
                        pool.idle.append(reader)
        finally:
            pool.slots.release()

    def _ours(self) -> sqlite3.Connection:
        """Return the writer, opened again after a fork; what the parent holds is not ours."""
        if self._writer is None or self._forked:
            self._writer = self._connect()
        return self._writer

    def _check_writable(self) -> None:
        if self.read_only:
            raise StoreReadOnly(_READ_ONLY.format(self.location))

    def _check_file(self, process: int) -> None:
        """Raise unless what is open is ours and still at its path, before we acknowledge."""
        if os.getpid() != process:
            raise StoreError(_FORKED.format(self.location))
        self._check_place()

    def _check_place(self) -> None:
        """Raise unless what is open is still at its path."""
        # Whoever only reads may open a file before its log is there.
        if self._files.taken_away(logs=not self.read_only):
            raise StoreError(_TAKEN.format(self.location))

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self.location} is closed. Open the memory again.")
        if self._forked:
            raise StoreError(_FORKED.format(self.location))
        if not self._files.noted:
            _check_not_parted(self.location)
        uri = f"{Path(self.location).absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(
            uri if self.read_only else self.location,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=self.read_only,
        )
        self._pool.opened.append(connection)
        with ExitStack() as on_error:
            on_error.callback(self._pool.close, [connection])
            if not self.read_only:
                set_up(connection, private=self._private, durable=self._durable)
            # Reading opens the log too.
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if self._files.noted:
                self._check_place()
            else:
                self._files.note()
            on_error.pop_all()
        return connection


_ENGINES: weakref.WeakSet[SQLiteEngine] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []
"""Connections of a parent process: closing one would take its log away from under it."""
_FORKING: list[SQLiteEngine] = []


def _new_pool(engine: SQLiteEngine) -> Pool:
    """An empty pool, which is emptied again when its engine is dropped or Python ends."""
    pool = Pool(engine._files, MOST_READERS)
    weakref.finalize(engine, pool.end)
    return pool


def _before_fork() -> None:
    _FORKING.extend(_ENGINES)
    for engine in _FORKING:
        engine.before_fork()


def _after_in_parent() -> None:
    _end_fork(child=False)


def _after_in_child() -> None:
    _end_fork(child=True)


def _end_fork(*, child: bool) -> None:
    for engine in _FORKING:
        engine.after_fork(child=child)
    _FORKING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child
    )


def _check_not_parted(location: str) -> None:
    """Raise when what SQLite shares within this process is of another log than stands there."""
    found = identity(location)
    open_here = [one for one in list(_ENGINES) if found is not None and one._files.file == found]
    if is_kept(location) or any(one._files.taken_away() for one in open_here):
        raise StoreError(
            f"{location} is still open in this process, with a log that was replaced or deleted "
            "since. Close it there first; if others have opened it meanwhile, only a new process "
            "can open it."
        )


def is_open(path: Path) -> bool:
    """Return whether this process has a file open as a database.

    Such a file must not be opened by other means: closing it again would drop SQLite's locks.
    """
    found = identity(str(path))
    engines = list(_ENGINES)
    return found is not None and any(
        engine._files.file == found and not engine._closed for engine in engines
    )
