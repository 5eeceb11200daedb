"""A whole database into another: everything, with its numbers, and never over something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import InputError
from combray.core.items import Link
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.files.lineage import is_copy, lineage
from combray.store.store import Store
from combray.store.tables import copy as copying
from combray.store.tables import vectors
from combray.store.tables.copy import copy
from combray.store.tables.schema import table_names
from combray.testing.base import item, put


@pytest.fixture
def source(tmp_path: Path) -> Store:
    """A file with something in most tables."""
    store = connect(tmp_path / "source.db")
    one, two = put(store, [item("one"), item("two", metadata={"nul": "a\tb", "n": 2**60})])
    put(store, [item("theirs", "v")])
    put(store, [item("f", kind="fact", sources=(one.id,), metadata={"functional": True})])
    link = Link(src=one.id, dst=two.id, kind="similar", weight=1 / 3)
    store.apply(ChangeSet(tenant="u", actor="t", links=[link], jobs=[NewJob(kind="k", payload={})]))
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((4, 2), np.float32) / 3)
        cursor.run("INSERT INTO meta (name, value) VALUES ('backups', '[]')")
    return store


def rows_of(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, in any order, bytes as bytes."""
    found = {}
    for table in table_names(engine):
        rows = engine.read(f"SELECT * FROM {table}")
        plain = [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in rows]
        found[table] = sorted(map(repr, plain))
    return found


def test_every_row_of_every_table_is_copied(source: Store, location: str) -> None:
    """The counts say how many, and the two databases hold the same."""
    target = connect(location)
    counts = copy(source.engine, target.engine)
    assert counts["items"] == 4
    assert counts["links"] == counts["jobs"] == counts["topics"] == 1
    assert counts["vectors"] == 4
    assert rows_of(target.engine) == rows_of(source.engine)
    target.close()
    source.close()


def test_a_copy_is_of_the_lineage_of_its_source(source: Store, location: str) -> None:
    """Of its id, not of its own; of none where an earlier version gave none."""
    with source.engine.write() as cursor:
        cursor.run("DELETE FROM meta WHERE name = 'lineage'")
    target = connect(location)
    copy(source.engine, target.engine)
    assert is_copy(source.engine.read, target.engine.read)
    assert lineage(target.engine.read) is None
    target.close()
    source.close()


def test_numbers_go_on_where_they_were(source: Store, location: str) -> None:
    """What is added after the copy comes after what was copied."""
    target = connect(location)
    copy(source.engine, target.engine)
    last, head = target.items("u")[-1].seq, target.head("u")
    put(target, [item("three")])
    assert target.items("u")[-1].seq > last
    assert target.head("u") > head
    target.close()
    source.close()


def test_a_database_that_holds_something_stays_as_it_was(source: Store, location: str) -> None:
    """One row of any table is enough to refuse, and then nothing is copied."""
    target = connect(location)
    put(target, [item("mine", "w")])
    before = rows_of(target.engine)
    with pytest.raises(InputError, match="empty"):
        copy(source.engine, target.engine)
    assert rows_of(target.engine) == before
    target.close()
    source.close()


def test_a_copy_that_fails_leaves_the_target_empty(
    source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one transaction: half a copy is none, and the next try works."""
    target = connect(tmp_path / "target.db")

    def spoil(cursor: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(target.engine, "finish_schema", spoil)
        with pytest.raises(ZeroDivisionError):
            copy(source.engine, target.engine)
    assert target.tenants() == []
    assert copy(source.engine, target.engine)["items"] == 4
    target.close()
    source.close()


@pytest.mark.parametrize("chunk", [1, 3, 4])
def test_the_size_of_the_chunks_does_not_matter(
    source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Rows go over in chunks, the last one being shorter or full."""
    monkeypatch.setattr(copying, "CHUNK", chunk)
    target = connect(tmp_path / "target.db")
    copy(source.engine, target.engine)
    assert rows_of(target.engine) == rows_of(source.engine)
    target.close()
    source.close()


def test_the_copy_is_of_one_moment(
    source: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is added to the source while it is copied is in no table of the copy."""
    writer = connect(source.engine.location)
    target = connect(tmp_path / "target.db")
    whole = copying._fill
    before = rows_of(source.engine)

    def filled(cursor: object, table: str, columns: str, rows: object) -> int:
        count: int = whole(cursor, table, columns, rows)  # type: ignore[arg-type]
        put(writer, [item(f"meanwhile {table}")])
        return count

    monkeypatch.setattr(copying, "_fill", filled)
    copy(source.engine, target.engine)
    assert rows_of(target.engine) == before
    for store in (source, writer, target):
        store.close()
