"""The record store: every change is one transaction that writes items, links and their history.

The store knows nothing of models or ranking. Every change goes through `Store.apply`, so the events
are complete: the state is their replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from combray.core.changes import MUTABLE, ChangeSet, Patch
from combray.core.checks import data_problem, item_problem
from combray.core.errors import NotFound, RejectedChange, quoted
from combray.core.ids import new_id
from combray.core.items import Event, Item, Link, Status
from combray.core.time import AHEAD, now
from combray.store.engine import Cursor, Engine, Row
from combray.store.tables.checksums import PUT_EVENT, PUT_ITEM, item_row, with_checksum
from combray.store.tables.fact_keys import file_topics
from combray.store.tables.jobs import enqueue
from combray.store.tables.queries import (
    changed_after,
    head_of,
    items_by_id,
    items_citing,
    last_change,
    not_found,
    one_item,
)
from combray.store.tables.rows import (
    CHUNK,
    EVENT_COLUMNS,
    ITEM_COLUMNS,
    LINK_FIELDS,
    digest,
    digest_of,
    event_from_row,
    field_value,
    in_chunks,
    item_from_row,
    item_state,
    link_from_row,
    link_values,
    to_json,
)
from combray.store.tables.schema import migrate

_LINK = (
    f"INSERT INTO links ({', '.join(LINK_FIELDS)}) VALUES ({', '.join('?' * len(LINK_FIELDS))}) "
    "ON CONFLICT (src, dst, kind) DO UPDATE SET weight = excluded.weight, "
    "valid_from = excluded.valid_from, valid_to = excluded.valid_to, "
    "known_from = excluded.known_from, known_to = excluded.known_to, sources = excluded.sources"
)
_FILED_BY = ("metadata", "valid_from", "valid_to", "last_at")
"""What the entry of a fact in `topics` follows from."""


class Store:
    """Items, links and events of many tenants in one database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        migrate(engine)

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def apply(self, change: ChangeSet) -> str:
        """Check and apply a change set in one transaction; return the id of the change.

        Raises RejectedChange, and applies nothing, when it breaks an invariant.
        """
        with self.engine.write(change.tenant) as cursor:
            return self.apply_in(cursor, change)

    def apply_in(self, cursor: Cursor, change: ChangeSet) -> str:
        """Apply a change set inside an open transaction."""
        old = self._targets(cursor, change)
        _check(cursor, change, old)
        change_id, at = new_id(), _moment(cursor, change)
        stamp = _Stamp(change_id, change.tenant, at, change.actor, change.why)
        _put(cursor, stamp, change.puts)
        for patch in change.patches:
            old[patch.id] = _patch(cursor, stamp, old[patch.id], patch)
        _relink(cursor, stamp, change)
        enqueue(cursor, change.tenant, change.jobs, at)
        return change_id

    @contextmanager
    def changing(self, id_: str, tenant: str | None = None) -> Iterator[tuple[Cursor, Item]]:
        """Open a write transaction with an item as it is inside it; what it raises rolls back.

        Decide here what becomes of an item: nobody changes it until the transaction ends, and what
        was read before it began may hold no longer. Raises NotFound, as `one` does.
        """
        owner = self.one(id_, tenant).scope.tenant
        with self.engine.write(owner) as cursor:
            yield cursor, one_item(cursor.run, owner, id_)

    def _targets(self, cursor: Cursor, change: ChangeSet) -> dict[str, Item]:
        return items_by_id(cursor.run, change.tenant, [patch.id for patch in change.patches])

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def get(self, tenant: str, ids: Sequence[str]) -> dict[str, Item]:
        """The items of a tenant by id; unknown ids are left out."""
        query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ?"
        found = in_chunks(self.engine.tenant_reader(tenant), query, tenant, ids)
        return {item.id: item for item in map(item_from_row, found)}

    def one(self, id_: str, tenant: str | None = None) -> Item:
        """Return an item by its id, of one tenant or of any (ids cannot be guessed)."""
        query = f"SELECT {ITEM_COLUMNS} FROM items WHERE id = ?"
        rows = self.engine.read(query, (id_,)) if isinstance(id_, str) else []
        if not rows or tenant not in (None, rows[0][2]):
            raise not_found(id_)
        return item_from_row(rows[0])

    def items(self, tenant: str) -> list[Item]:
        """Items of a tenant in the order they were stored."""
        query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? ORDER BY seq"
        return [item_from_row(row) for row in self.engine.tenant_reader(tenant)(query, (tenant,))]

    def newest(self, tenant: str, before: str | None = None) -> Iterator[Item]:
        """Iterate over the live items of a tenant, the last stored first.

        Items stored meanwhile are left out. With `before`, an id, iteration starts below that item.
        Raises NotFound when the tenant has no such item.
        """
        query = (
            f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? AND status = 'live' AND seq < ? "
            "ORDER BY seq DESC LIMIT ?"
        )
        last = 2**62 if before is None else self._place(tenant, before)
        while rows := self.engine.tenant_reader(tenant)(query, (tenant, last, CHUNK)):
            yield from map(item_from_row, rows)
            last = int(rows[-1][0])

    def _place(self, tenant: str, id_: str) -> int:
        query = "SELECT seq FROM items WHERE tenant = ? AND id = ?"
        read = self.engine.tenant_reader(tenant)
        rows = read(query, (tenant, id_)) if isinstance(id_, str) else []
        if not rows:
            raise NotFound(
                f"There is no memory {quoted(id_)} here to go on from. List from the newest."
            )
        return int(rows[0][0])

    def same_text(self, tenant: str, texts: Sequence[str]) -> dict[str, list[Item]]:
        """Return, for each text, the live items of the tenant that have exactly its words."""
        wanted = {text: digest(text) for text in texts}
        found = self._of_digests(tenant, wanted.values())
        return {text: found.get(key, []) for text, key in wanted.items()}

    def repeated(self, tenant: str, digests: Collection[str]) -> dict[str, list[Item]]:
        """Return, by digest, the live items of the tenant, where several have the same words."""
        query = "SELECT digest FROM items WHERE tenant = ? AND status = 'live'"
        often = in_chunks(
            self.engine.tenant_reader(tenant),
            query,
            tenant,
            digests,
            column="digest",
            close=" GROUP BY digest HAVING count(*) > 1",
        )
        return self._of_digests(tenant, [str(row[0]) for row in often])

    def _of_digests(self, tenant: str, digests: Collection[str]) -> dict[str, list[Item]]:
        query = f"SELECT {ITEM_COLUMNS} FROM items WHERE tenant = ? AND status = 'live'"
        read = self.engine.tenant_reader(tenant)
        found: dict[str, list[Item]] = {}
        for row in in_chunks(read, query, tenant, digests, column="digest"):
            item = item_from_row(row)
            found.setdefault(digest_of(item), []).append(item)
        return found

    def citing(self, tenant: str, ids: Sequence[str]) -> list[Item]:
        """The items derived from any of these."""
        return list(items_citing(self.engine.tenant_reader(tenant), tenant, ids).values())

    def links(self, tenant: str, *, kind: str | None = None) -> list[Link]:
        """The links of a tenant, of one kind or all."""
        query = f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE tenant = ?"
        args: tuple[Any, ...] = (tenant,)
        if kind is not None:
            query, args = query + " AND kind = ?", (tenant, kind)
        return [
            link_from_row(row)
            for row in self.engine.tenant_reader(tenant)(query + " ORDER BY src, dst", args)
        ]

    def events(
        self,
        tenant: str,
        *,
        item_id: str | None = None,
        change_id: str | None = None,
        after: int = 0,
    ) -> list[Event]:
        """The history of a tenant, an item or a change, oldest first."""
        query = f"SELECT {EVENT_COLUMNS} FROM events WHERE tenant = ? AND seq > ?"
        args: list[Any] = [tenant, after]
        for column, value in (("item_id", item_id), ("change_id", change_id)):
            if value is not None:
                query += f" AND {column} = ?"
                args.append(value)
        return [
            event_from_row(row)
            for row in self.engine.tenant_reader(tenant)(query + " ORDER BY seq", args)
        ]

    def head(self, tenant: str) -> int:
        """The number of the tenant's last event; 0 when there is none."""
        return head_of(self.engine.tenant_reader(tenant), tenant)

    def changed(self, tenant: str, since: int) -> list[str]:
        """Ids of the items that changed after an event, in order, once each."""
        return changed_after(self.engine.tenant_reader(tenant), tenant, since)

    def tenants(self) -> list[str]:
        """Every tenant that has items or task memories."""
        tables = ("items", "steps", "blobs")
        query = " UNION ".join(f"SELECT DISTINCT tenant FROM {table}" for table in tables)
        return sorted(str(row[0]) for row in self.engine.read(query))

    def close(self) -> None:
        """Release every connection."""
        self.engine.close()


