"""Erasing: everything that was made of some items leaves the database, and its bytes the file.

Unlike a deletion it keeps no history: of each erased item one event is left, without words, so that
other processes drop it too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from combray.core.changes import NewJob
from combray.core.ids import new_id
from combray.core.items import Item, Json
from combray.core.time import iso, now, to_datetime
from combray.store.engine import Cursor
from combray.store.tables.jobs import enqueue
from combray.store.tables.queries import items_citing

CHUNK = 500
REBUILD = "rebuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was erased: counts and hashes of ids, never words.

    `dropped` derived items shared sources with what was erased; those named in `rebuild` are made
    again by the next consolidate(). `left` names what could not be reached, such as a backup on a
    disk that is away, or a reader that holds the log open.
    """

    change_id: str
    at_us: int
    items: int
    derived: int
    dropped: int
    rebuild: int
    counts: Json = field(default_factory=dict)
    hashes: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def at(self) -> datetime:
        """When it was erased."""
        return to_datetime(self.at_us)

    def as_dict(self) -> Json:
        """Plain data with an ISO time."""
        return {
            "change_id": self.change_id,
            "at": iso(self.at_us),
            "items": self.items,
            "derived": self.derived,
            "dropped": self.dropped,
            "rebuild": self.rebuild,
            "counts": dict(self.counts),
            "hashes": list(self.hashes),
            "backups": list(self.backups),
            "left": list(self.left),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Doomed:
    """What goes: the items asked for, and what was derived from them, alone or with others."""

    items: dict[str, Item]
    derived: dict[str, Item]
    shared: dict[str, Item]

    @property
    def ids(self) -> list[str]:
        """Every id that goes."""
        return [*self.items, *self.derived, *self.shared]


def doomed(cursor: Cursor, tenant: str, items: dict[str, Item]) -> Doomed:
    """Everything that cites these items, directly or through others, whatever its status."""
    found: dict[str, Item] = {}
    frontier = set(items)
    while frontier:
        citing = items_citing(cursor.run, tenant, frontier)
        frontier = citing.keys() - found.keys() - items.keys()
        found.update((id_, citing[id_]) for id_ in frontier)
    gone = {*items, *found}
    alone = {id_: item for id_, item in found.items() if gone.issuperset(item.sources)}
    shared = {id_: item for id_, item in found.items() if id_ not in alone}
    return Doomed(items, alone, shared)


def erase_in(cursor: Cursor, tenant: str, what: Doomed) -> Receipt:
    """Remove every row about these items, in a transaction that is already open."""
    change_id, at, ids = new_id(), now(), what.ids
    gone = set(ids)
    _forget_reasons(cursor, tenant, ids)
    counts = {
        "vectors": _delete(
            cursor,
            "vectors WHERE tenant = ? AND item_seq IN (SELECT seq FROM items WHERE id IN ({}))",
            tenant,
            ids,
        ),
        "links": sum(
            _delete(cursor, f"links WHERE tenant = ? AND {end} IN ({{}})", tenant, ids)
            for end in ("src", "dst")
        ),
        "events": _delete(cursor, "events WHERE tenant = ? AND item_id IN ({})", tenant, ids),
        "jobs": _drop_jobs(cursor, tenant, gone),
    }
    rows_of = (
        ("cites", "item_id"),
        ("cites", "source_id"),
        ("topics", "item_id"),
        ("readings", "item_id"),
    )
    for table, column in rows_of:
        for chunk in _chunks(ids):
            cursor.run(f"DELETE FROM {table} WHERE {column} IN ({_marks(chunk)})", chunk)
    _delete(cursor, "items WHERE tenant = ? AND id IN ({})", tenant, ids)
    cursor.run_many(
        "INSERT INTO events (change_id, tenant, item_id, op, at, actor, why, before, after) "
        "VALUES (?, ?, ?, 'erase', ?, 'user', 'erase', NULL, NULL)",
        ((change_id, tenant, id_, at) for id_ in ids),
    )
    sources = sorted({s for item in what.shared.values() for s in item.sources} - gone)
    if sources:
        enqueue(cursor, tenant, [NewJob(kind=REBUILD, payload={"sources": sources})], at)
    return Receipt(
        change_id=change_id,
        at_us=at,
        items=len(what.items),
        derived=len(what.derived),
        dropped=len(what.shared),
        rebuild=len(sources),
        counts=counts,
        hashes=tuple(hashlib.sha256(id_.encode()).hexdigest()[:16] for id_ in ids),
    )


def _delete(cursor: Cursor, where: str, tenant: str, ids: Sequence[str]) -> int:
    """Delete rows by id in chunks; returns how many went."""
    count = 0
    for chunk in _chunks(ids):
        gone = cursor.run(
            f"DELETE FROM {where.format(_marks(chunk))} RETURNING 1", (tenant, *chunk)
        )
        count += len(gone)
    return count


def _drop_jobs(cursor: Cursor, tenant: str, gone: set[str]) -> int:
    """Drop waiting work that names an erased item; errors of other jobs may quote it, so they go.

    Returns how many jobs were dropped.
    """
    rows = cursor.run("SELECT seq, payload FROM jobs WHERE tenant = ?", (tenant,))
    named = [seq for seq, payload in rows if gone & _strings(json.loads(payload))]
    cursor.run_many("DELETE FROM jobs WHERE seq = ?", ((seq,) for seq in named))
    cursor.run("UPDATE jobs SET error = NULL WHERE tenant = ?", (tenant,))
    return len(named)


def _forget_reasons(cursor: Cursor, tenant: str, ids: Sequence[str]) -> None:
    """Models give reasons in their own words: those of changes to erased items go."""
    for chunk in _chunks(ids):
        cursor.run(
            "UPDATE events SET why = 'erased' WHERE tenant = ? "
            "AND actor <> 'user' AND change_id IN (SELECT change_id FROM events WHERE item_id "
            f"IN ({_marks(chunk)}))",
            (tenant, *chunk),
        )


def _strings(value: object) -> set[str]:
    """Every string inside JSON data."""
    if isinstance(value, str):
        return {value}
    parts: Iterable[object] = ()
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        parts = value
    return {text for part in parts for text in _strings(part)}


def _chunks(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _marks(chunk: Sequence[str]) -> str:
    return ", ".join("?" * len(chunk))
