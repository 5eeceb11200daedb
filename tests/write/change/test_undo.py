"""Undo: the opposite of a change, as a change of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import InputError, RejectedChange, StoreError
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.store.store import Store
from combray.write.change.draft import Draft
from combray.write.change.edit import delete, supersede, update
from combray.write.change.undo import undo, undo_since
from combray.write.facts.facts import facts_of
from tests.write.stored import USER, add, fact, pairs, raw, store_of


def apply(store: Store, **parts: Any) -> str:
    """Apply a change as it is; returns its id."""
    return store.apply(ChangeSet(tenant=USER, actor="user", why="test", **parts))


def last(store: Store) -> str:
    """The id of the last change."""
    return store.events(USER)[-1].change_id


def patched(store: Store, item: Item, **fields: Any) -> str:
    """Change some fields of an item; returns the id of the change."""
    return apply(store, patches=[Patch(id=item.id, fields=fields, op="update")])


def test_an_addition_is_undone_by_taking_it_out() -> None:
    """The item is not erased: it is out of answers, known until now, and keeps its history."""
    said = raw("x")
    store = store_of(said)
    made = undo(store, last(store))
    item = store.one(said.id)
    assert (item.status, item.known_to_us is None) == (Status.UNDONE, False)
    event = store.events(USER)[-1]
    assert (event.change_id, event.op, event.actor) == (made, "undo", "user")


def test_what_rests_on_what_is_undone_goes_with_it() -> None:
    """A note that was derived later from the words alone is out of answers too."""
    said, other = raw("x"), raw("y")
    store = store_of(other)
    add(store, said)
    change_id = last(store)
    note, both = (Draft(USER, "s").put("note", t, [said, *more]) for t, more in
                  (("one", []), ("two", [other])))  # fmt: skip
    add(store, note, both)
    undo(store, change_id)
    assert store.one(note.id).status == Status.UNDONE
    assert store.one(both.id).status == Status.LIVE


def test_fields_go_back_to_what_they_were() -> None:
    """Text, metadata and status are restored together."""
    said = raw("x", metadata={"a": 1})
    store = store_of(said)
    change_id = patched(store, said, text="y", metadata={"b": 2}, strength=3.0)
    undo(store, change_id)
    item = store.one(said.id)
    assert (item.text, dict(item.metadata), item.strength) == ("x", {"a": 1}, 1.0)


def test_a_deletion_is_undone_with_all_that_went() -> None:
    """The item and the fact that rested on it are live and known again."""
    said = raw("x", at=10)
    rome = fact("Rome", [said])
    store = store_of(said, rome)
    delete(store, said.id)
    undo(store, last(store))
    for id_ in (said.id, rome.id):
        item = store.one(id_)
        assert (item.status, item.known_to_us) == (Status.LIVE, None)


def test_no_fact_comes_back_before_its_words() -> None:
    """An update that is undone after its text was deleted would leave a fact of deleted words."""
    said = raw("I live in Rome.", at=10)
    store = store_of(said, *facts_of(said))
    update(store, said.id, lambda _item: {"text": "Hello."}, lambda _items: [])
    change_id = last(store)
    delete(store, said.id)
    with pytest.raises(RejectedChange, match="cannot be live: what it rests on is deleted"):
        undo(store, change_id)
    assert {item.status for item in store.items(USER)} == {Status.DELETED}


def test_of_a_count_only_what_the_change_added_is_taken_back() -> None:
    """Repeats that came since stay counted."""
    said = raw("x")
    store = store_of(said)
    change_id = patched(store, said, count=3)
    patched(store, said, count=7)
    undo(store, change_id)
    assert store.one(said.id).count == 5


def test_what_was_changed_since_is_not_overwritten() -> None:
    """The error names the field and what to undo first; nothing is undone."""
    said = raw("x")
    store = store_of(said)
    change_id = patched(store, said, text="y")
    patched(store, said, text="z")
    with pytest.raises(InputError, match=f"The text of {said.id} was changed again"):
        undo(store, change_id)
    assert store.one(said.id).text == "z"


def test_a_change_is_undone_once() -> None:
    """Undoing it again is refused, and undoing the undoing brings it back."""
    said = raw("x")
    store = store_of(said)
    change_id = patched(store, said, text="y")
    undoing = undo(store, change_id)
    with pytest.raises(InputError, match=f"was undone already, by {undoing}"):
        undo(store, change_id)
    undo(store, undoing)
    assert store.one(said.id).text == "y"


def test_links_are_taken_away_and_put_back() -> None:
    """The link with its weight, whichever way the change went."""
    a, b = raw("a"), raw("b")
    link = Link(src=a.id, dst=b.id, kind="similar", weight=0.5)
    store = store_of(a, b)
    made = apply(store, links=[link])
    undo(store, made)
    assert store.links(USER) == []
    apply(store, links=[link])
    gone = apply(store, unlinks=[(a.id, b.id, "similar")])
    undo(store, gone)
    assert store.links(USER) == [link]


def test_a_link_that_is_gone_already_is_no_hindrance() -> None:
    """What somebody took away since is not taken away twice."""
    a, b = raw("a"), raw("b")
    store = store_of(a, b)
    link = Link(src=a.id, dst=b.id, kind="similar")
    made = apply(store, links=[link], patches=[Patch(id=a.id, fields={"count": 2})])
    apply(store, unlinks=[(a.id, b.id, "similar")])
    undo(store, made)
    assert (store.links(USER), store.one(a.id).count) == ([], 1)


def test_the_timeline_follows_and_its_links_are_its_own() -> None:
    """Undoing the later value opens the earlier; intervals are computed, not restored."""
    said = raw("a", at=10), raw("b", at=20), raw("c", at=30)
    rome, oslo, paris = (fact(v, [s]) for v, s in zip(("Rome", "Oslo", "Paris"), said, strict=True))
    store = store_of(*said, rome, oslo)
    change_id = last(store)
    add(store, paris)
    change_of_paris = last(store)
    undo(store, change_of_paris)
    assert store.one(oslo.id).valid_to_us is None
    assert pairs(store) == {(oslo.id, rome.id)}
    assert change_id != change_of_paris


def test_an_earlier_value_is_undone_after_a_later_one_came() -> None:
    """The interval that the later change gave it is no conflict."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said)
    add(store, rome)
    change_id = last(store)
    add(store, paris)
    undo(store, change_id)
    assert store.one(rome.id).status == Status.UNDONE
    assert store.one(paris.id).status == Status.LIVE
    assert pairs(store) == set()


