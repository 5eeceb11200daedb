"""A whole database into another: the backup of a server is a file, and a file moves to a server.

Everything goes: items, links, both times, history, vectors, jobs. Numbers and ids stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from combray.core.errors import InputError
from combray.store.engine import Cursor, Engine, Row
from combray.store.tables.schema import LINEAGE, column_names, migrate, table_names

CHUNK = 2000
_OWN_META = ("version", "application")


def copy(source: Engine, target: Engine) -> dict[str, int]:
    """Copy all rows as of one moment into an empty database; returns how many of each table.

    Raises InputError, and changes nothing, when the target holds anything.
    """
    migrate(target)
    counts, columns = dict[str, int](), column_names()
    with source.snapshot() as rows_of, target.write() as cursor:
        # A copy is of the lineage of its source.
        cursor.run("DELETE FROM meta WHERE name = ?", (LINEAGE,))
        for table in table_names(target):
            if table != "meta" and cursor.run(f"SELECT 1 FROM {table} LIMIT 1"):
                raise InputError(
                    f"{target.location} holds memories already. Copy into an empty database."
                )
            some = columns[table]
            counts[table] = _fill(cursor, table, some, rows_of(f"SELECT {some} FROM {table}"))
        target.finish_schema(cursor)
    return counts


def _fill(cursor: Cursor, table: str, columns: str, rows: Iterator[Row]) -> int:
    count = 0
    for chunk in _chunks(rows):
        if table == "meta":
            chunk = [row for row in chunk if row[0] not in _OWN_META]
        if chunk:
            marks = ", ".join("?" * len(chunk[0]))
            cursor.run_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk)
        count += len(chunk)
    return count


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
