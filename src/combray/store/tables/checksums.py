"""Checksums of rows, made when they are written: `verify` names what a disk changed since.

A checksum is the CRC-32 of the values of a row, which notices every single bit. It is no proof
against somebody who writes to the file: whoever changes a row can change its checksum too.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from combray.store.engine import Cursor
from combray.store.tables.every_row import readable_rows
from combray.store.tables.rows import CHUNK, ITEM_FIELDS, item_values

EVENT_FIELDS = (
    "tenant", "change_id", "item_id", "op", "at", "actor", "why", "before", "after",
)  # fmt: skip
JOB_FIELDS = (
    "tenant", "kind", "payload", "state", "attempts", "error", "created_at", "updated_at", "due_at",
)  # fmt: skip
CALL_FIELDS = (
    "at", "tenant", "system", "step", "model", "tokens_in", "tokens_out", "ms", "usd", "outcome",
)  # fmt: skip
READING_FIELDS = ("item_id", "actor", "tenant")
FIELDS = {
    "items": ITEM_FIELDS, "events": EVENT_FIELDS, "jobs": JOB_FIELDS, "ledger": CALL_FIELDS,
    "readings": READING_FIELDS,
}  # fmt: skip
"""The columns that the checksum of a row is made of, by table."""
PUT_ITEM = (
    f"INSERT INTO items ({', '.join(ITEM_FIELDS)}, checksum) "
    f"VALUES ({', '.join('?' * (len(ITEM_FIELDS) + 1))})"
)
PUT_EVENT = (
    f"INSERT INTO events ({', '.join(EVENT_FIELDS)}, checksum) "
    f"VALUES ({', '.join('?' * (len(EVENT_FIELDS) + 1))})"
)
_STRENGTH = ITEM_FIELDS.index("strength")


def of_values(values: Iterable[Any]) -> int:
    """The checksum of the values of a row."""
    return zlib.crc32("\x1f".join(map(str, values)).encode("utf-8", "surrogatepass"))


def of_vector(data: bytes, item_id: str) -> int:
    """The checksum of a vector, which is that of one item."""
    return zlib.crc32(data, zlib.crc32(item_id.encode()))


def with_checksum(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a row with their checksum behind them."""
    return (*values, of_values(values))


def item_row(item: Any) -> tuple[Any, ...]:
    """The values of ITEM_FIELDS and their checksum."""
    values = list(item_values(item))
    # A whole number, and zero with a minus, come back from their column as another text.
    values[_STRENGTH] = float(values[_STRENGTH]) + 0.0
    return with_checksum(values)


def stamp(cursor: Cursor, table: str, seqs: Iterable[int]) -> None:
    """Make the checksums of rows that were changed on purpose."""
    query = f"SELECT {', '.join(FIELDS[table])} FROM {table} WHERE seq = ?"
    for seq in seqs:
        rows = cursor.run(query, (seq,))
        cursor.run_many(
            f"UPDATE {table} SET checksum = ? WHERE seq = ?",
            [(of_values(row), seq) for row in rows],
        )


def fill(cursor: Cursor, tables: Iterable[str]) -> None:
    """Make the checksums of all rows of some tables, as they are; what cannot be read gets none."""
    for table in tables:
        query = f"SELECT seq, {', '.join(FIELDS[table])} FROM {table} WHERE seq > ?"
        rows = readable_rows(cursor.run, query)
        _update(
            cursor,
            f"UPDATE {table} SET checksum = ? WHERE seq = ?",
            ((of_values(row[1:]), seq) for seq, row in rows),
        )


def fill_vectors(cursor: Cursor) -> None:
    """Make the checksums of all vectors, as they are."""
    for (generation,) in cursor.run("SELECT seq FROM generations"):
        query = (
            "SELECT v.item_seq, v.data, i.id FROM vectors v JOIN items i ON i.tenant = v.tenant "
            f"AND v.generation = {int(generation)} AND v.item_seq = i.seq WHERE v.item_seq > ?"
        )
        rows = readable_rows(cursor.run, query, "v.item_seq")
        _update(
            cursor,
            f"UPDATE vectors SET checksum = ? WHERE generation = {generation} AND item_seq = ?",
            ((of_vector(as_bytes(data), str(id_)), seq) for seq, (_, data, id_) in rows),
        )


def as_bytes(data: object) -> bytes:
    """The bytes of a vector, which damage may have made text."""
    return data.encode() if isinstance(data, str) else bytes(data)  # type: ignore[call-overload]


def _update(cursor: Cursor, statement: str, values: Iterator[tuple[int, int]]) -> None:
    """Write checksums, some rows at a time."""
    while chunk := list(islice(values, CHUNK)):
        cursor.run_many(statement, chunk)