def _moment(cursor: Cursor, change: ChangeSet) -> int:
    """Return the present; where our clock is behind, the moment after the last change."""
    at = now()
    told = [item.known_from_us for item in change.puts]
    last = last_change(cursor.run, change.tenant)
    told += [] if last is None else [last + 1]
    return max((moment for moment in told if at < moment <= at + AHEAD), default=at)


class _Stamp:
    """The values that all events of a change share."""

    def __init__(self, change_id: str, tenant: str, at: int, actor: str, why: str) -> None:
        self._head = (tenant, change_id)
        self._tail = (at, actor, why)

    def event(self, item_id: str, op: str, before: Any, after: Any, why: str = "") -> Row:
        """The values of one event; `why` stands for this item alone."""
        states = (None if s is None else to_json(s) for s in (before, after))
        at, actor, reason = self._tail
        return with_checksum((*self._head, item_id, op, at, actor, why or reason, *states))


def _check(cursor: Cursor, change: ChangeSet, old: dict[str, Item]) -> None:
    """Check tenant, items, sources and fields of a change; raise RejectedChange."""
    for item in change.puts:
        if item.scope.tenant != change.tenant:
            raise RejectedChange(
                f"The new item {item.id} belongs to another user; nothing was applied."
            )
    for patch in change.patches:
        if patch.id not in old:
            raise RejectedChange(
                f"There is no memory {quoted(patch.id)} to {patch.op}; nothing was applied."
            )
        if not patch.fields or not MUTABLE.issuperset(patch.fields):
            wrong = ", ".join(sorted(set(patch.fields) - MUTABLE)) or "nothing"
            raise RejectedChange(
                f"{patch.op} of {patch.id}: cannot change {wrong}. "
                f"Fields that can change: {', '.join(sorted(MUTABLE))}."
            )
    for item in (*change.puts, *(old[p.id].with_fields(p.fields) for p in change.patches)):
        if (problem := item_problem(item)) is not None:
            raise RejectedChange(
                f"The {item.kind} {str(item.text)[:40]!r} cannot be kept: its {problem} "
                "Nothing was applied."
            )
    for job in change.jobs:
        if (reason := data_problem(dict(job.payload))) is not None:
            raise RejectedChange(
                f"The job {quoted(job.kind)} cannot be kept: {reason}. Nothing was applied."
            )
    new = {item.id for item in change.puts}
    cited = {source for item in change.puts for source in item.sources} - new
    ends = {end for link in change.links for end in (link.src, link.dst)} - new
    wanted = sorted(cited | ends)
    rows = in_chunks(cursor.run, "SELECT id FROM items WHERE tenant = ?", change.tenant, wanted)
    missing = set(wanted) - {row[0] for row in rows}
    if missing:
        raise RejectedChange(
            f"The change cites memories that do not exist here: {', '.join(sorted(missing)[:3])}. "
            "Nothing was applied."
        )
    _check_rests(cursor, change, old)


