"""Reads that see what an open transaction has written, however long the list of ids."""

from __future__ import annotations

import pytest

from combray.core.changes import ChangeSet, Patch
from combray.core.items import Item, Link
from combray.store.engine import Run
from combray.store.store import Store
from combray.store.tables import queries
from combray.store.tables.rows import CHUNK
from combray.testing.base import item, put


@pytest.fixture
def run(store: Store) -> Run:
    """Reads of tenant u."""
    return store.engine.tenant_reader("u")


def fact(text: str, *sources: Item) -> Item:
    """A derived item."""
    return item(text, kind="fact", sources=tuple(source.id for source in sources))


def delete(store: Store, one: Item) -> None:
    """Take an item out of every answer."""
    patches = [Patch(id=one.id, fields={"status": "deleted"}, op="delete")]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))


def test_items_are_found_by_id_whatever_their_status(store: Store, run: Run) -> None:
    """Also deleted ones; unknown ids and those of others are left out."""
    one, gone = put(store, [item("one"), item("gone")])
    (theirs,) = put(store, [item("theirs", "v")])
    delete(store, gone)
    found = queries.items_by_id(run, "u", [one.id, gone.id, theirs.id, "nobody"])
    assert {id_: i.text for id_, i in found.items()} == {one.id: "one", gone.id: "gone"}
    assert queries.items_by_id(run, "u", []) == {}


def test_more_ids_than_a_statement_takes(store: Store, run: Run) -> None:
    """All are found, by id and by what they cite."""
    many = put(store, [item(f"{n}") for n in range(2 * CHUNK + 3)])
    both = put(store, [fact(f"of {one.text}", one) for one in many])
    ids = [one.id for one in many]
    assert list(queries.items_by_id(run, "u", ids)) == ids
    assert set(queries.items_citing(run, "u", ids)) == {one.id for one in both}


def test_what_cites_is_found_once_and_only_directly(store: Store, run: Run) -> None:
    """A fact of two of the sources is one; what cites the fact is not among them."""
    a, b = put(store, [item("a"), item("b")])
    (direct,) = put(store, [fact("both", a, b)])
    (second,) = put(store, [fact("summary", direct)])
    assert list(queries.items_citing(run, "u", [a.id, b.id])) == [direct.id]
    assert list(queries.items_citing(run, "u", [direct.id])) == [second.id]
    assert queries.items_citing(run, "v", [a.id]) == {}


def test_orphans_rest_on_nothing_else(store: Store, run: Run) -> None:
    """What has another source stays; what rests only on orphans goes with them, to any depth."""
    a, b = put(store, [item("a"), item("b")])
    alone, shared = put(store, [fact("alone", a), fact("shared", a, b)])
    (above,) = put(store, [fact("above", alone)])
    (mixed,) = put(store, [fact("mixed", above, shared)])
    found = queries.orphans(run, "u", [a.id])
    assert {i.text for i in found.values()} == {"alone", "above"}
    everything = queries.orphans(run, "u", [a.id, b.id])
    assert set(everything) == {alone.id, shared.id, above.id, mixed.id}
    assert queries.orphans(run, "u", []) == {}


def test_what_is_deleted_already_is_no_orphan(store: Store, run: Run) -> None:
    """Only live items are dropped with their source."""
    (a,) = put(store, [item("a")])
    (gone,) = put(store, [fact("gone", a)])
    delete(store, gone)
    assert queries.orphans(run, "u", [a.id]) == {}


def test_an_open_transaction_reads_its_own_writes(store: Store) -> None:
    """Through the cursor a new item, its citation and its event are there before the commit."""
    (a,) = put(store, [item("a")])
    new = fact("new", a)
    with store.engine.write("u") as cursor:
        before = queries.head_of(cursor.run, "u")
        change = store.apply_in(cursor, ChangeSet(tenant="u", actor="test", puts=[new]))
        assert list(queries.items_citing(cursor.run, "u", [a.id])) == [new.id]
        assert queries.changed_after(cursor.run, "u", before) == [new.id]
        assert [e.item_id for e in queries.events_of(cursor.run, "u", change)] == [new.id]
        assert queries.head_of(cursor.run, "u") > before


def test_all_items_come_in_the_order_they_were_stored(store: Store, run: Run) -> None:
    """Whatever their status and their times say."""
    one, two = put(store, [item("one", first_at_us=9), item("two", first_at_us=1)])
    delete(store, one)
    assert [i.id for i in queries.items_of(run, "u")] == [one.id, two.id]
    assert queries.items_of(run, "v") == []


def test_the_head_and_what_came_after_it(store: Store, run: Run) -> None:
    """The number of the tenant's last event; each item that changed since is named once."""
    assert queries.head_of(run, "u") == 0
    one, two = put(store, [item("one"), item("two")])
    head = queries.head_of(run, "u")
    put(store, [item("theirs", "v")])
    assert queries.head_of(run, "u") == head
    delete(store, two)
    delete(store, one)
    delete(store, two)
    assert queries.changed_after(run, "u", head) == [two.id, one.id]
    assert queries.changed_after(run, "u", queries.head_of(run, "u")) == []


def test_one_link_is_read_by_its_ends_and_kind(store: Store, run: Run) -> None:
    """A link has a direction and a kind; another's is None."""
    one, two = put(store, [item("one"), item("two")])
    link = Link(src=one.id, dst=two.id, kind="similar", weight=0.25, sources=(one.id,))
    store.apply(ChangeSet(tenant="u", actor="test", links=[link]))
    assert queries.link_at(run, "u", one.id, two.id, "similar") == link
    assert queries.link_at(run, "u", two.id, one.id, "similar") is None
    assert queries.link_at(run, "u", one.id, two.id, "next") is None
    assert queries.link_at(run, "v", one.id, two.id, "similar") is None


def test_a_change_is_read_by_its_events(store: Store, run: Run) -> None:
    """All of them, oldest first, of one change and one tenant."""
    change = ChangeSet(tenant="u", actor="me", why="so", puts=[item("one"), item("two")])
    made = store.apply(change)
    store.apply(ChangeSet(tenant="u", actor="me", puts=[item("three")]))
    events = queries.events_of(run, "u", made)
    assert [e.after["text"] for e in events if e.after] == ["one", "two"]
    assert {(e.op, e.actor, e.why, e.change_id) for e in events} == {("add", "me", "so", made)}
    assert events[0].seq < events[1].seq
    assert queries.events_of(run, "v", made) == []
