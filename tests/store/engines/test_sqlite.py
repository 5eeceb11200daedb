"""SQLite: the conformance suite on a file, and what holds for files alone."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from combray.core.errors import InputError, NotADatabase, StoreBusy, StoreError, StoreReadOnly
from combray.store.engine import Engine
from combray.store.engines import sqlite
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.store import Store
from combray.testing import StoreConformance
from combray.testing.base import item, put


class TestSQLite(StoreConformance):
    """SQLite holds memories."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> str:
        """A file that does not exist yet."""
        return str(tmp_path / "memory.db")

    def open(self, place: str) -> Engine:
        """The engine of a file."""
        return SQLiteEngine(place)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file may be."""
    return tmp_path / "memory.db"


@pytest.fixture
def engine(path: Path) -> Iterator[SQLiteEngine]:
    """An engine of an empty file with our tables."""
    made = SQLiteEngine(str(path))
    Store(made)
    yield made
    made.close()


def pragma(engine: SQLiteEngine, name: str) -> object:
    """A setting of the writer."""
    return engine._writer.execute(f"PRAGMA {name}").fetchone()[0]


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_of_ours_is_logged_ahead_and_wiped(engine: SQLiteEngine) -> None:
    """Readers do not wait for writers, and freed pages are overwritten."""
    assert pragma(engine, "journal_mode") == "wal"
    assert pragma(engine, "secure_delete") == 1


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_a_new_file_is_its_owners_alone(path: Path) -> None:
    """Even where the umask lets everybody in; a mode somebody widened stays."""
    old = os.umask(0)
    try:
        SQLiteEngine(str(path)).close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        engine = SQLiteEngine(str(path))
        Store(engine)
        engine.close()
        path.chmod(0o644)
        SQLiteEngine(str(path)).close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    finally:
        os.umask(old)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """The message proposes a name inside it; a folder that is missing is named."""
    with pytest.raises(InputError, match=r"memory\.db"):
        SQLiteEngine(str(tmp_path))
    with pytest.raises(InputError, match="nowhere"):
        SQLiteEngine(str(tmp_path / "nowhere" / "memory.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"some words of mine, and more of them " * 40, b"x" * 5000])
def test_another_kind_of_file_is_refused_as_it_is(path: Path, content: bytes) -> None:
    """It keeps every byte, and no log appears beside it."""
    path.write_bytes(content)
    with pytest.raises(NotADatabase, match=r"memory\.db"):
        Store(SQLiteEngine(str(path)))
    assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == ["memory.db"]


def test_another_programs_database_keeps_its_mode(path: Path) -> None:
    """Its journal is not changed to ours by a look."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE mine (x)")
        db.commit()
    engine = SQLiteEngine(str(path))
    assert pragma(engine, "journal_mode") == "delete"
    with pytest.raises(NotADatabase):
        Store(engine)
    engine.close()


def test_the_size_counts_the_log(engine: SQLiteEngine, path: Path) -> None:
    """The file and what stands beside it; of a private memory its pages."""
    put(Store(engine), [item("x" * 10_000)])
    log = path.with_name("memory.db-wal")
    assert log.stat().st_size > 0
    assert engine.size() == path.stat().st_size + log.stat().st_size
    private = SQLiteEngine(":memory:")
    empty = private.size()
    Store(private)
    assert private.size() > empty
    private.close()


def test_compaction_empties_the_log(engine: SQLiteEngine, path: Path) -> None:
    """Nothing of what was removed is in the file or beside it."""
    store = Store(engine)
    put(store, [item("Zanzibar " * 50)])
    with engine.write() as cursor:
        cursor.run("DELETE FROM items")
        cursor.run("DELETE FROM events")
    assert engine.compact() == ()
    for name in ("memory.db", "memory.db-wal"):
        assert b"Zanzibar" not in path.with_name(name).read_bytes()


