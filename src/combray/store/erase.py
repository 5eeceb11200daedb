"""Delete items, everything derived from them, and their history from the database.

Unlike a deletion an erasure keeps no history: each erased item leaves one event without words, by
which other processes drop the item too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from combray.core.changes import NewJob
from combray.core.ids import new_id
from combray.core.items import Item, Json
from combray.core.time import iso, now, to_datetime
from combray.store.engine import Cursor, Run
from combray.store.tables.checksums import PUT_EVENT, stamp, with_checksum
from combray.store.tables.jobs import enqueue, forget_errors
from combray.store.tables.queries import items_by_id
from combray.store.tables.rows import ids_of

CHUNK = 500
REBUILD = "rebuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receipt of an erasure: counts and hashes of ids, never words.

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

    @classmethod
    def of(
        cls, what: Doomed, change_id: str, at: int, counts: Mapping[str, int], rebuild: int
    ) -> Receipt:
        """The receipt for items whose rows are gone."""
        return cls(
            change_id=change_id,
            at_us=at,
            items=len(what.items),
            derived=len(what.derived),
            dropped=len(what.shared),
            rebuild=rebuild,
            counts=dict(counts),
            hashes=tuple(hashlib.sha256(id_.encode()).hexdigest()[:16] for id_ in what.ids),
        )

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
    """The items to erase: those asked for, and those derived from them alone or with others."""

    items: dict[str, Item]
    derived: dict[str, Item]
    shared: dict[str, Item]

    @property
    def ids(self) -> list[str]:
        """The ids of all items to erase."""
        return [*self.items, *self.derived, *self.shared]


def doomed(run: Run, tenant: str, items: dict[str, Item]) -> Doomed:
    """Collect everything that cites these items, directly or through others, of any status.

    By what the items themselves say: the table of citations may have lost some.
    """
    query = "SELECT id, sources FROM items WHERE tenant = ? AND sources <> '[]'"
    citing: dict[str, list[str]] = {}
    for id_, sources in run(query, (tenant,)):
        for source in ids_of(sources):
            citing.setdefault(source, []).append(id_)
    ids: set[str] = set()
    frontier = set(items)
    while frontier:
        frontier = {id_ for one in frontier for id_ in citing.get(one, ())} - ids - items.keys()
        ids |= frontier
    found = items_by_id(run, tenant, ids)
    gone = {*items, *found}
    alone = {id_: item for id_, item in found.items() if gone.issuperset(item.sources)}
    shared = {id_: item for id_, item in found.items() if id_ not in alone}
    return Doomed(items, alone, shared)


def erase_in(cursor: Cursor, tenant: str, what: Doomed) -> Receipt:
    """Delete every row about these items inside an open transaction."""
    change_id, at = new_id(), now()
    counts = erase_rows(cursor, tenant, what.ids, change_id, at)
    rebuild = rebuild_later(cursor, tenant, set(what.ids), what.shared.values(), at)
    return Receipt.of(what, change_id, at, counts, rebuild)


def erase_rows(
    cursor: Cursor, tenant: str, ids: Sequence[str], change_id: str, at: int
) -> dict[str, int]:
    """Delete the rows about some ids, leave an event without words for each; return the counts."""
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
    told = ((tenant, change_id, id_, "erase", at, "user", "erase", None, None) for id_ in ids)
    cursor.run_many(PUT_EVENT, map(with_checksum, told))
    return counts


def rebuild_later(
    cursor: Cursor, tenant: str, gone: Container[str], dropped: Iterable[Item], at: int
) -> int:
    """Queue to read again what dropped items rested on too; return how many items that is."""
    sources = sorted({s for item in dropped for s in item.sources if s not in gone})
    if sources:
        enqueue(cursor, tenant, [NewJob(kind=REBUILD, payload={"sources": sources})], at)
    return len(sources)


def _delete(cursor: Cursor, where: str, tenant: str, ids: Sequence[str]) -> int:
    """Delete rows by id in chunks; return how many."""
    count = 0
    for chunk in _chunks(ids):
        gone = cursor.run(
            f"DELETE FROM {where.format(_marks(chunk))} RETURNING 1", (tenant, *chunk)
        )
        count += len(gone)
    return count


def _drop_jobs(cursor: Cursor, tenant: str, gone: set[str]) -> int:
    """Drop the jobs that name an erased item, and the errors of others, which may quote it.

    Returns how many jobs were dropped.
    """
    rows = cursor.run("SELECT seq, payload FROM jobs WHERE tenant = ?", (tenant,))
    named = [seq for seq, payload in rows if gone & _strings(json.loads(payload))]
    cursor.run_many("DELETE FROM jobs WHERE seq = ?", ((seq,) for seq in named))
    forget_errors(cursor, tenant)
    return len(named)


def _forget_reasons(cursor: Cursor, tenant: str, ids: Sequence[str]) -> None:
    """Blank the reasons of changes to erased items: models give them in their own words."""
    for chunk in _chunks(ids):
        changed = cursor.run(
            "UPDATE events SET why = 'erased' WHERE tenant = ? AND why <> 'erased' "
            "AND actor <> 'user' AND change_id IN (SELECT change_id FROM events WHERE item_id "
            f"IN ({_marks(chunk)})) RETURNING seq",
            (tenant, *chunk),
        )
        stamp(cursor, "events", [seq for (seq,) in changed])


def _strings(value: object) -> set[str]:
    """Return every string in JSON data."""
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
