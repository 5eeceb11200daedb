"""Connections are closed once, and none of an engine that was dropped stays open."""

from __future__ import annotations

import gc
import sqlite3
from pathlib import Path

import pytest

from combray.store.engines.sqlite import SQLiteEngine
from combray.store.engines.sqlite_files import OpenFiles
from combray.store.engines.sqlite_pool import Pool


def test_what_is_closed_is_neither_idle_nor_open(tmp_path: Path) -> None:
    """Of several, those that are named; the files are open until the last is closed."""
    path = tmp_path / "memory.db"
    pool = Pool(OpenFiles(str(path)), 2)
    pool.opened += [sqlite3.connect(path), sqlite3.connect(path)]
    first, second = pool.opened
    pool.idle.append(first)
    pool.files.note()
    pool.close([first])
    assert (pool.idle, pool.opened, pool.files.noted) == ([], [second], True)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")
    pool.end()
    assert (pool.opened, pool.files.noted) == ([], False)
    pool.end()


def test_an_engine_that_is_dropped_is_closed(tmp_path: Path) -> None:
    """Nobody need remember to: its connections end with it."""
    engine = SQLiteEngine(str(tmp_path / "memory.db"))
    writer = engine._ours()
    del engine
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        writer.execute("SELECT 1")
