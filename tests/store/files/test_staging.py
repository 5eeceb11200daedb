"""Rows are staged outside the transaction that moves them, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.files import staging
from combray.store.files.staging import Rows, staged
from combray.store.store import Store

COUNT = 2500
FEW = Rows("links", ("tenant", "src", "dst", "kind", "weight", "known_from", "sources"), [])
MANY = Rows(
    "readings", ("item_id", "actor", "tenant"), [(f"i{n:05}", "me", "u") for n in range(COUNT)]
)


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = connect(location)
    yield opened
    opened.close()


def temporary(engine: Engine) -> int:
    """How many temporary tables the connection that writes has."""
    with engine.write() as cursor:
        return len(cursor.run(staging._MINE[engine.dialect.name], ("staged%",)))


def count(engine: Engine) -> int:
    """How many rows have arrived."""
    return int(engine.read("SELECT count(*) FROM readings")[0][0])


def test_rows_are_moved_by_one_statement_and_seen_by_nobody_before(store: Store) -> None:
    """Each is there once, in order; the temporary table is gone."""
    with staged(store.engine, [FEW, MANY]) as put:
        assert (temporary(store.engine), count(store.engine)) == (1, 0)
        with store.engine.write() as cursor:
            put(cursor, [FEW, MANY])
    assert (temporary(store.engine), count(store.engine)) == (0, COUNT)


def test_what_breaks_off_leaves_nothing(store: Store) -> None:
    """Neither rows nor a temporary table."""

    def broken() -> None:
        with staged(store.engine, [MANY]) as put, store.engine.write() as cursor:
            put(cursor, [MANY])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert (temporary(store.engine), count(store.engine)) == (0, 0)


def test_what_was_decided_anew_is_inserted(store: Store) -> None:
    """Not what was staged before."""
    new = Rows(MANY.table, MANY.columns, MANY.values[: COUNT - 1])
    with staged(store.engine, [MANY]) as put, store.engine.write() as cursor:
        put(cursor, [new])
    assert count(store.engine) == COUNT - 1


def test_few_rows_are_not_staged(store: Store) -> None:
    """They are inserted in less time."""
    few = Rows(MANY.table, MANY.columns, MANY.values[:10])
    with staged(store.engine, [few]) as put:
        assert temporary(store.engine) == 0
        with store.engine.write() as cursor:
            put(cursor, [few])
    assert count(store.engine) == 10


def test_a_connection_that_was_replaced_inserts_the_rows_as_they_are(tmp_path: Path) -> None:
    """An erasure by another thread closes the connections that nobody uses."""
    store = connect(tmp_path / "memory.db")
    with staged(store.engine, [MANY]) as put:
        store.engine.compact()
        assert temporary(store.engine) == 0
        with store.engine.write() as cursor:
            put(cursor, [MANY])
    assert count(store.engine) == COUNT
    store.close()
