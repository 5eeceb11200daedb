"""What people change: update, delete, supersede, and the review of what was quarantined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from combray.core.changes import ChangeSet, NewJob
from combray.core.errors import InputError
from combray.core.facts import Fact
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.store.store import Store
from combray.store.tables import jobs
from combray.write.change.draft import Draft
from combray.write.change.edit import approve, delete, hold_back_in, reject, supersede, update
from combray.write.facts.facts import facts_of
from tests.write.stored import USER, add, fact, pairs, raw, store_of


def read_by(items: Sequence[Item]) -> list[NewJob]:
    """The jobs of a system that reads every item."""
    return [NewJob(kind="s", payload={"ids": [item.id for item in items]})]


def nobody(_items: Sequence[Item]) -> list[NewJob]:
    """No system."""
    return []


def told(text: str, at: int) -> list[Item]:
    """A turn, and the facts that rules read from it."""
    said = raw(text, at=at)
    return [said, *facts_of(said)]


def only_fact(store: Store, value: str) -> Item:
    """The live fact with a value."""
    items = [i for i in store.items(USER) if i.kind == "fact" and i.status == "live"]
    return next(item for item in items if Fact.of(item).object == value)


# ── delete ───────────────────────────────────────────────────────────────────────────────────────


def test_a_deleted_item_goes_with_what_rests_on_it_alone() -> None:
    """Its fact goes too; a note that rests on another item as well stays."""
    said, rome = told("I live in Rome.", 10)
    other = raw("other")
    both = Draft(USER, "s").put("note", "both", [said, other])
    store = store_of(said, rome, other, both)
    gone = delete(store, said.id)
    assert (gone.id, gone.status) == (said.id, Status.DELETED)
    assert gone.known_to_us is not None
    assert store.one(rome.id).status == Status.DELETED
    assert store.one(both.id).status == Status.LIVE
    assert {(e.actor, e.why, e.op) for e in store.events(USER) if e.op == "delete"} == {
        ("user", "delete", "delete")
    }


def test_deleting_what_ended_another_opens_it_again() -> None:
    """The timeline closes over the fact that goes."""
    first, second = told("I live in Rome.", 10), told("I live in Paris.", 20)
    store = store_of(*first, *second)
    assert store.one(first[1].id).valid_to_us == 20
    delete(store, second[0].id)
    assert store.one(first[1].id).valid_to_us is None
    assert pairs(store) == set()


def test_what_rests_on_two_goes_with_the_last_of_them() -> None:
    """One is deleted first, then the other; nothing of their words is left in answers."""
    one, two = raw("one"), raw("two")
    both = Draft(USER, "s").put("note", "both", [one, two])
    store = store_of(one, two, both)
    delete(store, one.id)
    assert store.one(both.id).status == Status.LIVE
    delete(store, two.id)
    assert store.one(both.id).status == Status.DELETED


def test_what_is_deleted_is_deleted_once() -> None:
    """A second time changes nothing, and is no error."""
    said = raw("x")
    store = store_of(said)
    delete(store, said.id)
    head = store.head(USER)
    assert delete(store, said.id).status == Status.DELETED
    assert store.head(USER) == head


# ── update ───────────────────────────────────────────────────────────────────────────────────────


def test_a_new_text_is_read_again() -> None:
    """Facts that are no longer said go, with that reason; new ones come, on their timelines."""
    said, rome = told("I live in Rome.", 10)
    store = store_of(said, rome)
    item, fresh = update(store, said.id, lambda _item: {"text": "I live in Oslo."}, nobody)
    assert item.text == "I live in Oslo."
    event = next(e for e in reversed(store.events(USER)) if e.item_id == said.id)
    assert (event.op, event.actor, event.why) == ("update", "user", "update")
    assert [Fact.of(new).object for new in fresh] == ["Oslo"]
    assert fresh[0].sources == (said.id,)
    old = store.one(rome.id)
    assert (old.status, old.known_to_us is None) == (Status.DELETED, False)
    events = [event for event in store.events(USER) if event.item_id == rome.id]
    assert (events[-1].op, events[-1].why) == ("delete", "no longer said")
    assert only_fact(store, "Oslo").valid_to_us is None


def test_facts_that_are_still_said_stay() -> None:
    """The same fact keeps its id; nothing of it is stored again."""
    said, rome = told("I live in Rome.", 10)
    store = store_of(said, rome)
    _, fresh = update(
        store, said.id, lambda _item: {"text": "I live in Rome. I work at Acme."}, nobody
    )
    assert [Fact.of(new).object for new in fresh] == ["Acme"]
    assert store.one(rome.id).status == Status.LIVE


def test_what_others_derived_from_the_words_is_left_to_them() -> None:
    """A fact that a user gave with the text stays; it was not read from it by rule."""
    said = raw("Hello.", at=10)
    given = replace(fact("Rome", [said]), created_by="user")
    store = store_of(said, given)
    update(store, said.id, lambda _item: {"text": "Good morning."}, nobody)
    assert store.one(given.id).status == Status.LIVE


def test_systems_read_a_new_text_but_not_new_metadata() -> None:
    """The jobs follow from the words as they are now."""
    said = raw("Hello.", at=10)
    store = store_of(said)
    _, fresh = update(store, said.id, lambda _item: {"metadata": {"a": 1}}, read_by)
    assert (fresh, jobs.jobs(store.engine)) == ([], [])
    update(store, said.id, lambda _item: {"text": "Good morning."}, read_by)
    assert [job.payload for job in jobs.jobs(store.engine)] == [{"ids": [said.id]}]


def test_a_fact_whose_metadata_changes_moves_on_its_timeline() -> None:
    """Another stated start puts it elsewhere, and the fact before it ends there."""
    first, second = told("I live in Rome.", 10), told("I live in Paris.", 20)
    store = store_of(*first, *second)
    paris = store.one(second[1].id)
    moved = replace(Fact.of(paris), start=15).metadata()
    item, _ = update(store, paris.id, lambda _item: {"metadata": moved}, nobody)
    assert item.valid_from_us == 15
    assert store.one(first[1].id).valid_to_us == 15


def test_a_derived_text_that_is_changed_is_not_read() -> None:
    """Rules read the user's words, not what a system wrote."""
    said = raw("x")
    written = Draft(USER, "s").put("note", "x", [said])
    store = store_of(said, written)
    item, fresh = update(store, written.id, lambda _item: {"text": "I live in Rome."}, nobody)
    assert (item.text, fresh) == ("I live in Rome.", [])