def test_a_reader_that_stands_still_holds_the_log(
    engine: SQLiteEngine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compaction says so in our words, rather than claim that the bytes are gone."""
    put(Store(engine), [item("x")])
    engine._writer.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        put(Store(engine), [item("y")])
        with pytest.raises(StoreBusy):
            engine.compact()
        reader.execute("ROLLBACK")
    assert engine.compact() == ()


# ── company ──────────────────────────────────────────────────────────────────────────────────────


def test_a_writer_that_stands_still_is_waited_for_and_then_named(
    path: Path, engine: SQLiteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the patience is over: StoreBusy, nothing changed, and the next try works."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    other = SQLiteEngine(str(path))
    with engine.write():
        with pytest.raises(StoreBusy, match=r"memory\.db"), other.write():
            raise AssertionError("this must not be reached")
        assert other.read("SELECT count(*) FROM items") == [(0,)]
    put(Store(other), [item("x")])
    other.close()


def test_a_writer_that_ends_in_time_is_waited_for(path: Path, engine: SQLiteEngine) -> None:
    """The other one sees what the first has written, and loses nothing."""
    other, inside = SQLiteEngine(str(path)), threading.Event()

    def first() -> None:
        with engine.write() as cursor:
            inside.set()
            cursor.run("INSERT INTO meta VALUES ('a', '1')")
            threading.Event().wait(0.1)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with other.write() as cursor:
        assert cursor.run("SELECT value FROM meta WHERE name = 'a'") == [("1",)]
    thread.join()
    other.close()


def test_a_thread_may_write_while_it_writes_no_more(engine: SQLiteEngine) -> None:
    """A transaction inside a transaction is refused, and the outer one is rolled back."""

    def nested() -> None:
        with engine.write() as cursor:
            cursor.run("INSERT INTO meta VALUES ('a', '1')")
            with engine.write():
                raise AssertionError("this must not be reached")

    with pytest.raises(StoreError):
        nested()
    assert engine.read("SELECT count(*) FROM meta WHERE name = 'a'") == [(0,)]


def test_every_thread_reads_by_a_connection_of_its_own(engine: SQLiteEngine) -> None:
    """Reads of one thread share it; `close` releases those of all threads."""
    engine.read("SELECT 1")
    before = len(engine._opened)
    engine.read("SELECT 2")
    assert len(engine._opened) == before
    thread = threading.Thread(target=engine.read, args=("SELECT 1",))
    thread.start()
    thread.join()
    assert len(engine._opened) == before + 1
    kept = list(engine._opened)
    engine.close()
    for connection in kept:
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")


def test_a_closed_engine_opens_nothing_anew(path: Path) -> None:
    """Neither for a read of a thread that had not read, nor for a snapshot or a backup."""
    engine = SQLiteEngine(str(path))
    Store(engine)
    engine.close()
    for opened in (
        lambda: threading_read(engine),
        lambda: engine.snapshot().__enter__(),
        lambda: engine.backup(str(path.with_name("copy.db"))),
    ):
        with pytest.raises(StoreError, match="closed"):
            opened()
    assert engine._opened == []
    assert not path.with_name("copy.db").exists()


def threading_read(engine: SQLiteEngine) -> object:
    """A read in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(engine.read, "SELECT 1").result()


def test_a_snapshot_gives_its_connection_back(engine: SQLiteEngine) -> None:
    """Also when its block raises; a private memory uses the only one it has."""
    before = len(engine._opened)

    def fails() -> None:
        with engine.snapshot() as rows_of:
            assert list(rows_of("SELECT 1")) == [(1,)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert len(engine._opened) == before
    private = SQLiteEngine(":memory:")
    with private.snapshot() as rows_of:
        assert list(rows_of("SELECT 1")) == [(1,)]
    assert len(private._opened) == 1
    private.close()


def test_threads_share_a_private_memory(tmp_path: Path) -> None:
    """`:memory:` is one database, whichever thread asks; its snapshots hold writers off."""
    private = SQLiteEngine(":memory:")
    store = Store(private)
    threads = [threading.Thread(target=put, args=(store, [item(f"{n}")])) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with private.read_snapshot("u") as run:
        assert run("SELECT count(*) FROM items", ()) == [(8,)]
    private.close()


# ── backups and checks ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", ["memory.db", ":memory:"])
def test_a_backup_holds_what_was_committed(tmp_path: Path, place: str) -> None:
    """Of a file and of a private memory alike; it is for its owner alone."""
    engine = SQLiteEngine(str(tmp_path / place) if place != ":memory:" else place)
    put(Store(engine), [item("x")])
    engine.backup(str(tmp_path / "copy.db"))
    copy = SQLiteEngine(str(tmp_path / "copy.db"))
    assert copy.read("SELECT text FROM items") == [("x",)]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    copy.close()
    engine.close()


def test_a_backup_that_cannot_be_written_leaves_no_file(
    engine: SQLiteEngine, tmp_path: Path
) -> None:
    """A file that is there stays; a folder that is not is named; half a copy is removed."""
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    with pytest.raises(InputError, match="exists"):
        engine.backup(str(taken))
    assert taken.read_text() == "mine"
    with pytest.raises(InputError, match="nowhere"):
        engine.backup(str(tmp_path / "nowhere" / "copy.db"))
    engine.read("SELECT 1")
    engine._readers.connection.close()
    with pytest.raises(StoreError):
        engine.backup(str(tmp_path / "half.db"))
    assert not (tmp_path / "half.db").exists()


def test_a_damaged_index_is_complained_of(engine: SQLiteEngine, path: Path) -> None:
    """The check names what SQLite finds; a sound file has no complaint."""
    put(Store(engine), [item(f"{n}") for n in range(3)])
    assert engine.check() == []
    engine.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        changed = "replace(sql, '(tenant, seq)', '(kind, seq)')"
        db.execute(f"UPDATE sqlite_master SET sql = {changed} WHERE name = 'items_tenant'")
    again = SQLiteEngine(str(path))
    assert "items_tenant" in " ".join(again.check())
    again.close()


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        ("file is not a database", NotADatabase, "backup"),
        ("database disk image is malformed", NotADatabase, "backup"),
        ("attempt to write a readonly database", StoreReadOnly, "permissions"),
        ("unable to open database file", StoreReadOnly, "permissions"),
        ("database or disk is full", StoreError, "space"),
        ("disk I/O error", StoreError, "space"),
        ("database is locked", StoreBusy, "another process"),
        ("something new", StoreError, "something new"),
    ],
)
def test_an_error_of_sqlite_is_ours_with_what_to_do(
    said: str, kind: type[StoreError], advice: str
) -> None:
    """Each names the file and the next step, and keeps SQLite's own error as its cause."""
    cause = sqlite3.OperationalError(said)
    with pytest.raises(StoreError, match=advice) as caught, sqlite._translated("m.db"):
        raise cause
    assert type(caught.value) is kind
    assert "m.db" in str(caught.value)
    assert caught.value.__cause__ is cause


def test_what_is_no_error_of_sqlite_passes(engine: SQLiteEngine) -> None:
    """A mistake inside a block is not dressed up as one of the database."""
    with pytest.raises(ZeroDivisionError), engine.write():
        raise ZeroDivisionError
    with pytest.raises(StoreError, match="no such table"):
        engine.read("SELECT * FROM accounts")
