"""Check that the tables agree with the history, and mend them when they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from combray.core.ids import new_id
from combray.core.items import Json
from combray.core.time import now
from combray.store.engine import Cursor
from combray.store.history import history
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.fact_keys import file_topics
from combray.store.tables.rows import (
    ITEM_COLUMNS,
    ITEM_FIELDS,
    LINK_FIELDS,
    item_from_row,
    item_from_state,
    item_values,
    to_json,
)

MAX_EACH = 20
ACTOR = "repair"

_DANGLING = {
    "citations of items that are gone": "cites WHERE source_id NOT IN (SELECT id FROM items) "
    "OR item_id NOT IN (SELECT id FROM items)",
    "links to items that are gone": "links WHERE src NOT IN (SELECT id FROM items) "
    "OR dst NOT IN (SELECT id FROM items)",
    "topics of items that are gone": "topics WHERE item_id NOT IN (SELECT id FROM items)",
    "readings of items that are gone": "readings WHERE item_id NOT IN (SELECT id FROM items)",
    "vectors of items that are gone": "vectors WHERE item_seq NOT IN (SELECT seq FROM items)",
    "vectors of no generation": "vectors WHERE generation NOT IN (SELECT seq FROM generations)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The counts and problems of a check; `pending` counts vectors that the next search makes."""

    problems: tuple[str, ...]
    counts: Json = field(default_factory=dict)
    pending: int = 0

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_dict(self) -> Json:
        """Plain data."""
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "counts": dict(self.counts),
            "pending": self.pending,
        }


def verify(store: Store, more: Callable[[str], list[str]] | None = None) -> Report:
    """Run the database's own check, replay its history, and look for dangling references.

    `more` names further problems of a tenant.
    """
    found = [f"integrity: {line}" for line in store.engine.check()]
    for what, where in _DANGLING.items():
        count = int(store.engine.read(f"SELECT count(*) FROM {where}")[0][0])
        if count:
            found.append(f"{count} {what}")
    odd = store.engine.read(
        "SELECT count(*) FROM vectors JOIN generations ON generations.seq = vectors.generation "
        "WHERE length(vectors.data) <> 4 * generations.dim"
    )[0][0]
    if odd:
        found.append(f"{odd} vectors of the wrong length")
    tenants = _tenants(store)
    for tenant in tenants:
        wrong = history.differences(store, tenant) + ([] if more is None else more(tenant))
        found += [f"{_whose(tenant)}: {line}" for line in wrong[:MAX_EACH]]
        if len(wrong) > MAX_EACH:
            found.append(f"{_whose(tenant)}: and {len(wrong) - MAX_EACH} more")
    tables = ("items", "links", "events", "vectors", "jobs")
    count_of = "SELECT count(*) FROM"
    counts = {name: int(store.engine.read(f"{count_of} {name}")[0][0]) for name in tables}
    active = vectors.active(store.engine)
    pending = vectors.count_pending(store.engine, 0 if active is None else active.seq)
    return Report(
        problems=tuple(found), counts={"tenants": len(tenants), **counts}, pending=pending
    )


def _tenants(store: Store) -> list[str]:
    rows = store.engine.read("SELECT DISTINCT tenant FROM events ORDER BY 1")
    return sorted({*store.tenants(), *(str(row[0]) for row in rows)})


def _whose(tenant: str) -> str:
    return f"user {tenant!r}" if tenant else "shared"


def mend(store: Store) -> int:
    """Make the tables agree with the history and each other; return how many rows changed.

    Where a table and the history differ the history is right; a row that only a table has is added
    to the history.
    """
    changed = 0
    for tenant in _tenants(store):
        with store.engine.write(tenant) as cursor:
            changed += _replayed(store, cursor, tenant)
    with store.engine.write() as cursor:
        for where in _DANGLING.values():
            changed += int(cursor.run(f"SELECT count(*) FROM {where}")[0][0])
            cursor.run(f"DELETE FROM {where}")
        _refile(cursor)
    return changed


def _replayed(store: Store, cursor: Cursor, tenant: str) -> int:
    told = history.replay(store.events(tenant))
    held = history.stored(store, tenant)
    change_id, at, changed = new_id(), now(), 0
    for id_ in sorted({*told.items, *held.items}):
        one, other = told.items.get(id_), held.items.get(id_)
        if one is None:
            _enter(cursor, change_id, tenant, id_, "add", at, other)
        elif history.same(one, other):
            continue
        elif set(one) >= set(ITEM_FIELDS):
            _write(cursor, "items", ITEM_FIELDS, item_values(item_from_state(one)), ("id",))
        changed += 1
    for key in sorted({*told.links, *held.links}):
        line, kept = told.links.get(key), held.links.get(key)
        if line is None and not {*told.items, *held.items}.issuperset(key[:2]):
            # Entered into the history it would be missed there for ever: an end of it is gone.
            cursor.run("DELETE FROM links WHERE src = ? AND dst = ? AND kind = ?", key)
        elif line is None:
            _enter(cursor, change_id, tenant, key[0], "link", at, kept)
        elif history.same(line, kept):
            continue
        else:
            values = tuple(line[name] for name in LINK_FIELDS)
            _write(cursor, "links", LINK_FIELDS, values, ("src", "dst", "kind"))
        changed += 1
    return changed


def _enter(
    cursor: Cursor, change_id: str, tenant: str, id_: str, op: str, at: int, after: Json | None
) -> None:
    cursor.run(
        "INSERT INTO events (change_id, tenant, item_id, op, at, actor, why, before, after) "
        "VALUES (?, ?, ?, ?, ?, ?, 'was missing from the history', NULL, ?)",
        (change_id, tenant, id_, op, at, ACTOR, to_json(after)),
    )


def _write(
    cursor: Cursor, table: str, fields: tuple[str, ...], values: Any, key: tuple[str, ...]
) -> None:
    """Insert a row, or update the existing one."""
    marks = ", ".join("?" * len(fields))
    sets = ", ".join(f"{name} = excluded.{name}" for name in fields if name not in key)
    cursor.run(
        f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({marks}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}",
        values,
    )


def _refile(cursor: Cursor) -> None:
    """Rebuild citations and topics from the items."""
    cursor.run("DELETE FROM cites")
    cursor.run("DELETE FROM topics")
    rows = cursor.run(f"SELECT {ITEM_COLUMNS} FROM items WHERE sources <> '[]'")
    derived = [item_from_row(row) for row in rows]
    cursor.run_many(
        "INSERT INTO cites (source_id, item_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(source, item.id) for item in derived for source in item.sources],
    )
    file_topics(cursor, derived)
