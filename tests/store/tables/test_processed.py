"""Which of the user's words each system has read, and which wait to be."""

from __future__ import annotations

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.items import Item
from combray.store.store import Store
from combray.store.tables import jobs, processed
from combray.testing.base import item, put


def unread(store: Store, actor: str = "mem0/1", tenant: str = "u") -> list[str]:
    """The texts that a system has still to read."""
    return [i.text for i in processed.unread(store.engine.tenant_reader(tenant), tenant, actor)]


def note(store: Store, *items: Item, actor: str = "mem0/1") -> None:
    """Let a system have read some items, as a job that is done does."""
    wanted = [NewJob(kind=actor, payload={"ids": [i.id for i in items]})]
    store.apply(ChangeSet(tenant="u", actor="test", jobs=wanted))
    for job in jobs.due(store.engine, [actor]):
        with store.engine.write("u") as cursor:
            jobs.finish(cursor, job)


def test_everything_raw_is_unread_at_first(store: Store) -> None:
    """Turns, texts and passages in the order they came; derived items are never read."""
    turn, _, _ = put(store, [item("a"), item("b", kind="text"), item("c", kind="passage")])
    put(store, [item("fact", kind="fact", sources=(turn.id,)), item("odd", kind="note")])
    assert unread(store) == ["a", "b", "c"]
    assert unread(store, tenant="v") == []


def test_each_system_reads_for_itself(store: Store) -> None:
    """What one has read the others have not."""
    a, _ = put(store, [item("a"), item("b")])
    note(store, a)
    assert unread(store) == ["b"]
    assert unread(store, "zep/1") == ["a", "b"]


def test_what_is_queued_is_not_read_twice(store: Store) -> None:
    """Items that a waiting job of the system names are left to that job."""
    a, _ = put(store, [item("a"), item("b")])
    wanted = [NewJob(kind="mem0/1", payload={"ids": [a.id]}), NewJob(kind="mem0/1", payload={})]
    store.apply(ChangeSet(tenant="u", actor="test", jobs=wanted))
    assert unread(store) == ["b"]
    assert unread(store, "zep/1") == ["a", "b"]


def test_what_something_live_was_made_of_counts_as_read(store: Store) -> None:
    """A file from before readings were noted is not read all over again."""
    a, _ = put(store, [item("a"), item("b")])
    (made,) = put(store, [item("f", kind="memory", sources=(a.id,), created_by="mem0/1")])
    assert unread(store) == ["b"]
    assert unread(store, "zep/1") == ["a", "b"]
    patches = [Patch(id=made.id, fields={"status": "deleted"})]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))
    assert unread(store) == ["a", "b"]


def test_what_is_not_live_is_not_read(store: Store) -> None:
    """Neither what was deleted nor what waits for review."""
    gone, held = put(store, [item("gone"), item("held")])
    patches = [
        Patch(id=gone.id, fields={"status": "deleted"}),
        Patch(id=held.id, fields={"status": "quarantined"}),
    ]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))
    assert unread(store) == []


def test_what_is_forgotten_is_read_again(store: Store) -> None:
    """For one system and these items only."""
    a, b = put(store, [item("a"), item("b")])
    note(store, a, b)
    note(store, a, b, actor="zep/1")
    with store.engine.write("u") as cursor:
        processed.forget_reading(cursor, "u", "mem0/1", [a.id, "nobody"])
        processed.forget_reading(cursor, "u", "mem0/1", [])
    assert unread(store) == ["a"]
    assert unread(store, "zep/1") == []
