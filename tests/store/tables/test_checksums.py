"""Checksums: made with every row, of every value, and the same wherever a row is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from combray.core.changes import NewJob
from combray.store.history.verify import verify
from combray.store.store import Store
from combray.store.tables import checksums, ledger, vectors
from combray.store.tables.checksums import item_row, of_values, of_vector
from combray.store.tables.rows import ITEM_FIELDS
from combray.testing.base import item, put
from tests.store.tables.test_ledger import call
from tests.store.tables.test_rows import ITEMS

ORDERS = {
    "items": "seq", "events": "seq", "vectors": "item_seq", "jobs": "seq", "ledger": "seq",
}  # fmt: skip


@given(ITEMS)
def test_an_item_has_the_checksum_of_its_row(one: object) -> None:
    """Of all its values, the number of its strength as a fraction."""
    row = item_row(one)
    assert of_values(row[:-1]) == row[-1]
    assert isinstance(row[ITEM_FIELDS.index("strength")], float)


def test_every_value_counts() -> None:
    """Whichever of a row is another, its checksum is another; 1 and 1.0 are the same strength."""
    row = item_row(item("one"))[:-1]
    for place in range(len(row)):
        assert of_values([*row[:place], "other", *row[place + 1 :]]) != of_values(row)
    assert (
        item_row(replace(item("a"), id="x", strength=1))[-1]
        == (item_row(replace(item("a"), id="x", strength=1.0))[-1])
    )


def test_a_vector_is_that_of_one_item() -> None:
    """Another vector has another checksum, and so has the same one of another item."""
    assert len({of_vector(b"ab", "x"), of_vector(b"ac", "x"), of_vector(b"ab", "y")}) == 3


@pytest.fixture
def told(store: Store) -> Store:
    """Some items with vectors, jobs, and calls of a model."""
    work = [NewJob(kind="k", payload={"ids": ["ž"]})] * 7
    put(store, [item(f"{n}", metadata={"ž": "日"}) for n in range(7)], jobs=work)
    for n in range(7):
        ledger.record(store.engine, call(n, ms=n, usd=-0.0 if n else None))
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((7, 2), np.float32))
    return store


def sums(store: Store) -> list[list[tuple[object, ...]]]:
    """Every checksum."""
    read = store.engine.read
    return [
        read(f"SELECT checksum FROM {table} ORDER BY {order}") for table, order in ORDERS.items()
    ]


def test_those_of_older_files_are_the_same(told: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a migration fills in, some rows at a time, is what writing makes."""
    made = sums(told)
    monkeypatch.setattr(checksums, "CHUNK", 3)
    with told.engine.write() as cursor:
        for table in ORDERS:
            cursor.run(f"UPDATE {table} SET checksum = NULL")
        checksums.fill(cursor, checksums.FIELDS)
        checksums.fill_vectors(cursor)
    assert sums(told) == made
    assert all(number is not None for part in made for (number,) in part)


def test_a_row_that_is_changed_on_purpose_is_stamped(told: Store) -> None:
    """Only the rows that are named."""
    before = sums(told)[1]
    with told.engine.write() as cursor:
        cursor.run("UPDATE events SET why = 'erased'")
        checksums.stamp(cursor, "events", [2])
    after = sums(told)[1]
    assert [one != other for one, other in zip(before, after, strict=True)].index(True) == 1
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize("strength", [3, -0.0])
def test_a_number_is_checked_as_its_column_keeps_it(store: Store, strength: float) -> None:
    """A whole number and a zero with a minus come back sound."""
    put(store, [item("x", strength=strength)])
    assert verify(store).problems == ()
