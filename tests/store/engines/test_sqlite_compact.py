"""Rewriting a file: what is deleted leaves its bytes, and nobody waits for long."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from combray.core.errors import StoreBusy, StoreError
from combray.store.connect import connect
from combray.store.engines import sqlite_compact
from combray.store.engines.sqlite import SQLiteEngine
from combray.store.store import Store
from combray.testing.base import item, put


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The place of a memory."""
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A store in which Xanthippe was, whose rows are deleted and whose file is not rewritten."""
    opened = connect(path)
    put(opened, [*(item(f"Xanthippe {n}" * 40) for n in range(40)), item("kept")])
    with opened.engine.write() as cursor:
        cursor.run("DELETE FROM items WHERE text <> 'kept'")
        cursor.run("DELETE FROM events")
    yield opened
    opened.close()


def held(path: Path) -> bool:
    """Whether a file of the database has the word."""
    return any(b"Xanthippe" in file.read_bytes() for file in path.parent.glob("memory.db*"))


def test_nothing_of_the_deleted_is_left(store: Store, path: Path) -> None:
    """In the file and its log; what lives stays, and is found by the same engine."""
    store.engine.compact()
    assert not held(path)
    assert [i.text for i in store.items("u")] == ["kept"]
    put(store, [item("more")])
    assert store.engine.check() == []


def test_connections_that_nobody_uses_are_closed(store: Store) -> None:
    """Their pages and statements hold words; one that is in use goes on."""
    engine = store.engine
    assert isinstance(engine, SQLiteEngine)
    store.items("u")
    before = list(engine._pool.opened)
    store.engine.compact()
    assert engine._pool.opened == []
    for connection in before:
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")
    assert len(store.items("u")) == 1


def test_a_reader_is_waited_for_and_told_of(store: Store, path: Path) -> None:
    """Whoever writes meanwhile waits for a moment; when the reader has ended it can be done."""
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM items").fetchone()
        began = time.monotonic()
        with pytest.raises(StoreBusy, match="open the memory again"):
            store.engine.compact()
        assert time.monotonic() - began < 2
        assert held(path)
        put(store, [item("meanwhile")])
    store.engine.compact()
    assert not held(path)
    assert {i.text for i in store.items("u")} == {"kept", "meanwhile"}


def test_a_disk_without_room_is_told_of(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is left as it is, with what is to be freed; the wait for writers is as before."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(StoreError, match=r"Free \d+ MB and open the memory again"):
        store.engine.compact()
    monkeypatch.undo()
    put(store, [item("more")])
    assert isinstance(store.engine, SQLiteEngine)
    wait = store.engine._ours().execute("PRAGMA busy_timeout").fetchone()
    assert wait == (30_000,)
    store.engine.compact()
    assert not held(path)


def test_a_disk_that_fills_up_meanwhile_is_told_of(store: Store) -> None:
    """SQLite's refusal is one of ours, which says that what was removed is gone."""
    assert isinstance(store.engine, SQLiteEngine)
    writer = store.engine._ours()

    class Full:
        """A connection whose disk is full."""

        def __getattr__(self, name: str) -> object:
            return getattr(writer, name)

        def execute(self, sql: str) -> object:
            """Refuse to rewrite, and do all else."""
            if sql == "VACUUM":
                raise sqlite3.OperationalError("database or disk is full")
            return writer.execute(sql)

    with pytest.raises(StoreError, match="no room to rewrite"):
        sqlite_compact.compact(Full(), store.engine.location, 30)  # type: ignore[arg-type]


def test_the_log_is_copied_before_writers_wait_for_it(store: Store) -> None:
    """Emptying the log keeps writers out, so it begins when nothing is left to copy."""
    assert isinstance(store.engine, SQLiteEngine)
    said: list[str] = []
    store.engine._ours().set_trace_callback(said.append)
    store.engine.compact()
    emptied = [n for n, sql in enumerate(said) if "wal_checkpoint(TRUNCATE)" in sql]
    assert len(emptied) == 2
    assert all("wal_checkpoint(PASSIVE)" in said[n - 1] for n in emptied)


def test_a_long_rewrite_is_given_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes gives up after 30 seconds, so a rewrite ends before; the file stays whole."""
    put(store, [item(f"{n}") for n in range(3000)])
    monkeypatch.setattr(sqlite_compact, "REWRITE_SECONDS", -1.0)
    with pytest.raises(StoreBusy, match="quiet hour"):
        store.engine.compact()
    assert len(store.items("u")) == 3001
    assert store.engine.check() == []
