"""Laws of the engine: transactions, values, migrations."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from combray.core.errors import NotADatabase, StoreError
from combray.store.store import Store
from combray.store.tables.schema import MIGRATIONS, migrate, table_names
from combray.testing.base import StoreLaw

_JOB = (
    "INSERT INTO jobs (tenant, kind, payload, state, attempts, created_at, updated_at, due_at) "
    "VALUES (?, ?, '{}', 'waiting', ?, ?, ?, ?)"
)


class EngineLaws(StoreLaw):
    """A block of writes happens whole or not at all, and what was put comes back as it was."""

    @pytest.mark.parametrize(
        "text",
        ["", 'it\'s "so" 100% ?', "žluťoučký 日本語 👩‍👧", "a\nb\tc\\d", "$1 %s"],
    )
    def test_texts_come_back_as_they_were_put(self, place: Any, text: str) -> None:
        """Quotes, percent signs, question marks and any script survive."""
        with self._store(place) as store:
            with store.engine.write("t") as cursor:
                cursor.run(_JOB, (text, "k", 0, 0, 0, 0))
                assert cursor.run("SELECT tenant FROM jobs WHERE tenant = ?", (text,)) == [(text,)]
            assert store.engine.read("SELECT tenant FROM jobs") == [(text,)]

    def test_numbers_and_bytes_come_back_as_they_were_put(self, place: Any) -> None:
        """Whole numbers of 64 bits, nothing at all, exact fractions and any bytes."""
        big, fraction, data = 2**62, 0.1 + 0.2, bytes(range(256))
        with self._store(place) as store:
            with store.engine.write() as cursor:
                cursor.run(
                    "INSERT INTO links (tenant, src, dst, kind, weight, valid_from, valid_to, "
                    "known_from, known_to, sources) VALUES ('t', 'a', 'b', 'k', ?, ?, ?, ?, ?, '')",
                    (fraction, -big, None, big, 0),
                )
                cursor.run("INSERT INTO vectors VALUES ('t', ?, ?, ?, 0)", (1, big, data))
            (numbers,) = store.engine.read(
                "SELECT weight, valid_from, valid_to, known_from, known_to FROM links"
            )
            assert numbers == (fraction, -big, None, big, 0)
            ((seq, kept),) = store.engine.read("SELECT item_seq, data FROM vectors")
            assert (seq, bytes(kept)) == (big, data)

    def test_marks_inside_quotes_are_not_parameters(self, place: Any) -> None:
        """`?` and `%` inside a literal of the statement are letters."""
        with self._store(place) as store:
            query = "SELECT name FROM meta WHERE name <> '?%s' AND name LIKE 'v%' AND name = ?"
            assert store.engine.read(query, ("version",)) == [("version",)]

    def test_a_block_that_raises_leaves_nothing(self, place: Any) -> None:
        """Everything before the error is rolled back, and the next block works."""
        with self._store(place) as store:
            with pytest.raises(ZeroDivisionError):
                _half(store, "SELECT 1")
            assert store.engine.read("SELECT * FROM jobs") == []
            with store.engine.write("t") as cursor:
                cursor.run_many(_JOB, [("t", "k", n, 0, 0, 0) for n in range(3)])
            assert store.engine.read("SELECT count(*) FROM jobs") == [(3,)]

    def test_a_refused_statement_is_our_error(self, place: Any) -> None:
        """A statement that the database refuses raises StoreError and undoes the block."""
        with self._store(place) as store:
            with pytest.raises(StoreError):
                _half(store, "INSERT INTO generations VALUES (1, NULL, 1, 'active')")
            assert store.engine.read("SELECT * FROM jobs") == []
            with pytest.raises(StoreError):
                store.engine.read("SELECT * FROM no_such_table")
            assert store.engine.read("SELECT count(*) FROM jobs") == [(0,)]

    def test_a_reader_sees_only_what_is_committed(self, place: Any) -> None:
        """Between the first statement and the commit others see the state before."""
        with self._store(place) as store, self._engine(place) as other:
            with store.engine.write("t") as cursor:
                cursor.run(_JOB, ("t", "k", 0, 0, 0, 0))
                assert other.read("SELECT count(*) FROM jobs") == [(0,)]
                assert store.engine.read("SELECT count(*) FROM jobs") == [(0,)]
            assert other.read("SELECT count(*) FROM jobs") == [(1,)]

    def test_many_rows_of_none_are_fine(self, place: Any) -> None:
        """`run_many` without rows does nothing."""
        with self._store(place) as store:
            with store.engine.write("t") as cursor:
                cursor.run_many(_JOB, [])
            assert store.engine.read("SELECT count(*) FROM jobs") == [(0,)]

    def test_a_closed_store_says_so(self, place: Any) -> None:
        """After `close` a read is refused in our words, and closing twice is fine."""
        with self._store(place) as store:
            pass
        with pytest.raises(StoreError, match="closed"):
            store.engine.read("SELECT 1")
        store.close()

    def test_the_tables_are_made_once_by_many(self, place: Any) -> None:
        """Four that open an empty place at once find one set of tables, all of it."""
        together = Barrier(4)

        def opened(_: int) -> list[Any]:
            with self._engine(place) as engine:
                together.wait(30)
                migrate(engine)
                for table in table_names(engine):
                    engine.read(f"SELECT count(*) FROM {table}")
                return engine.read("SELECT value FROM meta WHERE name = 'version'")

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(opened, range(4))) == [[(str(len(MIGRATIONS)),)]] * 4

    @pytest.mark.parametrize("spoil", ["newer", "foreign", "unmarked"])
    def test_anothers_database_is_left_alone(self, place: Any, spoil: str) -> None:
        """Tables of a newer version, or of another program, are refused and not changed."""
        with self._engine(place) as engine:
            _SPOIL[spoil](engine)
            with pytest.raises(NotADatabase):
                Store(engine)

    def test_the_address_is_shown(self, place: Any) -> None:
        """`location` is a text that names the place."""
        with self._engine(place) as engine:
            assert isinstance(engine.location, str)
            assert engine.location

    def test_the_database_checks_itself(self, place: Any) -> None:
        """A sound database has no complaints, and takes space."""
        with self._store(place) as store:
            assert store.engine.check() == []
            assert store.engine.size() > 0


def _half(store: Store, statement: str) -> None:
    """A block that writes, runs a statement and fails."""
    with store.engine.write("t") as cursor:
        cursor.run(_JOB, ("t", "k", 0, 0, 0, 0))
        cursor.run(statement)
        raise ZeroDivisionError


def _newer(engine: Any) -> None:
    migrate(engine)
    with engine.write() as cursor:
        cursor.run("UPDATE meta SET value = '99999' WHERE name = 'version'")


def _foreign(engine: Any) -> None:
    with engine.write() as cursor:
        cursor.run("CREATE TABLE accounts (id BIGINT)")


def _unmarked(engine: Any) -> None:
    migrate(engine)
    with engine.write() as cursor:
        cursor.run("UPDATE meta SET value = 'another' WHERE name = 'application'")


_SPOIL: dict[str, Callable[[Any], None]] = {
    "newer": _newer,
    "foreign": _foreign,
    "unmarked": _unmarked,
}