def test_a_supersession_by_hand_is_undone() -> None:
    """The old item is open again, and the link between the two is gone."""
    old, new = raw("old", at=10), raw("new", at=20)
    store = store_of(old, new)
    supersede(store, old.id, new.id)
    undo(store, last(store))
    assert store.one(old.id).valid_to_us is None
    assert pairs(store) == set()


def test_every_event_of_an_undoing_says_what_it_undoes() -> None:
    """The reasons of timelines give way to the mark, by which it is known to be undone."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said, rome)
    add(store, paris)
    change_id = last(store)
    made = undo(store, change_id)
    reasons = {event.why for event in store.events(USER) if event.change_id == made}
    assert reasons == {f"undo {change_id}"}


def test_what_was_deleted_since_needs_no_undoing() -> None:
    """An addition whose item is gone leaves nothing to undo, and says so."""
    said = raw("x")
    store = store_of(said)
    change_id = last(store)
    delete(store, said.id)
    with pytest.raises(InputError, match="left nothing that could be undone"):
        undo(store, change_id)
    assert store.one(said.id).status == Status.DELETED


def test_everything_since_a_moment_is_undone_newest_first() -> None:
    """One change for each; what was undone already is left out."""
    said = raw("x")
    store = store_of(said)
    since = store.events(USER)[-1].at_us
    changes = [patched(store, said, text=text) for text in ("y", "z")]
    third = patched(store, said, count=5)
    undo(store, third)
    done = undo_since(store, since, USER)
    assert store.one(said.id).text == "x"
    whys = [e.why for e in store.events(USER) if e.change_id in done and e.item_id == said.id]
    assert f"undo {changes[1]}" in whys
    assert whys.index(f"undo {changes[1]}") < whys.index(f"undo {changes[0]}")


def test_with_nothing_since_there_is_nothing_to_undo() -> None:
    """The error says so, and nothing is changed."""
    store = store_of(raw("x"))
    with pytest.raises(InputError, match="Nothing was changed since then"):
        undo_since(store, store.events(USER)[-1].at_us + 1, USER)


def test_another_users_change_is_not_found() -> None:
    """With a wall an id of another tenant is unknown."""
    store = store_of(raw("x"))
    add(store, replace(raw("y", user="v")))
    with pytest.raises(InputError):
        undo(store, store.events("v")[-1].change_id, USER)


def test_a_link_between_facts_of_timelines_is_not_restored_by_hand() -> None:
    """Timelines make their own links again; the undoing names each once."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said, rome, paris)
    delete(store, paris.id)
    made = undo(store, last(store))
    assert pairs(store) == {(paris.id, rome.id)}
    linked = [e for e in store.events(USER) if e.change_id == made and e.op == "link"]
    assert [(event.after or {})["kind"] for event in linked] == [SUPERSEDES]


def test_an_event_that_no_change_can_have_left_is_refused() -> None:
    """An undo writes back nothing but what can be changed, whatever an older import let in."""
    said = raw("x")
    store = store_of(said)
    change = patched(store, said, text="y")
    with store.engine.write(USER) as cursor:
        cursor.run("UPDATE events SET before = ? WHERE change_id = ?", ('{"tenant":"v"}', change))
    with pytest.raises(StoreError, match="damaged"):
        undo(store, change)
    assert store.one(said.id).text == "y"
