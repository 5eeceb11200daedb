"""Rows that no longer are what was written, found by their checksums.

A row that a disk has changed may keep its neighbours from being read, so a chunk that fails is read
again in halves, down to single rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from combray.core.errors import NotADatabase, StoreBusy, StoreError
from combray.core.items import Event, Item
from combray.store.engine import Row, Run
from combray.store.tables.checksums import (
    CALL_FIELDS,
    EVENT_FIELDS,
    JOB_FIELDS,
    of_values,
    of_vector,
)
from combray.store.tables.rows import CHUNK, ITEM_FIELDS, event_from_row, item_from_row

JOB_STATES = ("waiting", "running", "failed")
GENERATION_STATES = ("active", "building", "old")
_ITEMS = f"SELECT seq, {', '.join(ITEM_FIELDS)}, checksum FROM items WHERE tenant = ? AND seq > ?"
_EVENTS = (
    f"SELECT seq, {', '.join(EVENT_FIELDS)}, checksum FROM events WHERE tenant = ? AND seq > ?"
)
_JOBS = f"SELECT seq, {', '.join(JOB_FIELDS)}, checksum FROM jobs WHERE seq > ?"
_CALLS = f"SELECT seq, {', '.join(CALL_FIELDS)}, checksum FROM ledger WHERE seq > ?"
_VECTORS = (
    "SELECT v.item_seq, v.data, v.checksum, i.id FROM vectors v JOIN items i "
    "ON i.tenant = v.tenant AND i.seq = v.item_seq "
    "WHERE v.tenant = ? AND v.generation = ? AND v.item_seq > ?"
)


@dataclass(frozen=True)
class Checked:
    """The items and events of a tenant: the sound ones, and the numbers and ids of the damaged.

    `doubtful` are damaged items that can be read all the same, by number.
    """

    items: list[Item] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    doubtful: dict[int, Item] = field(default_factory=dict)
    bad_items: dict[int, str] = field(default_factory=dict)
    bad_events: dict[int, str] = field(default_factory=dict)

    @property
    def held(self) -> list[Item]:
        """Every item that can be read."""
        return [*self.items, *self.doubtful.values()]


def check_rows(run: Run, tenant: str) -> Checked:
    """Read the items and events of a tenant with their checksums."""
    found = Checked()
    for seq, row in every_row(run, _ITEMS, "seq", tenant):
        sound = row is not None and of_values(row[1:-1]) == row[-1]
        item = None if row is None else _read(item_from_row, row[:-1])
        if item is not None and sound:
            found.items.append(item)
            continue
        found.bad_items[seq] = _id_at(run, "items", "id", seq) if row is None else str(row[1])
        if item is not None:
            found.doubtful[seq] = item
    for seq, row in every_row(run, _EVENTS, "seq", tenant):
        sound = row is not None and of_values(row[1:-1]) == row[-1]
        event = None if row is None else _read(event_from_row, (seq, *row[2:-1]))
        if event is not None and sound:
            found.events.append(event)
        else:
            name = _id_at(run, "events", "item_id", seq) if row is None else str(row[3])
            found.bad_events[seq] = name
    return found


def bad_vectors(run: Run, tenant: str) -> Iterator[tuple[int, int, str]]:
    """Generation, number and item of each damaged vector of a tenant."""
    generations = run("SELECT DISTINCT generation FROM vectors WHERE tenant = ?", (tenant,))
    for (generation,) in generations:
        for seq, row in every_row(run, _VECTORS, "v.item_seq", tenant, generation):
            if row is None or of_vector(_bytes(row[1]), str(row[3])) != row[2]:
                yield generation, seq, "unknown" if row is None else str(row[3])


def bad_jobs(run: Run) -> Iterator[int]:
    """The numbers of the jobs that are not what was queued, or say nothing anybody could do."""
    for seq, row in every_row(run, _JOBS, "seq"):
        job = {} if row is None else dict(zip(JOB_FIELDS, row[1:-1], strict=True))
        if row is None or of_values(job.values()) != row[-1]:
            yield seq
        elif job["state"] not in JOB_STATES or not _is_object(job["payload"]):
            yield seq


def bad_calls(run: Run) -> Iterator[int]:
    """The numbers of the calls in the ledger that are not what was entered."""
    for seq, row in every_row(run, _CALLS, "seq"):
        if row is None or of_values(row[1:-1]) != row[-1]:
            yield seq


def bad_generations(run: Run) -> list[str]:
    """The states of generations that are none, or that only one may have."""
    states = [str(row[0]) for row in run("SELECT state FROM generations ORDER BY seq", ())]
    odd = [state for state in states if state not in GENERATION_STATES]
    return odd or (states if states.count("active") > 1 else [])


def every_row(run: Run, query: str, number: str, *args: Any) -> Iterator[tuple[int, Row | None]]:
    """Read the rows of a query in the order of their numbers, its first column.

    Yields None for a row that cannot be read. Raises NotADatabase when there is no going on.
    """
    last, limit = -(2**63), CHUNK
    while True:
        try:
            rows = run(f"{query} ORDER BY {number} LIMIT {limit}", (*args, last))
        except StoreBusy:
            raise
        except StoreError:
            if limit > 1:
                limit //= 2
                continue
            rest = query[query.index(" FROM ") :]
            rows = run(f"SELECT {number}{rest} ORDER BY {number} LIMIT 1", (*args, last))
            for row in rows:
                last = _after(last, row[0])
                yield last, None
        else:
            for row in rows:
                last = _after(last, row[0])
                yield last, row
        if len(rows) < limit:
            return
        limit = CHUNK


def _after(last: int, number: object) -> int:
    """The number of the next row; rows that do not come in their order would never end."""
    if not isinstance(number, int) or number <= last:
        raise NotADatabase(
            f"The database is damaged: its rows are not in their order near {number!r:.20}. "
            "Nothing was changed. Restore a backup."
        )
    return number


def _read(make: Any, row: Row) -> Any:
    """What a row says; None when it says nothing."""
    try:
        return make(row)
    except StoreError:
        return None


def _is_object(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except (ValueError, RecursionError):
        return False


def _bytes(data: object) -> bytes:
    return data.encode() if isinstance(data, str) else bytes(data)  # type: ignore[call-overload]


def _id_at(run: Run, table: str, name: str, seq: int) -> str:
    try:
        rows = run(f"SELECT {name} FROM {table} WHERE seq = ?", (seq,))
    except StoreError:
        rows = []
    return str(rows[0][0]) if rows else "unknown"
