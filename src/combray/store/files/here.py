"""What a database has, and what it has erased, of the items that a file speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from combray.store.engine import Run
from combray.store.files.export import IMPORTED
from combray.store.tables.rows import CHUNK


@dataclass
class Here:
    """The items of a file that the database has, and those that it has erased, by tenant.

    `told` are those of which only an imported file said that they were erased.
    """

    tenants: dict[str, str] = field(default_factory=dict)
    erased: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


def look_up(run: Run, ids: Collection[str]) -> Here:
    """Return what the database has and has erased of some items."""
    found, listed = Here(), sorted(ids)
    for start in range(0, len(listed), CHUNK):
        chunk = listed[start : start + CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = run(f"SELECT id, tenant FROM items WHERE id IN ({marks})", chunk)
        found.tenants |= {str(id_): str(tenant) for id_, tenant in rows}
        gone = "SELECT item_id, tenant, change_id FROM events WHERE op = 'erase' AND item_id IN"
        for id_, tenant, change_id in run(f"{gone} ({marks})", chunk):
            # A tombstone out of a file keeps nothing away: only what was erased here stays away.
            if str(change_id).startswith(IMPORTED):
                found.told.add(str(id_))
            else:
                found.erased[str(id_)] = str(tenant)
    return found


def resting(items: Iterable[tuple[str, Iterable[str]]], erased: Iterable[str]) -> set[str]:
    """Return the erased ids, and those of items that cite any of them, also through others.

    `items` are ids with their sources. Each is looked at once, however long a chain they make.
    """
    citing: dict[str, list[str]] = {}
    for id_, sources in items:
        for source in sources:
            citing.setdefault(source, []).append(id_)
    gone: set[str] = set()
    left = list(erased)
    while left:
        if (id_ := left.pop()) not in gone:
            gone.add(id_)
            left += citing.get(id_, ())
    return gone
