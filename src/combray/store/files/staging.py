"""Rows on their way in: staged a few at a time, then moved many at a time in one transaction.

They are staged in temporary tables of the connection that writes, which no other connection sees
and which end with it, so a process that is killed leaves nothing. Where another connection writes
in the end, because the first was replaced, or no temporary table may be made, the rows are inserted
as they are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from combray.core.errors import StoreBusy, StoreError, StoreReadOnly
from combray.core.ids import new_id
from combray.store.engine import Cursor, Engine

_log = logging.getLogger("combray")
LEAST = 1000
"""So many rows of a table are inserted as they are."""
STEP, PAUSE = 4000, 0.1
"""Rows that are staged at once, and the seconds that others have to write before the next."""
MOVED, HELD_SECONDS = 20_000, 20.0
"""Rows that are moved at once, and the seconds after which moving is given up; others give up
waiting after 30."""
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


Put = Callable[[Cursor, Sequence[Rows]], None]


@contextmanager
def staged(engine: Engine, tables: Sequence[Rows]) -> Iterator[Put]:
    """Stage rows before the transaction that the block opens; return what puts them in inside it.

    It moves what was staged, and inserts other rows as they are, and all in a kind of database that
    is not known here. It raises StoreBusy, and the transaction is undone, when that takes too long.
    """
    mark, kind = f"staged_{new_id().replace('-', '')}_", engine.dialect.name
    large = [rows for rows in tables if len(rows.values) > LEAST and kind in _MINE]

    def put(cursor: Cursor, wanted: Sequence[Rows]) -> None:
        until = time.monotonic() + HELD_SECONDS
        for rows in wanted:
            columns, name, size = ", ".join(rows.columns), mark + rows.table, len(rows.values)
            moves = any(rows is one for one in large) and _is_whole(cursor, kind, name, size)
            some = f"SELECT {columns} FROM {name} ORDER BY {_PLACE.get(kind)} LIMIT {MOVED} OFFSET"
            for start in range(0, size, MOVED):
                if moves:
                    cursor.run(f"INSERT INTO {rows.table} ({columns}) {some} {start}")
                else:
                    part = rows.values[start : start + MOVED]
                    _insert(cursor, rows.table, rows.columns, part)
                if time.monotonic() > until:
                    raise _too_long(engine)

    try:
        for rows in large:
            _stage(engine, rows, mark + rows.table)
        yield put
    finally:
        if large:
            _drop(engine, mark)


def _drop(engine: Engine, mark: str) -> None:
    """Drop what was staged; what cannot be dropped goes when its connection is closed."""
    try:
        with engine.write() as cursor:
            for (name,) in cursor.run(_MINE[engine.dialect.name], (f"{mark}%",)):
                cursor.run(f"DROP TABLE {name}")
    except StoreError as error:
        _log.warning("what was staged stays until %s is closed: %s", engine.location, error)


def _too_long(engine: Engine) -> StoreBusy:
    return StoreBusy(
        f"{engine.location}: to move the rows of the file in takes longer than {HELD_SECONDS:.0f} "
        "s, for which others would wait. Nothing was imported. Try again when the machine has less "
        "to do, or export user by user (user_id=…) and import those files."
    )


def _stage(engine: Engine, rows: Rows, name: str) -> None:
    """Fill a temporary table; it is left incomplete where another connection goes on."""
    kind, columns = engine.dialect.name, ", ".join(rows.columns)
    try:
        with engine.write() as cursor:
            cursor.run(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {rows.table} LIMIT 0")
    except StoreReadOnly:
        _log.info(
            "%s: no temporary table may be made (GRANT TEMP ON DATABASE), so that others wait "
            "longer for this import.",
            engine.location,
        )
        return
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
