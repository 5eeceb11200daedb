"""Reads that must see what an open transaction has written: each takes `cursor.run`."""

from __future__ import annotations

from collections.abc import Iterable

from combray.core.items import Event, Item, Link, Status
from combray.store.engine import Run
from combray.store.tables.rows import (
    EVENT_COLUMNS,
    ITEM_COLUMNS,
    LINK_FIELDS,
    event_from_row,
    in_chunks,
    item_from_row,
    link_from_row,
)


def items_by_id(run: Run, tenant: str, ids: Iterable[str]) -> dict[str, Item]:
    """The items of a tenant by id, whatever their status."""
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ?"
    return {item.id: item for item in map(item_from_row, in_chunks(run, query, tenant, ids))}


def items_citing(run: Run, tenant: str, ids: Iterable[str]) -> dict[str, Item]:
    """The items derived from any of these, by id, whatever their status."""
    query = (
        f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? "
        "AND id IN (SELECT item_id FROM cites WHERE TRUE"
    )
    rows = in_chunks(run, query, tenant, ids, column="source_id", close=")")
    return {item.id: item for item in map(item_from_row, rows)}


def orphans(run: Run, tenant: str, ids: Iterable[str]) -> dict[str, Item]:
    """What rests on nothing but these: live derived items, and what rests only on them in turn."""
    gone = set(ids)
    found: dict[str, Item] = {}
    frontier = set(gone)
    while frontier:
        citing = items_citing(run, tenant, frontier)
        new = {
            id_: item
            for id_, item in citing.items()
            if id_ not in found and item.status == Status.LIVE and gone.issuperset(item.sources)
        }
        found.update(new)
        frontier = set(new)
        gone |= frontier
    return found


def items_of(run: Run, tenant: str) -> list[Item]:
    """Every item of a tenant in the order they were stored."""
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
    return [item_from_row(row) for row in run(query, (tenant,))]


def head_of(run: Run, tenant: str) -> int:
    """The number of the tenant's last event; 0 when there is none."""
    rows = run("SELECT max(seq) FROM events WHERE tenant = ?", (tenant,))
    return int(rows[0][0] or 0)


def changed_after(run: Run, tenant: str, head: int) -> list[str]:
    """Ids of the items that changed after an event, in order, once each."""
    query = "SELECT item_id FROM events WHERE tenant = ? AND seq > ? ORDER BY seq"
    return list(dict.fromkeys(str(row[0]) for row in run(query, (tenant, head))))


def link_at(run: Run, tenant: str, src: str, dst: str, kind: str) -> Link | None:
    """One link of a tenant; None when there is none."""
    rows = run(
        f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE tenant = ? AND src = ? AND dst = ? "
        "AND kind = ?",
        (tenant, src, dst, kind),
    )
    return link_from_row(rows[0]) if rows else None


def events_of(run: Run, tenant: str, change_id: str) -> list[Event]:
    """The events of one change, oldest first."""
    rows = run(
        f"SELECT {EVENT_COLUMNS} FROM events WHERE tenant = ? AND change_id = ? ORDER BY seq",
        (tenant, change_id),
    )
    return [event_from_row(row) for row in rows]
