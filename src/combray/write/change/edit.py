"""Edits by users: update, delete, supersede, and the review of quarantined items.

Each edit is one change set with all that follows from it: the facts that rules read from the text,
the items that rest on it alone, and the timelines of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.errors import InputError
from combray.core.items import RAW_KINDS, SUPERSEDES, Item, Json, Link, Status
from combray.core.time import iso, now
from combray.store.engine import Cursor
from combray.store.store import Store
from combray.store.tables.fact_keys import topic_of
from combray.store.tables.queries import items_by_id, items_citing, one_item, orphans
from combray.write.change.supersession import begins, supersedes
from combray.write.facts.facts import ACTOR, claim_key, end_fact, facts_of
from combray.write.facts.update_timelines import update_timelines


def delete(store: Store, id_: str, tenant: str | None = None) -> Item:
    """Delete an item, and everything that rests on it alone, from all answers; return the item.

    One that is deleted already stays as it is.
    """
    with store.changing(id_, tenant) as (cursor, item):
        owner = item.scope.tenant
        if item.status != Status.DELETED:
            gone = [item, *orphans(cursor.run, owner, [id_]).values()]
            _drop(store, cursor, gone, "delete", Status.DELETED)
        return one_item(cursor.run, owner, id_)


def _drop(store: Store, cursor: Cursor, items: Sequence[Item], op: str, status: Status) -> None:
    fields: Json = {"status": status, "known_to": now()}
    change = ChangeSet(
        tenant=items[0].scope.tenant,
        actor="user",
        why=op,
        patches=[Patch(id=item.id, fields=fields, op=op) for item in items],
    )
    dropped = [item.with_fields(fields) for item in items]
    store.apply_in(cursor, update_timelines(cursor.run, change.tenant, dropped).join(change))


Follow = Callable[[Sequence[Item]], Sequence[NewJob]]
"""Returns the jobs by which a system reads raw items."""
Decide = Callable[[Item], Json]
"""Returns the new fields of an item as it is inside the transaction."""


def update(
    store: Store, id_: str, decide: Decide, follow: Follow, tenant: str | None = None
) -> tuple[Item, list[Item]]:
    """Change the text or metadata of an item; return it and the facts that are new in it.

    Raises InputError for an item that is out of all answers.
    """
    with store.changing(id_, tenant) as (cursor, item):
        _check_standing(item, "changed")
        owner, fields = item.scope.tenant, decide(item)
        new = item.with_fields(fields)
        old: list[Item] = []
        fresh: list[Item] = []
        if ("text" in fields or new.status != item.status) and item.kind in RAW_KINDS:
            old, fresh = _reread(cursor, new)
        drop: Json = {"status": Status.DELETED, "known_to": now()}
        held = _held_back_with(cursor, item, new, old)
        patches = [
            Patch(id=id_, fields=fields, op="update"),
            *(Patch(id=f.id, fields=drop, op="delete", why="no longer said") for f in old),
            *(Patch(id=h.id, fields={"status": h.status}, op="hold back") for h in held),
        ]
        jobs = follow([new]) if "text" in fields else ()
        change = ChangeSet(tenant=owner, actor="user", why="update", patches=patches, jobs=jobs)
        touched = [*(fact.with_fields(drop) for fact in old), *held, *fresh]
        touched += [new] if topic_of(new) is not None else []
        settled = update_timelines(cursor.run, owner, touched)
        store.apply_in(cursor, settled.join(change))
        return one_item(cursor.run, owner, id_), settled.puts


def _held_back_with(cursor: Cursor, item: Item, new: Item, dropped: Sequence[Item]) -> list[Item]:
    """Return what rests on an item alone that an update holds back, held back with it."""
    if new.status == item.status:
        return []
    gone = {fact.id for fact in dropped}
    resting = orphans(cursor.run, item.scope.tenant, [item.id]).values()
    return [replace(each, status=new.status) for each in resting if each.id not in gone]


def _check_standing(item: Item, done: str) -> None:
    if item.status not in (Status.LIVE, Status.QUARANTINED):
        raise InputError(
            f"{item.id} is {item.status}, so it cannot be {done}; nothing was changed. "
            "history(id) names the change to undo first."
        )


def derived_metadata(old: Item, new: Json) -> Json:
    """Return new metadata of a derived item, with the fields of the old that it leaves out.

    Systems read these fields again. Raises InputError for one of them with another type.
    """
    for name, value in old.metadata.items():
        given = new.get(name, value)
        if given is not None and value is not None and type(given) is not type(value):
            raise InputError(
                f"metadata.{name} of {old.id} is read by {old.created_by}, and is "
                f"{type(value).__name__}, not {type(given).__name__}; nothing was changed."
            )
    return {**old.metadata, **new}


def _reread(cursor: Cursor, item: Item) -> tuple[list[Item], list[Item]]:
    """Return the rules' facts that a changed text no longer states, and those that are new."""
    citing = items_citing(cursor.run, item.scope.tenant, [item.id]).values()
    stand = {
        claim_key(fact): fact
        for fact in citing
        if fact.created_by == ACTOR and fact.status == Status.LIVE
    }
    read = {claim_key(fact): fact for fact in facts_of(item)}
    old = [fact for key, fact in stand.items() if key not in read]
    return old, [fact for key, fact in read.items() if key not in stand]


