"""Facts on their timelines in a store: what changes for them and for the facts beside them."""

from __future__ import annotations

from collections.abc import Sequence

from combray.core.changes import ChangeSet, Patch
from combray.core.facts import ENDED, WAS, Fact
from combray.core.items import SUPERSEDES, Item, Link, Status
from combray.store.store import Store
from combray.write.facts.facts import end_fact
from combray.write.facts.update_timelines import TimelineChange, update_timelines
from tests.write.stored import USER, add, fact, pairs, raw, store_of


def update(store: Store, facts: Sequence[Item]) -> TimelineChange:
    """What facts change, without applying it."""
    with store.engine.write(USER) as cursor:
        return update_timelines(cursor.run, USER, facts)


def test_a_later_value_ends_the_earlier_one_and_is_linked_to_it() -> None:
    """The stored fact is patched to end where the new one begins, with a reason."""
    first, second = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [first]), fact("Paris", [second])
    store = store_of(first, second, rome)
    change = update(store, [paris])
    assert [(i.id, i.valid_from_us, i.valid_to_us) for i in change.puts] == [(paris.id, 20, None)]
    (patch,) = change.patches
    assert (patch.id, dict(patch.fields), patch.op) == (rome.id, {"valid_to": 20}, "supersede")
    assert patch.why == f"superseded by {paris.id}"
    assert change.links == [Link(src=paris.id, dst=rome.id, kind=SUPERSEDES)]
    assert change.unlinks == []


def test_an_earlier_value_that_arrives_late_gets_its_end_at_once() -> None:
    """The new fact is stored with its final interval; the one that follows it stays as it is."""
    first, second = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [first]), fact("Paris", [second])
    store = store_of(first, second, paris)
    change = update(store, [rome])
    assert [(i.valid_from_us, i.valid_to_us) for i in change.puts] == [(10, 20)]
    assert change.patches == []
    assert [(link.src, link.dst) for link in change.links] == [(paris.id, rome.id)]


def test_two_at_once_are_put_in_order_among_themselves() -> None:
    """Facts of one change end each other as if they had come one by one."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said, paris, rome)
    kept = store.get(USER, [rome.id, paris.id])
    assert (kept[rome.id].valid_to_us, kept[paris.id].valid_to_us) == (20, None)
    assert pairs(store) == {(paris.id, rome.id)}


def test_other_relations_and_other_people_are_left_alone() -> None:
    """A timeline belongs to one subject and one relation."""
    said = raw("a", at=10), raw("b", at=20)
    store = store_of(*said, fact("Rome", [said[0]]))
    others = fact("Acme", [said[1]], relation="works at"), fact("Oslo", [said[1]], subject="Ben")
    assert update(store, others).patches == []
    assert update(store, [fact("Oslo", [said[1]], subject="ANN")]).patches != []


def test_what_is_no_functional_fact_is_put_as_it_is() -> None:
    """Several likes stand beside each other; a stored one is not put again."""
    said = raw("a", at=10)
    likes = [fact(thing, [said], relation="likes", functional=False) for thing in ("tea", "jam")]
    store = store_of(said, likes[0])
    stored = store.one(likes[0].id)
    change = update(store, [stored, likes[1]])
    assert (change.puts, change.patches, change.links) == ([likes[1]], [], [])


def test_a_fact_that_goes_gives_back_the_time_it_took() -> None:
    """Without its successor a fact is open again, and the link between them is taken away."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said, rome, paris)
    gone = store.one(paris.id).with_fields({"status": Status.DELETED})
    change = update(store, [gone])
    (patch,) = change.patches
    assert (patch.id, patch.op, dict(patch.fields)) == (rome.id, "reopen", {"valid_to": None})
    assert patch.why == "nothing supersedes it any more"
    assert change.unlinks == [(paris.id, rome.id, SUPERSEDES)]
    assert change.puts == []


def test_between_two_a_third_takes_over_both_links() -> None:
    """A value that arrives between two is linked to both, and they no longer to each other."""
    said = raw("a", at=10), raw("b", at=20), raw("c", at=30)
    rome, oslo, paris = (fact(v, [s]) for v, s in zip(("Rome", "Oslo", "Paris"), said, strict=True))
    store = store_of(*said, rome, paris)
    add(store, oslo)
    assert pairs(store) == {(oslo.id, rome.id), (paris.id, oslo.id)}
    assert [store.one(i.id).valid_to_us for i in (rome, oslo, paris)] == [20, 30, None]


