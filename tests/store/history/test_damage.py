"""What a disk changes is found by checksums, row by row, and nothing about it is endless or raw."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from combray import Memory
from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import NotADatabase, StoreBusy, StoreError
from combray.store.engine import Row
from combray.store.history.damage import bad_jobs, check_rows
from combray.store.history.mend import mend
from combray.store.history.verify import verify
from combray.store.store import Store
from combray.store.tables import jobs, ledger, vectors
from combray.store.tables.checksums import CALL_FIELDS, JOB_FIELDS
from combray.store.tables.every_row import every_row
from combray.testing.base import item, put
from tests.store.history.flips import filled, flipped
from tests.store.tables.test_ledger import call
from tests.words import Words


def test_flipped_bits_are_found(tmp_path: Path) -> None:
    """Of sixty files with one flipped bit each none is silent, endless or ends in a raw error."""
    outcomes = flipped(filled(tmp_path / "whole.db"), tmp_path / "memory.db", 60, seed=20)
    assert outcomes["silent"] == 0
    assert outcomes["found"] > 5
    assert outcomes.total() == 60


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_seven_hundred_flipped_bits_are_found(tmp_path: Path) -> None:
    """The same with seven hundred."""
    outcomes = flipped(filled(tmp_path / "whole.db"), tmp_path / "memory.db", 700, seed=7)
    assert outcomes["silent"] == 0
    assert outcomes.total() == 700


@pytest.fixture
def told(store: Store) -> Store:
    """Three items, one of them derived, with vectors."""
    one, _ = put(store, [item("one"), item("two")])
    about = {"functional": True, "subject": "Ann", "relation": "lives in"}
    work = [NewJob(kind="k", payload={"ids": ["a"]}), NewJob(kind="k", payload={})]
    put(store, [item("fact", kind="fact", sources=(one.id,), metadata=about)], jobs=work)
    jobs.fail(store.engine, jobs.jobs(store.engine)[0], "No.")
    read = NewJob(kind="mem0", payload={"ids": [one.id]})
    store.apply(ChangeSet(tenant="u", actor="test", jobs=[read]))
    with store.engine.write() as cursor:
        jobs.finish(cursor, jobs.jobs(store.engine)[-1])
    for n in range(2):
        ledger.record(store.engine, call(n))
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((3, 2), np.float32))
    return store


SPOILT = {
    "a field of an item": "UPDATE items SET created_by = 'x' WHERE text = 'two'",
    "a field that history lacks": "UPDATE items SET digest = 'x' WHERE text = 'two'",
    "metadata that is no JSON": "UPDATE items SET metadata = '{' WHERE text = 'fact'",
    "a status that is none": "UPDATE items SET status = 'lave' WHERE text = 'two'",
    "an id": "UPDATE items SET id = 'nobody' WHERE text = 'two'",
    "who changed it": "UPDATE events SET actor = 'mallory' WHERE seq = 2",
    "what it became": "UPDATE events SET after = '[' WHERE seq = 2",
    "whose event it is": "UPDATE events SET item_id = 'nobody' WHERE seq = 2",
    "a vector": "UPDATE vectors SET checksum = checksum + 1 WHERE item_seq = 2",
    "a lost citation": "DELETE FROM cites",
    "a citation too much": "INSERT INTO cites SELECT id, id FROM items WHERE text = 'two'",
    "a lost topic": "DELETE FROM topics",
    "another topic": "UPDATE topics SET topic = 'x'",
    "a state of vectors": "UPDATE generations SET state = 'acthve'",
    "a job": "INSERT INTO jobs (tenant, kind, payload, state, attempts, created_at, updated_at) "
    "VALUES ('u', 'k', '[', 'waiting', 0, 0, 0)",
    **{
        f"the {name} of a job": f"UPDATE jobs SET {name} = {value} WHERE seq = 1"
        for name, value in dict.fromkeys(JOB_FIELDS[:2], "'v'").items()
        | {"payload": "'{}'", "state": "'failed'", "error": "NULL"}.items()
        | dict.fromkeys(("attempts", *JOB_FIELDS[6:]), "3").items()
    },
    **{
        f"the {name} of a reading": f"UPDATE readings SET {name} = 'v'"
        for name in ("item_id", "actor", "tenant")
    },
    **{
        f"the {name} of a call": f"UPDATE ledger SET {name} = {value} WHERE seq = 1"
        for name, value in dict.fromkeys(CALL_FIELDS, "3").items()
    },
}


@pytest.mark.parametrize("what", sorted(SPOILT))
def test_every_kind_of_damage_is_found_and_mended(told: Store, what: str) -> None:
    """Verify names it, mend puts it right with nothing lost, and nothing is left to be done."""
    with told.engine.write() as cursor:
        cursor.run(SPOILT[what])
    assert not verify(told).ok
    assert mend(told) >= 1
    assert verify(told).problems == ()
    assert mend(told) == 0
    left = {i.text: i for i in told.items("u")}
    assert set(left) == {"one", "two", "fact"}
    assert [f.id for f in told.citing("u", [left["one"].id])] == [left["fact"].id]


def test_a_damaged_item_is_written_as_its_history_tells(told: Store) -> None:
    """In its place, under its own id; of the two sides the one with a sound checksum is right."""
    before = told.items("u")
    for statement in ("an id", "a status that is none"):
        with told.engine.write() as cursor:
            cursor.run(SPOILT[statement])
        mend(told)
        assert told.items("u") == before
    with told.engine.write() as cursor:
        cursor.run("UPDATE events SET after = replace(after, 'two', 'six')")
    mend(told)
    assert told.items("u") == before
    assert told.events("u")[-1].actor == "repair"


def test_what_nothing_tells_of_is_lost_alone(told: Store) -> None:
    """An item whose row says nothing, and whose history is damaged too, is given up."""
    with told.engine.write() as cursor:
        cursor.run(SPOILT["metadata that is no JSON"])
        cursor.run("UPDATE events SET after = '[' WHERE seq = 3")
    mend(told)
    assert {i.text for i in told.items("u")} == {"one", "two"}
    assert verify(told).problems == ()


def test_an_erasure_whose_event_is_damaged_stays_one(told: Store) -> None:
    """The event is kept, so that an old export does not bring the item back."""
    with told.engine.write() as cursor:
        cursor.run("DELETE FROM items WHERE text = 'two'")
        cursor.run(
            "UPDATE events SET op = 'erase', before = NULL, after = NULL, actor = 'x' WHERE seq = 2"
        )
    assert any("event 2" in problem for problem in verify(told).problems)
    mend(told)
    assert [event.op for event in told.events("u")][1] == "erase"
    assert {i.text for i in told.items("u")} == {"one", "fact"}
    assert verify(told).problems == ()


def test_two_patches_of_one_item_leave_a_sound_row(told: Store) -> None:
    """The checksum is that of the row after both."""
    from combray.core.changes import Patch

    one = told.items("u")[0]
    patches = [
        Patch(id=one.id, fields={"count": 2}, op="count"),
        Patch(id=one.id, fields={"strength": 2}, op="strengthen"),
    ]
    told.apply(ChangeSet(tenant="u", actor="t", patches=patches))
    assert verify(told).problems == ()
    assert check_rows(told.engine.tenant_reader("u"), "u").bad_items == {}


def test_a_row_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Bytes that are no text: the row is named, mended from its history, and all else is read."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        ids = [i.id for i in memory.add([f"heron {n}" for n in range(9)], user_id="u")]
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE items SET text = CAST(x'ff00' AS TEXT) WHERE id = ?", (ids[4],))
        db.commit()
    with Memory(path, embedder=Words()) as memory:
        (problem, *_) = memory.verify().problems
        assert ids[4] in problem
        memory.repair()
        assert memory.verify().problems == ()
        assert [i.id for i in memory.list(user_id="u")][::-1] == ids
        assert memory.get(ids[4]).text == "heron 4"


def test_a_table_with_other_columns_is_named(tmp_path: Path) -> None:
    """A bit in the description of a table is one in no row."""
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Words()) as memory:
        memory.add("heron", user_id="u")
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE ledger RENAME COLUMN usd TO usc")
        db.commit()
    with Memory(path, embedder=Words()) as memory:
        assert memory.verify().problems == ("table ledger is not as it was made",)


def reader(*answers: object) -> Callable[..., list[Row]]:
    """A database that answers as it is told, an error or rows, and then nothing."""
    given = list(answers)

    def run(sql: str, args: object = ()) -> list[Row]:
        answer = given.pop(0) if given else []
        if isinstance(answer, StoreError):
            raise answer
        assert isinstance(answer, list)
        return answer

    return run


def test_rows_out_of_their_order_end_in_an_error() -> None:
    """Whatever a damaged file answers, reading it makes progress or ends."""
    query = "SELECT seq FROM items WHERE seq > ?"
    with pytest.raises(NotADatabase, match="not in their order"):
        list(every_row(reader([(2,), (1,)]), query, "seq"))
    with pytest.raises(NotADatabase, match="not in their order"):
        list(every_row(reader([("x",)]), query, "seq"))
    with pytest.raises(StoreBusy):
        list(every_row(reader(StoreBusy("held")), query, "seq"))
    always = [StoreError("no")] * 9
    assert list(every_row(reader(*always, [(7,)], [(8,)]), query, "seq")) == [(7, None), (8, (8,))]


def test_jobs_are_sound(told: Store) -> None:
    """A job as it is queued is none of the damaged."""
    assert len(jobs.jobs(told.engine)) == 2
    assert list(bad_jobs(told.engine.read)) == []


def test_a_damaged_call_is_dropped_alone(told: Store) -> None:
    """What it cost is known from nowhere else; the others stay."""
    with told.engine.write() as cursor:
        cursor.run("UPDATE ledger SET tokens_in = 2000000000 WHERE seq = 1")
    assert verify(told).problems == ("call 1 of the ledger is damaged",)
    assert mend(told) == 1
    assert ledger.calls(told.engine) == [call(1)]
