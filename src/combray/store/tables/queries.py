"""Reads that must see what an open transaction has written: each takes `cursor.run`."""

from __future__ import annotations

from collections.abc import Iterable

from combray.core.errors import NotFound
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


def one_item(run: Run, tenant: str, id_: str) -> Item:
    """The item of a tenant with an id; raise NotFound when there is none."""
    found = items_by_id(run, tenant, [id_]) if isinstance(id_, str) else {}
    if not found:
        raise not_found(id_)
    return found[id_]


def not_found(id_: str) -> NotFound:
    """The error that says that an id is unknown."""
    return NotFound(f"There is no memory {id_!r} here. Look with list() or search().")


def items_citing(run: Run, tenant: str, ids: Iterable[str]) -> dict[str, Item]:
    """The items derived from any of these, by id, whatever their status."""
    query = (
        f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? "
        "AND id IN (SELECT item_id FROM cites WHERE TRUE"
    )
    rows = in_chunks(run, query, tenant, ids, column="source_id", close=")")
    return {item.id: item for item in map(item_from_row, rows)}


def orphans(run: Run, tenant: str, ids: Iterable[str]) -> dict[str, Item]:
    """What would rest on nothing live without these, and what rests only on that in turn.

    Only live derived items are returned, not the given ones.
    """
    gone = set(ids)
    found: dict[str, Item] = {}
    frontier = set(gone)
    while frontier:
        citing = items_citing(run, tenant, frontier)
        resting = [i for i in citing.values() if i.status == Status.LIVE and i.id not in gone]
        others = items_by_id(run, tenant, {s for i in resting for s in i.sources} - gone)
        held = {id_ for id_, other in others.items() if other.status == Status.LIVE}
        new = {item.id: item for item in resting if held.isdisjoint(item.sources)}
        found.update(new)
        frontier = set(new)
        gone |= frontier
    return found


def items_of(run: Run, tenant: str) -> list[Item]:
    """Every item of a tenant in the order they were stored."""
    query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
    return [item_from_row(row) for row in run(query, (tenant,))]


def last_known(run: Run, tenant: str, until: int) -> int | None:
    """The last moment, up to another, at which a tenant learnt something; None without any."""
    query = (
        "SELECT known_from FROM items WHERE tenant = ? AND known_from <= ? "
        "ORDER BY known_from DESC LIMIT 1"
    )
    rows = run(query, (tenant, until))
    return int(rows[0][0]) if rows else None


def knows_since(run: Run, tenant: str, moment: int) -> bool:
    """Whether a tenant learnt something at a moment or after it."""
    query = "SELECT 1 FROM items WHERE tenant = ? AND known_from >= ? LIMIT 1"
    return bool(run(query, (tenant, moment)))


def last_change(run: Run, tenant: str) -> int | None:
    """When the last event of a tenant was; None when there is none."""
    rows = run("SELECT at FROM events WHERE tenant = ? ORDER BY seq DESC LIMIT 1", (tenant,))
    return int(rows[0][0]) if rows else None


def head_of(run: Run, tenant: str) -> int:
    """The number of the tenant's last event; 0 when there is none."""
    rows = run("SELECT max(seq) FROM events WHERE tenant = ?", (tenant,))
    return int(rows[0][0] or 0)


def changed_after(run: Run, tenant: str, head: int) -> list[str]:
    """Ids of the items that changed after an event, in order, once each."""
    query = "SELECT item_id FROM events WHERE tenant = ? AND seq > ? ORDER BY seq"
    return list(dict.fromkeys(str(row[0]) for row in run(query, (tenant, head))))


def events_after(run: Run, tenant: str, head: int) -> list[Event]:
    """The events of a tenant after one of them, oldest first."""
    query = f"SELECT {EVENT_COLUMNS} FROM events WHERE tenant = ? AND seq > ? ORDER BY seq"
    return [event_from_row(row) for row in run(query, (tenant, head))]


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