def test_a_stated_end_moves_the_interval_without_a_successor() -> None:
    """Ending a fact by its metadata retimes it; nobody is named as its successor."""
    said = raw("a", at=10)
    rome = fact("Rome", [said])
    store = store_of(said, rome)
    stored = store.one(rome.id)
    change = update(store, [stored.with_fields({"metadata": end_fact(stored, 15)})])
    (patch,) = change.patches
    assert (patch.op, patch.why) == ("retime", "its timeline changed")
    assert dict(patch.fields) == {"valid_to": 15}


def test_only_the_fields_that_change_are_patched() -> None:
    """A fact whose start moves too is patched in both; one that stands still not at all."""
    said = raw("a", at=10)
    rome = fact("Rome", [said])
    store = store_of(said, rome)
    stored = store.one(rome.id)
    assert update(store, [stored]).patches == []
    moved = {**stored.metadata, "stated": {"from": 5, "to": 15}}
    (patch,) = update(store, [stored.with_fields({"metadata": moved})]).patches
    assert dict(patch.fields) == {"valid_from": 5, "valid_to": 15}


def test_what_was_is_one_fact_and_never_its_own_successor() -> None:
    """The claim that ends a past value belongs to the same item: no link to itself."""
    said = raw("a", at=30), raw("b", at=40)
    was = fact("Rome", [said[0]], says=WAS, start=None, end=30)
    paris = fact("Paris", [said[1]])
    store = store_of(*said, was, paris)
    kept = store.one(was.id)
    assert (kept.valid_from_us, kept.valid_to_us) == (None, 30)
    assert all(later != earlier for later, earlier in pairs(store))


def test_an_end_supersedes_what_it_ends() -> None:
    """ "I left Acme" ends the fact, and is linked as what came later."""
    said = raw("a", at=10), raw("b", at=20)
    works = fact("Acme", [said[0]], relation="works at")
    left = fact("Acme", [said[1]], relation="works at", says=ENDED)
    store = store_of(*said, works, left)
    assert store.one(works.id).valid_to_us == 20
    assert pairs(store) == {(left.id, works.id)}


def test_a_link_that_a_person_made_to_something_else_stays() -> None:
    """Only links between facts of the touched topics are taken away."""
    said = raw("a", at=10), raw("b", at=20), raw("c", at=30)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    own = Link(src=paris.id, dst=said[0].id, kind=SUPERSEDES)
    store = store_of(*said, rome, paris, links=[own])
    add(store, fact("Oslo", [said[2]]))
    assert (paris.id, said[0].id) in pairs(store)


def test_another_users_facts_are_not_touched() -> None:
    """Timelines stay inside one tenant."""
    mine, theirs = raw("a", at=10), raw("b", at=20, user="v")
    rome = fact("Rome", [mine])
    store = store_of(mine, rome)
    add(store, theirs, fact("Paris", [theirs]))
    assert store.one(rome.id).valid_to_us is None


def test_a_change_joins_what_follows_from_it() -> None:
    """Joining appends to every part of a change and keeps the rest of it."""
    said, more = raw("a"), raw("b")
    link = Link(src=more.id, dst=said.id, kind=SUPERSEDES)
    patch = Patch(id=said.id, fields={"count": 2})
    follow = TimelineChange([more], [patch], [link], [("x", "y", SUPERSEDES)])
    first = ChangeSet(
        tenant=USER,
        actor="user",
        why="add",
        puts=[said],
        patches=[Patch(id="p", fields={})],
        links=[Link(src="s", dst="d", kind="k")],
        unlinks=[("1", "2", "k")],
    )
    both = follow.join(first)
    assert (both.tenant, both.actor, both.why) == (USER, "user", "add")
    assert both.puts == [said, more]
    assert [p.id for p in both.patches] == ["p", said.id]
    assert [each.kind for each in both.links] == ["k", SUPERSEDES]
    assert both.unlinks == [("1", "2", "k"), ("x", "y", SUPERSEDES)]


def test_facts_keep_their_metadata_on_a_timeline() -> None:
    """The stated interval stays beside the interval that came of it."""
    said = raw("a", at=10), raw("b", at=20)
    rome, paris = fact("Rome", [said[0]]), fact("Paris", [said[1]])
    store = store_of(*said, rome, paris)
    kept = store.one(rome.id)
    assert kept.valid_to_us == 20
    assert Fact.of(kept).end is None
