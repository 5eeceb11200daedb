"""Rows on their way in: staged a few at a time, then moved by one statement for each table.

They are staged in temporary tables of the connection that writes, which no other connection sees
and which end with it, so a process that is killed leaves nothing. Where another connection writes
in the end, because the first was replaced, the rows are inserted as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from combray.core.errors import StoreError
from combray.core.ids import new_id
from combray.store.engine import Cursor, Engine

LEAST = 1000
"""So many rows of a table are inserted as they are."""
STEP, PAUSE = 4000, 0.1
"""Rows that are staged at once, and the seconds that others have to write before the next."""
_MINE = {
    "sqlite": "SELECT name FROM sqlite_temp_master WHERE name LIKE ?",
    "postgresql": "SELECT relname::text FROM pg_class "
    "WHERE relnamespace = pg_my_temp_schema() AND relname LIKE ?",
}
"""The temporary tables of a connection, by kind of database."""
_PLACE = {"sqlite": "rowid", "postgresql": "ctid"}
"""The column that tells the order in which rows were inserted."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table, and the columns that they fill."""

    table: str
    columns: tuple[str, ...]
    values: Sequence[Sequence[Any]]

    def put(self, cursor: Cursor) -> None:
        """Insert all rows."""
        _insert(cursor, self.table, self.columns, self.values)


Put = Callable[[Cursor, Sequence[Rows]], None]


@contextmanager
def staged(engine: Engine, tables: Sequence[Rows]) -> Iterator[Put]:
    """Stage rows before the transaction that the block opens; return what puts them in inside it.

    It moves what was staged, and inserts other rows as they are, and all in a kind of database that
    is not known here.
    """
    mark, kind = f"staged_{new_id().replace('-', '')}_", engine.dialect.name
    large = [rows for rows in tables if len(rows.values) > LEAST and kind in _MINE]

    def put(cursor: Cursor, wanted: Sequence[Rows]) -> None:
        for rows in wanted:
            columns, name = ", ".join(rows.columns), mark + rows.table
            if any(rows is one for one in large) and _is_whole(
                cursor, kind, name, len(rows.values)
            ):
                every = f"SELECT {columns} FROM {name} ORDER BY {_PLACE[kind]}"
                cursor.run(f"INSERT INTO {rows.table} ({columns}) {every}")
            else:
                rows.put(cursor)

    try:
        for rows in large:
            _stage(engine, rows, mark + rows.table)
        yield put
    finally:
        if large:
            with suppress(StoreError), engine.write() as cursor:
                for (name,) in cursor.run(_MINE[kind], (f"{mark}%",)):
                    cursor.run(f"DROP TABLE {name}")


def _stage(engine: Engine, rows: Rows, name: str) -> None:
    """Fill a temporary table; it is left incomplete where another connection goes on."""
    kind, columns = engine.dialect.name, ", ".join(rows.columns)
    with engine.write() as cursor:
        cursor.run(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {rows.table} LIMIT 0")
    for start in range(0, len(rows.values), STEP):
        with engine.write() as cursor:
            if not cursor.run(_MINE[kind], (name,)):
                return
            _insert(cursor, name, rows.columns, rows.values[start : start + STEP])
        time.sleep(PAUSE)


def _is_whole(cursor: Cursor, kind: str, name: str, count: int) -> bool:
    """Whether a connection has a temporary table with so many rows."""
    if not cursor.run(_MINE[kind], (name,)):
        return False
    return bool(cursor.run(f"SELECT count(*) FROM {name}")[0][0] == count)


def _insert(
    cursor: Cursor, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]]
) -> None:
    marks = ", ".join("?" * len(columns))
    cursor.run_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
