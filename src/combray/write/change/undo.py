"""Undo a change by applying its opposite; the history keeps both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from combray.core.changes import MUTABLE, ChangeSet, Patch
from combray.core.errors import InputError, StoreError
from combray.core.items import SUPERSEDES, Event, Item, Json, Link, Status
from combray.core.time import now
from combray.store.engine import Cursor
from combray.store.history import history
from combray.store.store import Store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import (
    events_of,
    items_by_id,
    link_at,
    orphans,
    sources_of,
)
from combray.store.tables.rows import LINK_FIELDS, link_from_row
from combray.write.facts.update_timelines import update_timelines
from combray.write.messages.guard import hold_back_all

_TIMELINE = ("valid_from", "valid_to")


def undo(
    store: Store,
    change_id: str,
    tenant: str | None = None,
    trusted: frozenset[str] = frozenset(),
) -> str:
    """Undo one change; return the id of the undoing change.

    What would be live again, gives orders and rests on sources that are not `trusted` comes back
    held back, with what rests on it alone. Raises InputError, and changes nothing, when the change
    is undone already or when a later change touched the same fields.
    """
    owner = history.tenant_of(store.engine, change_id, tenant)
    with store.engine.write(owner) as cursor:
        made = _undo(store, cursor, owner, change_id, trusted)
    if made is None:
        raise InputError(f"The change {change_id} left nothing that could be undone.")
    return made


def undo_since(
    store: Store, moment: int, tenant: str, trusted: frozenset[str] = frozenset()
) -> list[str]:
    """Undo every change of a tenant made after a moment, newest first; all of them or none.

    Orders come back as `undo` brings them back. Items erased since stay erased.
    """
    with store.engine.write(tenant) as cursor:
        made = [
            _undo(store, cursor, tenant, change_id, trusted)
            for change_id in history.changes_since(cursor.run, tenant, moment)
            if history.undone_by(cursor.run, tenant, change_id) is None
        ]
    if not any(made):
        raise InputError("Nothing was changed since then that could be undone.")
    return [change_id for change_id in made if change_id is not None]


@dataclass
class _Opposite:
    """The parts of the opposite change, collected event by event."""

    fields: dict[str, Json] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    unlinks: list[tuple[str, str, str]] = field(default_factory=list)


def _undo(
    store: Store, cursor: Cursor, tenant: str, change_id: str, trusted: frozenset[str]
) -> str | None:
    """Apply the opposite of a change; return its id, or None when there is nothing to undo."""
    events = events_of(cursor.run, tenant, change_id)
    history.check_undoable(cursor.run, tenant, change_id, events)
    items = items_by_id(cursor.run, tenant, {event.item_id for event in events})
    opposite = _Opposite()
    for event in reversed(events):
        _reverse(cursor, tenant, event, items, opposite)
    gone = [
        id_ for id_, f in opposite.fields.items() if f.get("status", Status.LIVE) != Status.LIVE
    ]
    for id_ in orphans(cursor.run, tenant, gone):
        opposite.fields.setdefault(id_, _leave())
    items |= items_by_id(cursor.run, tenant, opposite.fields.keys() - items.keys())
    items |= _hold_back(cursor, tenant, items, opposite, trusted)
    change = ChangeSet(
        tenant=tenant,
        actor="user",
        why=history.undoes(change_id),
        patches=[
            Patch(id=i, fields=f, op="undo")
            for i, f in opposite.fields.items()
            if any(_plain(items[i].field(name)) != value for name, value in f.items())
        ],
        links=opposite.links,
        unlinks=opposite.unlinks,
    )
    facts = [items[id_].with_fields(f) for id_, f in opposite.fields.items()]
    change = _same_reason(update_timelines(cursor.run, tenant, facts).join(change))
    return store.apply_in(cursor, change) if change else None


def _hold_back(
    cursor: Cursor,
    tenant: str,
    items: dict[str, Item],
    opposite: _Opposite,
    trusted: frozenset[str],
) -> dict[str, Item]:
    """Hold back what would be live again and may not be; return the other items it takes along."""
    after = {id_: items[id_].with_fields(f) for id_, f in opposite.fields.items()}
    known = {**sources_of(cursor.run, tenant, after.values()), **after}
    known |= {i.id: i for i in hold_back_all(after.values(), known, trusted)}
    while resting := [id_ for id_ in after if _rests_on_held(known[id_], known)]:
        known |= {id_: replace(known[id_], status=Status.QUARANTINED) for id_ in resting}
    held = [id_ for id_ in after if known[id_].status != after[id_].status]
    more = orphans(cursor.run, tenant, held)
    for id_ in (*held, *(more.keys() - after.keys())):
        opposite.fields.setdefault(id_, {})["status"] = Status.QUARANTINED
    return more


def _rests_on_held(item: Item, known: dict[str, Item]) -> bool:
    """Return whether a live item would rest on what is held back, and on nothing live."""
    states = {known[source].status for source in item.sources if source in known}
    return item.status == Status.LIVE and Status.QUARANTINED in states and Status.LIVE not in states


def _same_reason(change: ChangeSet) -> ChangeSet:
    """Return the change with its one reason, the mark of an undoing, in every event."""
    return replace(change, patches=[replace(patch, why="") for patch in change.patches])


def _reverse(
    cursor: Cursor, tenant: str, event: Event, items: dict[str, Item], opposite: _Opposite
) -> None:
    item = items.get(event.item_id)
    if item is None:
        return
    if event.op in history.LINK_OPS:
        _reverse_link(cursor, tenant, event, items, opposite)
    elif event.before_us is None:
        if item.status not in (Status.UNDONE, Status.DELETED):
            opposite.fields.setdefault(item.id, {}).update(_leave())
    else:
        fields = _earlier(event, item)
        if fields:
            opposite.fields.setdefault(item.id, {}).update(fields)


def _leave() -> Json:
    return {"status": Status.UNDONE, "known_to": now()}


def _earlier(event: Event, item: Item) -> Json:
    """Return the values before the event; of a count subtract only what the event added."""
    before, after = event.before_us or {}, event.after_us or {}
    if not before.keys() <= MUTABLE & after.keys():
        raise StoreError(
            f"The event {event.seq} of {item.id} changed what nothing can change, so it is "
            "damaged. Nothing was undone. Run verify, then repair."
        )
    fields: Json = {}
    for name, value in before.items():
        if name in _TIMELINE and topic_of(item) is not None:
            continue
        current = _plain(item.field(name))
        if name == "status" and current == value == Status.QUARANTINED:
            continue
        if name == "count":
            fields[name] = current - (after[name] - value)
        elif current != after[name]:
            raise InputError(
                f"The {name} of {item.id} was changed again after {event.change_id}; undo the "
                "later change first (history(id) names it). Nothing was undone."
            )
        else:
            fields[name] = value
    return fields


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else dict(value)


def _reverse_link(
    cursor: Cursor, tenant: str, event: Event, items: dict[str, Item], opposite: _Opposite
) -> None:
    body = event.after_us or event.before_us or {}
    key = (str(body["src"]), str(body["dst"]), str(body["kind"]))
    ends = items_by_id(cursor.run, tenant, key[:2])
    if len(ends) < 2 or (key[2] == SUPERSEDES and all(map(topic_of, ends.values()))):
        return
    if event.before_us is not None:
        opposite.links.append(link_from_row(_link_row(event.before_us)))
    elif link_at(cursor.run, tenant, *key) is not None:
        opposite.unlinks.append(key)


def _link_row(state: Json) -> tuple[Any, ...]:
    return tuple(state[name] for name in LINK_FIELDS)