# ── supersede ────────────────────────────────────────────────────────────────────────────────────


def supersede(
    store: Store, old_id: str, new_id: str, tenant: str | None = None
) -> tuple[Item, Item]:
    """End one item where another begins; return both as they are afterwards.

    Raises InputError for a cycle, for an item that is held back or out of all answers, or when the
    new item begins first; NotFound for another user's item.
    """
    with store.changing(old_id, tenant) as (cursor, old):
        owner = old.scope.tenant
        new = one_item(cursor.run, owner, new_id)
        end = begins(new)
        _check_supersession(cursor, old, new, end)
        if topic_of(old) is None or topic_of(old) != topic_of(new):
            store.apply_in(cursor, _supersession(cursor, old, new, end))
        return one_item(cursor.run, owner, old_id), one_item(cursor.run, owner, new_id)


def _supersession(cursor: Cursor, old: Item, new: Item, end: int) -> ChangeSet:
    tenant = old.scope.tenant
    why = f"superseded by {new.id}"
    facts = [f for f in orphans(cursor.run, tenant, [old.id]).values() if topic_of(f) is not None]
    facts += [old] if topic_of(old) is not None else []
    closed = [replace(fact, metadata=end_fact(fact, end)) for fact in facts]
    patches = [
        Patch(id=f.id, fields={"metadata": dict(f.metadata)}, op="supersede", why=why)
        for f in closed
    ]
    if topic_of(old) is None:
        patches.append(Patch(id=old.id, fields={"valid_to": end}, op="supersede", why=why))
    change = ChangeSet(
        tenant=tenant,
        actor="user",
        why="supersede",
        patches=patches,
        links=[Link(src=new.id, dst=old.id, kind=SUPERSEDES)],
    )
    return update_timelines(cursor.run, tenant, closed).join(change)


def _check_supersession(cursor: Cursor, old: Item, new: Item, end: int) -> None:
    if old.id == new.id:
        raise InputError(f"{old.id} cannot supersede itself; give two memories of one user.")
    _check_standing(old, "superseded")
    if new.status != Status.LIVE:
        held = new.status == Status.QUARANTINED
        raise InputError(
            f"{new.id} is {'held back' if held else new.status}, so it supersedes nothing"
            f"{'; approve it first' if held else ''}."
        )
    if old.valid_from_us is not None and end < old.valid_from_us:
        raise InputError(
            f"{new.id} begins at {iso(end)}, before {old.id} does ({iso(old.valid_from_us)}); "
            "supersede the other way round, or give valid_from."
        )
    if supersedes(cursor.run, old.scope.tenant, old.id, new.id):
        raise InputError(
            f"{old.id} itself supersedes {new.id}: that would be a cycle. Undo the other first."
        )