def test_what_is_out_of_answers_is_not_changed() -> None:
    """Its words would come back as facts; the error says what it is, and nothing is changed."""
    said = raw("Hello.", at=10)
    store = store_of(said)
    delete(store, said.id)
    head = store.head(USER)
    with pytest.raises(InputError, match="is deleted, so it cannot be changed"):
        update(store, said.id, lambda _item: {"text": "I live in Rome."}, nobody)
    assert store.head(USER) == head


def test_an_update_that_is_held_back_holds_back_what_rests_on_it() -> None:
    """Facts that rules read go; what others derived from these words alone waits with them."""
    said, rome = told("I live in Rome.", 10)
    other = raw("other")
    alone, both = (Draft(USER, "s").put("note", "n", [said, *m]) for m in ([], [other]))
    store = store_of(said, rome, other, alone, both)
    update(store, said.id, lambda _item: {"text": "x", "status": Status.QUARANTINED}, nobody)
    states = [store.one(item.id).status for item in (said, rome, alone, both)]
    assert states == [Status.QUARANTINED, Status.DELETED, Status.QUARANTINED, Status.LIVE]


# ── supersede ────────────────────────────────────────────────────────────────────────────────────


def test_one_item_ends_where_another_begins() -> None:
    """Both come back as they are afterwards; the old one stays live, true of its own time."""
    old, new = raw("old", at=10), raw("new", at=20)
    store = store_of(old, new)
    ended, begun = supersede(store, old.id, new.id)
    assert (ended.id, ended.valid_to_us, ended.status) == (old.id, 20, Status.LIVE)
    assert (begun.id, begun.valid_to_us) == (new.id, None)
    assert pairs(store) == {(new.id, old.id)}
    last = [event for event in store.events(USER) if event.item_id == old.id][-1]
    assert (last.op, last.why, last.actor) == ("supersede", f"superseded by {new.id}", "user")


def test_the_facts_that_rest_on_what_is_superseded_end_with_it() -> None:
    """What was read from the old words alone is over where the new ones begin."""
    said, rome = told("I live in Rome.", 10)
    new = raw("That was a joke.", at=20)
    store = store_of(said, rome, new)
    supersede(store, said.id, new.id)
    assert store.one(rome.id).valid_to_us == 20
    assert Fact.of(store.one(rome.id)).end == 20


def test_a_functional_fact_is_ended_in_what_is_stated_of_it() -> None:
    """By an item that is no value of its relation: its timeline ends it and says why."""
    said, rome = told("I live in Rome.", 10)
    new = raw("new", at=20)
    store = store_of(said, rome, new)
    ended, _ = supersede(store, rome.id, new.id)
    assert (ended.valid_to_us, Fact.of(ended).end) == (20, 20)
    assert (new.id, rome.id) in pairs(store)


def test_values_of_one_relation_are_left_to_their_timeline() -> None:
    """They are in order already; nothing is changed."""
    first, second = told("I live in Rome.", 10), told("I live in Paris.", 20)
    store = store_of(*first, *second)
    before = store.head(USER)
    supersede(store, first[1].id, second[1].id)
    assert store.head(USER) == before


