"""The log of a task memory: in order, once each, behind the wall, and with checksums."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from combray.core.errors import StoreError
from combray.store.connect import connect
from combray.store.store import Store
from combray.store.tables.checksums import of_values
from combray.store.tables.steps import (
    STEP_FIELDS,
    Step,
    append,
    logs_of,
    remove,
    steps_after,
)


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """An empty store, on each database."""
    made = connect(location)
    yield made
    made.close()


def step(number: int, **value: object) -> Step:
    """A step by Ann."""
    return Step(number=number, first=number, op="set", actor="ann", at_us=number, value=value)


def write(store: Store, log: str, *steps: Step, tenant: str = "u") -> None:
    """Append steps in a transaction of their own."""
    with store.engine.write(tenant) as cursor:
        append(cursor, tenant, log, steps)


def test_steps_come_back_as_they_were_appended(store: Store) -> None:
    """Numbers, names, times and data are kept, and a reader may go on from any number."""
    told = [step(1, title="Größe", deep={"a": [1, None]}), step(2)]
    write(store, "trip", *told)
    read = store.engine.tenant_reader("u")
    assert steps_after(read, "u", "trip") == told
    assert steps_after(read, "u", "trip", 1) == told[1:]
    assert steps_after(read, "u", "other") == []


def test_a_number_is_taken_once(store: Store) -> None:
    """Whoever decided by an older state cannot append; nothing of theirs is kept."""
    write(store, "trip", step(1))
    with pytest.raises(StoreError):
        write(store, "trip", step(2), step(1, late=True))
    assert steps_after(store.engine.read, "u", "trip") == [step(1)]


def test_logs_are_apart(store: Store) -> None:
    """Each log, and each user, has its own numbers; what is removed is gone alone."""
    write(store, "trip", step(1))
    write(store, "book", step(1), step(2))
    write(store, "trip", step(1, of="v"), tenant="v")
    assert logs_of(store.engine.tenant_reader("u"), "u") == ["book", "trip"]
    with store.engine.write("u") as cursor:
        assert remove(cursor, "u", "book") == 2
    assert logs_of(store.engine.tenant_reader("u"), "u") == ["trip"]
    with store.engine.write("u") as cursor:
        assert remove(cursor, "u") == 1
    assert steps_after(store.engine.tenant_reader("v"), "v", "trip") == [step(1, of="v")]


def test_a_step_has_a_checksum(store: Store) -> None:
    """The checksum is that of the values of its row."""
    write(store, "trip", step(1, a=1))
    fields = ", ".join(STEP_FIELDS)
    *values, checksum = store.engine.read(f"SELECT {fields}, checksum FROM steps")[0]
    assert of_values(values) == checksum


def test_a_damaged_step_says_so(store: Store) -> None:
    """Data that is no data is an error that says what to do."""
    write(store, "trip", step(1))
    with store.engine.write("u") as cursor:
        cursor.run("UPDATE steps SET value = '{' WHERE number = 1")
    with pytest.raises(StoreError, match=r"Step 1 .* damaged"):
        steps_after(store.engine.read, "u", "trip")