def _check_rests(cursor: Cursor, change: ChangeSet, old: dict[str, Item]) -> None:
    """Check that whatever is live rests on something live after a change; raise RejectedChange."""
    after = {item.id: item for item in change.puts}
    for patch in change.patches:
        after[patch.id] = after.get(patch.id, old[patch.id]).with_fields(patch.fields)
    moved = {patch.id for patch in change.patches if "status" in patch.fields}
    left = [id_ for id_ in moved if after[id_].status != Status.LIVE]
    citing = items_citing(cursor.run, change.tenant, left)
    touched = {**citing, **{id_: after[id_] for id_ in {*moved, *(i.id for i in change.puts)}}}
    resting = [
        after.get(id_, item)
        for id_, item in touched.items()
        if item.sources and after.get(id_, item).status == Status.LIVE
    ]
    others = {source for item in resting for source in item.sources} - after.keys()
    known = {**items_by_id(cursor.run, change.tenant, others), **after}
    for item in resting:
        states = [known[source].status for source in item.sources if source in known]
        if Status.LIVE not in states:
            raise RejectedChange(
                f"{item.id} cannot be live: what it rests on is {', '.join(sorted({*states}))}. "
                "Nothing was applied."
            )


def _put(cursor: Cursor, stamp: _Stamp, puts: Sequence[Item]) -> None:
    cursor.run_many(PUT_ITEM, map(item_row, puts))
    cited = [(source, item.id) for item in puts for source in item.sources]
    if cited:
        cursor.run_many(
            "INSERT INTO cites (source_id, item_id) VALUES (?, ?) ON CONFLICT DO NOTHING", cited
        )
    file_topics(cursor, puts)
    cursor.run_many(
        PUT_EVENT, (stamp.event(item.id, "add", None, item_state(item)) for item in puts)
    )