def test_superseding_backwards_is_refused() -> None:
    """What begins earlier cannot take the place of what begins later."""
    old, new = raw("old", at=20), raw("new", at=10)
    store = store_of(old, new)
    with pytest.raises(InputError, match="supersede the other way round"):
        supersede(store, old.id, new.id)
    assert pairs(store) == set()


def test_an_item_of_unknown_beginning_can_be_superseded() -> None:
    """Without a start nothing can be before it; equal starts are no way back either."""
    old, new = raw("old", at=20, valid_from_us=None), raw("new", at=10)
    assert supersede(store_of(old, new), old.id, new.id)[0].valid_to_us == 10
    old, new = raw("old", at=10), raw("new", at=10)
    assert supersede(store_of(old, new), old.id, new.id)[0].valid_to_us == 10


def test_a_circle_is_refused_over_any_number_of_items() -> None:
    """The message names both, and what to do."""
    a, b, c = (raw(name, at=10) for name in "abc")
    chain = [Link(src=x.id, dst=y.id, kind=SUPERSEDES) for x, y in ((b, a), (c, b))]
    store = store_of(a, b, c, links=chain)
    with pytest.raises(InputError, match=f"{c.id} itself supersedes {a.id}.*cycle"):
        supersede(store, c.id, a.id)


def test_two_memories_of_one_user_are_needed() -> None:
    """Neither an item itself nor another user's can take the place of one."""
    mine, theirs = raw("mine", at=10), raw("theirs", at=20, user="v")
    store = store_of(mine)
    add(store, theirs)
    for other, error in ((mine, "two memories"), (theirs, "no memory")):
        with pytest.raises(InputError, match=error):
            supersede(store, mine.id, other.id)


def test_only_what_stands_supersedes_and_is_superseded() -> None:
    """What is held back waits for approval first; what is deleted has no place to give or take."""
    held, old = raw("held", at=20, status=Status.QUARANTINED), raw("old", at=10)
    gone = raw("gone", at=20, status=Status.DELETED)
    store = store_of(held, old, gone)
    for first, second, error in (
        (old, held, "approve it first"),
        (old, gone, "is deleted, so it supersedes nothing"),
        (gone, old, "is deleted, so it cannot be superseded"),
    ):
        with pytest.raises(InputError, match=error):
            supersede(store, first.id, second.id)
    assert pairs(store) == set()


# ── review ───────────────────────────────────────────────────────────────────────────────────────


def test_what_is_approved_is_live_and_read() -> None:
    """Its facts are derived now, and its systems have a job for it."""
    said = raw("I live in Rome.", at=10, status=Status.QUARANTINED)
    store = store_of(said)
    item, facts = approve(store, said.id, read_by)
    assert item.status == Status.LIVE
    assert [Fact.of(new).object for new in facts] == ["Rome"]
    assert store.one(facts[0].id).sources == (said.id,)
    assert len(jobs.jobs(store.engine)) == 1
    assert store.events(USER)[-1].why == "approve"


def test_a_fact_of_two_texts_waits_for_the_approval_of_both() -> None:
    """It comes with the last of them."""
    one, two = (raw(words, status=Status.QUARANTINED) for words in ("Here.", "There."))
    held = replace(fact("Rome", [one, two]), status=Status.QUARANTINED)
    store = store_of(one, two)
    store.apply(ChangeSet(tenant=USER, actor="user", puts=[held]))
    approve(store, one.id, nobody)
    assert store.one(held.id).status == Status.QUARANTINED
    approve(store, two.id, nobody)
    assert store.one(held.id).status == Status.LIVE


def test_a_fact_that_was_held_back_is_not_read_twice() -> None:
    """What rules read before comes back with its text, under its id."""
    said, rome = told("I live in Rome.", 10)
    store = store_of(said, rome)
    with store.engine.write(USER) as cursor:
        hold_back_in(store, cursor, [said])
    assert store.one(rome.id).status == Status.QUARANTINED
    approve(store, said.id, nobody)
    assert [i.id for i in store.items(USER) if i.kind == "fact" and i.status == "live"] == [rome.id]


def test_what_is_rejected_stays_out_for_good() -> None:
    """Its history stays, and nothing is read from it."""
    said = raw("I live in Rome.", at=10, status=Status.QUARANTINED)
    store = store_of(said)
    item = reject(store, said.id)
    assert (item.status, item.known_to_us is None) == (Status.REJECTED, False)
    assert [each.kind for each in store.items(USER)] == ["turn"]
    assert [event.op for event in store.events(USER)] == ["add", "reject"]


@pytest.mark.parametrize("act", [reject, lambda store, id_: approve(store, id_, nobody)])
def test_only_what_is_in_quarantine_is_reviewed(act: object) -> None:
    """The error says what the item is."""
    said = raw("Hello.")
    with pytest.raises(InputError, match="not in quarantine \\(it is live\\)"):
        act(store_of(said), said.id)  # type: ignore[operator]