# ── review ───────────────────────────────────────────────────────────────────────────────────────


def approve(
    store: Store, id_: str, follow: Follow, tenant: str | None = None
) -> tuple[Item, list[Item]]:
    """Release an item from quarantine; return it and the facts that come with it.

    They are those that rules read from it, and those given with it, unless another text that they
    rest on is still held back.
    """
    with store.changing(id_, tenant) as (cursor, item):
        _check_quarantined(item)
        owner, live = item.scope.tenant, replace(item, status=Status.LIVE)
        given = _held_with(cursor, item)
        freed = [live, *(replace(fact, status=Status.LIVE) for fact in given)]
        patches = [Patch(id=i.id, fields={"status": Status.LIVE}, op="approve") for i in freed]
        jobs = () if item.sources else follow([live])
        change = ChangeSet(tenant=owner, actor="user", why="approve", patches=patches, jobs=jobs)
        held = {claim_key(fact) for fact in given if fact.created_by == ACTOR}
        found = [] if item.sources else facts_of(live)
        read = [fact for fact in found if claim_key(fact) not in held]
        derived = [fact for fact in freed if fact.sources]
        settled = update_timelines(cursor.run, owner, [*read, *derived])
        store.apply_in(cursor, settled.join(change))
        return one_item(cursor.run, owner, id_), settled.puts


def _held_with(cursor: Cursor, item: Item) -> list[Item]:
    """Return the derived items that are held back because of this text alone."""
    tenant = item.scope.tenant
    sources = items_by_id(cursor.run, tenant, item.sources).values()
    still = [source.id for source in sources if source.status == Status.QUARANTINED]
    if still:
        raise InputError(f"{item.id} rests on {still[0]}, which is held back; approve that first.")
    citing = items_citing(cursor.run, tenant, [item.id]).values()
    held = [fact for fact in citing if fact.status == Status.QUARANTINED]
    others = items_by_id(cursor.run, tenant, {s for fact in held for s in fact.sources} - {item.id})
    return [
        fact
        for fact in held
        if all(others[s].status == Status.LIVE for s in fact.sources if s in others)
    ]


def hold_back_in(store: Store, cursor: Cursor, items: Sequence[Item]) -> None:
    """Take stored items that give orders, and what rests on them alone, out of all answers."""
    for tenant in dict.fromkeys(item.scope.tenant for item in items):
        ids = [item.id for item in items if item.scope.tenant == tenant]
        found = items_by_id(cursor.run, tenant, ids) | orphans(cursor.run, tenant, ids)
        gone = {id_: item for id_, item in found.items() if item.status == Status.LIVE}
        fields: Json = {"status": Status.QUARANTINED}
        change = ChangeSet(
            tenant=tenant,
            actor="guard",
            why="it gives orders to an assistant, and its source is not trusted",
            patches=[Patch(id=id_, fields=fields, op="hold back") for id_ in gone],
        )
        held = [item.with_fields(fields) for item in gone.values()]
        if held:
            store.apply_in(cursor, update_timelines(cursor.run, tenant, held).join(change))


def reject(store: Store, id_: str, tenant: str | None = None) -> Item:
    """Reject a quarantined item for good; its history stays."""
    with store.changing(id_, tenant) as (cursor, item):
        _check_quarantined(item)
        _drop(store, cursor, [item], "reject", Status.REJECTED)
        return one_item(cursor.run, item.scope.tenant, id_)


def _check_quarantined(item: Item) -> None:
    if item.status != Status.QUARANTINED:
        raise InputError(
            f"{item.id} is not in quarantine (it is {item.status}); review() lists what is."
        )
