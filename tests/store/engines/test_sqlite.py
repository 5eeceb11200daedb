"""SQLite: the conformance suite on a file, and what holds for files alone."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from combray.core.errors import InputError, StoreBusy, StoreError, StoreReadOnly
from combray.store.engine import Engine
from combray.store.engines import sqlite
from combray.store.engines.sqlite import SQLiteEngine, is_open
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
    assert engine._pool.opened == []
    assert not path.with_name("copy.db").exists()


def threading_read(engine: SQLiteEngine) -> object:
    """A read in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(engine.read, "SELECT 1").result()


def test_a_snapshot_gives_its_connection_back(engine: SQLiteEngine) -> None:
    """Also when its block raises; a private memory uses the only one it has."""
    before = len(engine._pool.opened)

    def fails() -> None:
        with engine.snapshot() as rows_of:
            assert list(rows_of("SELECT 1")) == [(1,)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert len(engine._pool.opened) == before
    private = SQLiteEngine(":memory:")
    with private.snapshot() as rows_of:
        assert list(rows_of("SELECT 1")) == [(1,)]
    assert len(private._pool.opened) == 1
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
    engine._pool.idle[0].close()
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


def test_what_is_no_error_of_sqlite_passes(engine: SQLiteEngine) -> None:
    """A mistake inside a block is not dressed up as one of the database."""
    with pytest.raises(ZeroDivisionError), engine.write():
        raise ZeroDivisionError
    with pytest.raises(StoreError, match="no such table"):
        engine.read("SELECT * FROM accounts")


# ── processes and threads ────────────────────────────────────────────────────────────────────────


def forked(work: Callable[[], object]) -> str:
    """What a forked child says after some work: "ok", or its error."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            said = "ok"
        except StoreError as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        return pipe.read().decode()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@needs_fork
def test_what_a_forked_child_writes_is_kept(engine: SQLiteEngine, path: Path) -> None:
    """The file is opened anew on both sides, also when the parent closes it first."""
    put(Store(engine), [item("before")])
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(read, 1)  # the parent closes its last connection meanwhile
        for number in range(5):
            put(Store(engine), [item(f"child {number}")])
        os._exit(0)
    engine.read("SELECT count(*) FROM items")
    engine.close()
    os.write(write, b"x")
    os.waitpid(child, 0)
    with closing(SQLiteEngine(str(path))) as again:
        assert again.read("SELECT count(*) FROM items") == [(6,)]
        assert again.check() == []


@needs_fork
def test_both_go_on_after_a_fork(engine: SQLiteEngine) -> None:
    """The parent reads what the child wrote and writes itself."""
    assert forked(lambda: put(Store(engine), [item("child")])) == "ok"
    put(Store(engine), [item("parent")])
    assert engine.read("SELECT count(*) FROM items") == [(2,)]


def write_once(engine: SQLiteEngine) -> None:
    """Leave a writer open."""
    put(Store(engine), [item("parent")])


def read_once(engine: SQLiteEngine) -> None:
    """Leave a reader open, and after a fork nothing but it."""
    engine.read("SELECT 1 FROM meta")


def read_apart(engine: SQLiteEngine) -> None:
    """Leave a reader open that another thread opened."""
    thread = threading.Thread(target=read_once, args=(engine,))
    thread.start()
    thread.join()


def compact_once(engine: SQLiteEngine) -> None:
    """Leave nothing open."""
    engine.compact()


@needs_fork
@pytest.mark.parametrize("between", [None, write_once, read_once, read_apart, compact_once])
def test_every_child_of_a_parent_gets_the_file(
    engine: SQLiteEngine, between: Callable[[SQLiteEngine], None] | None
) -> None:
    """Not the first alone, whatever the parent did since the fork before; no word is lost."""
    put(Store(engine), [item("before")])
    for number in range(4):
        assert forked(lambda n=number: put(Store(engine), [item(f"child {n}")])) == "ok"
        if between is not None:
            between(engine)
    told = {f"child {number}" for number in range(4)}
    assert told <= {one.text for one in Store(engine).items("u")}
    assert engine.check() == []


@needs_fork
def test_no_connection_of_a_parent_is_left_open_across_a_fork(engine: SQLiteEngine) -> None:
    """A reader too holds locks, which a child would believe to be its own."""
    Store(engine)
    engine.compact()
    read_once(engine)
    mine = [*engine._pool.opened]

    def check() -> None:
        # Engines of other tests may still be alive; theirs are not asked about.
        if engine._pool.opened or any(one in mine for one in sqlite._INHERITED):
            raise StoreError("a connection of the parent is open")

    assert forked(check) == "ok"


@needs_fork
def test_the_children_of_a_child_are_handed_the_file_too(engine: SQLiteEngine) -> None:
    """And not that of a child which was refused it: what it inherited is theirs no more."""
    put(Store(engine), [item("before")])

    def child() -> None:
        if (said := forked(lambda: put(Store(engine), [item("grandchild")]))) != "ok":
            raise StoreError(said)

    assert forked(child) == "ok"
    assert len(Store(engine).items("u")) == 2
    with engine.write():
        assert "after the fork" in forked(child)


@needs_fork
def test_a_fork_inside_a_snapshot_keeps_it(
    engine: SQLiteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands beside an idle writer, and its rows are read to their end."""
    put(Store(engine), [item("one")])
    with engine.snapshot() as rows_of:
        rows = rows_of("SELECT text FROM items")
        assert "after the fork" in forked(lambda: engine.read("SELECT 1 FROM meta"))
        assert list(rows) == [("one",)]


@needs_fork
def test_a_memory_in_ram_is_not_handed_to_a_child() -> None:
    """It would write to a copy that nobody reads, so it is told to open its own."""
    engine = SQLiteEngine(":memory:")
    Store(engine)
    assert forked(lambda: put(Store(engine), [item("lost")])).startswith("StoreError")
    put(Store(engine), [item("kept")])
    assert engine.read("SELECT count(*) FROM items") == [(1,)]


@needs_fork
def test_a_fork_inside_a_transaction_keeps_the_parents(
    engine: SQLiteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file cannot be closed then: the child is told so, and the transaction is committed."""
    monkeypatch.setattr(sqlite, "FORK_SECONDS", 0.1)
    with engine.write() as cursor:
        cursor.run("INSERT INTO meta (name, value) VALUES ('half', 'done')")
        assert "after the fork" in forked(lambda: engine.read("SELECT 1 FROM meta"))
    assert engine.read("SELECT value FROM meta WHERE name = 'half'") == [("done",)]


def test_threads_share_a_few_readers(engine: SQLiteEngine) -> None:
    """A thread leaves no connection behind, so that a thread a request opens no file each."""
    for _ in range(30):
        thread = threading.Thread(target=engine.read, args=("SELECT 1",))
        thread.start()
        thread.join()
    assert len(engine._pool.opened) == 2


def test_a_read_that_fails_gives_its_reader_back(engine: SQLiteEngine) -> None:
    """Errors cost no connections."""
    for _ in range(5):
        with pytest.raises(StoreError):
            engine.read("SELECT nothing FROM nowhere")
    assert len(engine._pool.opened) == 2


def test_more_readers_than_there_may_be_wait(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And give up in words when none comes back."""
    monkeypatch.setattr(sqlite, "MOST_READERS", 2)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    engine = SQLiteEngine(str(path))
    Store(engine)
    with closing(engine), engine._reader(), engine._reader(), pytest.raises(StoreBusy, match="2"):
        engine.read("SELECT 1")


def test_a_snapshot_is_what_its_thread_reads(engine: SQLiteEngine) -> None:
    """What is written meanwhile is seen afterwards."""
    with engine.read_snapshot("u") as run:
        assert run("SELECT count(*) FROM items", ()) == [(0,)]
        put(Store(engine), [item("later")])
        assert engine.read("SELECT count(*) FROM items") == [(0,)]
    assert engine.read("SELECT count(*) FROM items") == [(1,)]


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_file_that_was_taken_away_takes_no_more_writes(
    engine: SQLiteEngine, path: Path, how: str
) -> None:
    """Nothing is acknowledged that would not be found again."""
    put(Store(engine), [item("kept")])
    path.unlink()
    if how == "replaced":
        path.touch()
    with pytest.raises(StoreError, match="replaced or deleted"):
        put(Store(engine), [item("lost")])


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_log_that_was_taken_away_takes_no_more_writes(
    engine: SQLiteEngine, path: Path, ending: str
) -> None:
    """What is written to a log that nobody else opens would be lost."""
    put(Store(engine), [item("kept")])
    path.with_name(path.name + ending).unlink()
    with pytest.raises(StoreError, match="its log was replaced or deleted"):
        put(Store(engine), [item("lost")])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_does_not_end_the_write_of_its_parent(engine: SQLiteEngine) -> None:
    """A fork in the middle of a write: the child is refused, and the parent alone commits."""
    Store(engine)
    told = 9
    try:
        with engine.write() as cursor:
            cursor.run("INSERT INTO meta (name, value) VALUES ('a', 'b')")
            if child := os.fork():
                told = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except StoreError:
        os._exit(7)
    if not child:
        os._exit(0)
    assert told == 7
    assert engine.read("SELECT value FROM meta WHERE name = 'a'") == [("b",)]


def test_a_file_that_is_open_is_known_by_any_name(engine: SQLiteEngine, path: Path) -> None:
    """A hard link is the same file; after the closing it is open no more."""
    other = path.with_name("other")
    other.hardlink_to(path)
    assert is_open(other)
    assert not is_open(path.with_name("absent"))
    assert not is_open(Path("a\0b"))
    engine.close()
    assert not is_open(path)


def test_a_file_may_be_opened_for_reading_only(engine: SQLiteEngine, path: Path) -> None:
    """It is read as usual, and a write is refused before anything is done."""
    put(Store(engine), [item("kept")])
    with closing(SQLiteEngine(str(path), read_only=True)) as reader:
        assert reader.read("SELECT text FROM items") == [("kept",)]
        with pytest.raises(StoreReadOnly, match="reading only"):
            put(Store(reader), [item("more")])
