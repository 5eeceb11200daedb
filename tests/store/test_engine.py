"""What every engine promises to many threads: whole changes, one moment, one order."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from combray.core.errors import StoreError
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.store import Store
from combray.testing.base import item, put
from tests.store.failing import failing

_TOPIC = "INSERT INTO topics (tenant, topic, item_id) VALUES (?, ?, ?)"
_COUNT = "SELECT count(*) FROM topics"


def test_an_engine_is_known_by_its_methods(engine: Engine) -> None:
    """A store takes whatever has them all, and nothing else."""
    assert isinstance(engine, Engine)
    assert not isinstance(object(), Engine)
    assert engine.dialect.name in ("sqlite", "postgresql")


def test_a_statement_without_rows_returns_none(engine: Engine) -> None:
    """An insert gives an empty list, with RETURNING its rows."""
    with engine.write("u") as cursor:
        assert cursor.run(_TOPIC, ("u", "a", "1")) == []
        assert cursor.run(f"{_TOPIC} RETURNING topic", ("u", "b", "1")) == [("b",)]


def test_rows_come_from_any_iterable(engine: Engine) -> None:
    """A generator of parameters is used up, once."""
    with engine.write("u") as cursor:
        cursor.run_many(_TOPIC, (("u", str(n), "1") for n in range(700)))
    assert engine.read(_COUNT) == [(700,)]


def test_one_bad_row_of_many_undoes_all(engine: Engine) -> None:
    """A key that is taken is our error, and nothing of the block is left."""
    with pytest.raises(StoreError), engine.write("u") as cursor:
        cursor.run_many(_TOPIC, [("u", "a", "1"), ("u", "b", "1"), ("u", "a", "1")])
    assert engine.read(_COUNT) == [(0,)]
    with engine.write("u") as cursor:
        cursor.run(_TOPIC, ("u", "a", "1"))
    assert engine.read(_COUNT) == [(1,)]


def test_an_interruption_rolls_back(engine: Engine) -> None:
    """Also what is no error: the block of a program that is stopped leaves nothing."""
    with pytest.raises(KeyboardInterrupt):
        failing(engine, lambda c: c.run(_TOPIC, ("u", "a", "1")), KeyboardInterrupt)
    assert engine.read(_COUNT) == [(0,)]


def test_a_read_snapshot_does_not_move(location: str, engine: Engine) -> None:
    """What another connection commits meanwhile is seen after it, not inside it."""
    other = connect(location)
    with engine.read_snapshot("u") as run:
        assert run(_COUNT, ()) == [(0,)]
        with other.engine.write("u") as cursor:
            cursor.run(_TOPIC, ("u", "a", "1"))
        assert run(_COUNT, ()) == [(0,)]
        assert other.engine.read(_COUNT) == [(1,)]
    with engine.read_snapshot("u") as run:
        assert run(_COUNT, ()) == [(1,)]
    other.close()


def test_a_read_snapshot_ends_also_when_its_block_raises(engine: Engine) -> None:
    """The next read sees what was written since."""

    def fails() -> None:
        with engine.read_snapshot("u") as run:
            run(_COUNT, ())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with engine.write("u") as cursor:
        cursor.run(_TOPIC, ("u", "a", "1"))
    assert engine.read(_COUNT) == [(1,)]
    with engine.read_snapshot("u") as run:
        assert run(_COUNT, ()) == [(1,)]


def test_a_snapshot_streams_one_moment(location: str, engine: Engine) -> None:
    """Rows are drawn one by one while another writes, and are those of the beginning."""
    with engine.write() as cursor:
        cursor.run_many(_TOPIC, (("u", f"{n:05}", "1") for n in range(5000)))
    other = connect(location)
    with engine.snapshot() as rows_of:
        rows = rows_of("SELECT topic FROM topics ORDER BY topic")
        seen = [next(rows)[0]]
        with other.engine.write() as cursor:
            cursor.run("DELETE FROM topics")
        seen += [row[0] for row in rows]
        assert list(rows_of(_COUNT)) == [(5000,)]
    assert seen == [f"{n:05}" for n in range(5000)]
    assert engine.read(_COUNT) == [(0,)]
    other.close()


def test_threads_queue_and_none_is_lost(engine: Engine) -> None:
    """Eight that count up in turn, each reading before it writes, end at the right number."""
    with engine.write("u") as cursor:
        cursor.run(_TOPIC, ("u", "n", "0"))

    def count(_: int) -> None:
        for _ in range(10):
            with engine.write("u") as cursor:
                ((value,),) = cursor.run("SELECT item_id FROM topics WHERE topic = 'n'")
                cursor.run("UPDATE topics SET item_id = ?", (str(int(value) + 1),))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert engine.read("SELECT item_id FROM topics") == [("80",)]


def test_reads_do_not_wait_for_a_writer(engine: Engine) -> None:
    """A thread that reads while a transaction stands open gets the state before it."""
    read, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with engine.write("u") as cursor:
            cursor.run(_TOPIC, ("u", "a", "1"))
            read.set()
            go_on.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert read.wait(20)
    assert engine.read(_COUNT) == [(0,)]
    assert engine.tenant_reader("u")(_COUNT, ()) == [(0,)]
    go_on.set()
    writer.join()
    assert engine.read(_COUNT) == [(1,)]


def test_a_write_for_no_tenant_waits_for_all(location: str, engine: Engine) -> None:
    """Who changes everything, such as an import, meets no half of somebody's change."""
    other = connect(location)
    inside, done = threading.Event(), threading.Event()

    def everything() -> None:
        inside.wait(20)
        with other.engine.write() as cursor:
            cursor.run("UPDATE topics SET item_id = '2'")
        done.set()

    waiting = threading.Thread(target=everything)
    waiting.start()
    with engine.write("u") as cursor:
        inside.set()
        cursor.run(_TOPIC, ("u", "a", "1"))
        assert not done.wait(0.1)
        cursor.run(_TOPIC, ("u", "b", "1"))
    waiting.join(20)
    assert engine.read("SELECT DISTINCT item_id FROM topics") == [("2",)]
    other.close()


def test_closing_is_for_good_and_for_all_threads(store: Store) -> None:
    """Every later read and write is refused in our words, also in a thread that had read."""
    put(store, [item("x")])
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(store.tenants).result() == ["u"]
        store.close()
        with pytest.raises(StoreError):
            pool.submit(store.tenants).result()
    with pytest.raises(StoreError):
        put(store, [item("y")])
    store.close()


def test_a_shrunken_store_is_smaller(location: str, engine: Engine) -> None:
    """What was deleted takes space until `compact`, which keeps the rest."""
    with engine.write() as cursor:
        cursor.run_many(_TOPIC, (("u", f"{n}", os.urandom(1000).hex()) for n in range(500)))
        cursor.run(_TOPIC, ("u", "kept", "1"))
    full = engine.size()
    with engine.write() as cursor:
        cursor.run("DELETE FROM topics WHERE topic <> 'kept'")
    engine.compact()
    assert engine.size() < full / 2
    assert engine.read("SELECT topic FROM topics") == [("kept",)]
    assert engine.check() == []