def _patch(cursor: Cursor, stamp: _Stamp, item: Item, patch: Patch) -> Item:
    """Change an item, and return it as it is then: a change set may patch it twice."""
    before = {name: field_value(item, name) for name in patch.fields}
    new = item.with_fields(patch.fields)
    if new.known_to_us is not None and new.known_to_us < item.known_from_us:
        # Our clock is behind: nothing ends before it began.
        new = replace(new, known_to_us=item.known_from_us)
    after = {name: field_value(new, name) for name in patch.fields}
    columns = {name: to_json(v) if name == "metadata" else v for name, v in after.items()}
    if "text" in columns:
        columns["digest"] = digest(columns["text"])
    columns["checksum"] = item_row(new)[-1]
    sets = ", ".join(f"{name} = ?" for name in columns)
    cursor.run(f"UPDATE items SET {sets} WHERE id = ?", (*columns.values(), item.id))
    if "text" in columns:
        cursor.run(
            "DELETE FROM vectors WHERE tenant = ? "
            "AND generation IN (SELECT seq FROM generations) AND item_seq = ?",
            (item.scope.tenant, item.seq),
        )
    if item.sources and not columns.keys().isdisjoint(_FILED_BY):
        cursor.run("DELETE FROM topics WHERE item_id = ?", (item.id,))
        file_topics(cursor, [new])
    cursor.run(PUT_EVENT, stamp.event(item.id, patch.op, before, after, patch.why))
    return new


def _relink(cursor: Cursor, stamp: _Stamp, change: ChangeSet) -> None:
    for link in change.links:
        values = link_values(change.tenant, link)
        before = _link_state(cursor, link.src, link.dst, link.kind)
        cursor.run(_LINK, values)
        after = dict(zip(LINK_FIELDS, values, strict=True))
        cursor.run(PUT_EVENT, stamp.event(link.src, "link", before, after))
    for src, dst, kind in change.unlinks:
        before = _link_state(cursor, src, dst, kind)
        if before is None or before["tenant"] != change.tenant:
            raise RejectedChange(
                f"There is no {quoted(kind)} link from {src} to {dst}; nothing was applied."
            )
        cursor.run("DELETE FROM links WHERE src = ? AND dst = ? AND kind = ?", (src, dst, kind))
        cursor.run(PUT_EVENT, stamp.event(src, "unlink", before, None))


def _link_state(cursor: Cursor, src: str, dst: str, kind: str) -> dict[str, Any] | None:
    rows = cursor.run(
        f"SELECT {', '.join(LINK_FIELDS)} FROM links WHERE src = ? AND dst = ? AND kind = ?",
        (src, dst, kind),
    )
    return dict(zip(LINK_FIELDS, rows[0], strict=True)) if rows else None
