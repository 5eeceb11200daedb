"""The record store: each change is whole, checked and in the history, or it is not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.changes import MUTABLE, ChangeSet, NewJob, Patch
from combray.core.errors import NotFound, RejectedChange
from combray.core.items import Item, Link, Scope
from combray.store.connect import connect
from combray.store.history import history
from combray.store.history.verify import verify
from combray.store.store import Store
from combray.store.tables import jobs
from combray.store.tables.fact_keys import filed
from combray.store.tables.rows import CHUNK, digest
from combray.testing.base import item, put
from tests.store.failing import failing


def change(store: Store, **fields: Any) -> str:
    """Apply a change of tenant u."""
    given: dict[str, Any] = {"tenant": "u", "actor": "test", **fields}
    return store.apply(ChangeSet(**given))


def patch(store: Store, one: Item, **fields: Any) -> str:
    """Change some fields of one item."""
    return change(store, patches=[Patch(id=one.id, fields=fields)])


# ── what a change leaves behind ──────────────────────────────────────────────────────────────────


def test_an_addition_is_an_event_with_all_its_fields(store: Store) -> None:
    """Who, why, nothing before, and everything after."""
    one = item("Ann swims.", name="Ann", metadata={"n": 1})
    made = change(store, puts=[one], actor="user", why="told")
    (event,) = store.events("u")
    assert (event.change_id, event.item_id, event.op) == (made, one.id, "add")
    assert (event.actor, event.why, event.before) == ("user", "told", None)
    assert event.after is not None
    assert (event.after["text"], event.after["name"]) == ("Ann swims.", "Ann")


def test_a_patch_is_an_event_with_the_fields_it_changed(store: Store) -> None:
    """Before and after hold these fields alone; the operation is as it was named."""
    (one,) = put(store, [item("old", metadata={"a": 1}, strength=0.5)])
    change(
        store,
        why="all of it",
        patches=[Patch(id=one.id, fields={"text": "new", "strength": 0.25}, op="edit")],
    )
    event = store.events("u")[-1]
    assert (event.op, event.why) == ("edit", "all of it")
    assert event.before == {"text": "old", "strength": 0.5}
    assert event.after == {"text": "new", "strength": 0.25}


def test_a_patch_may_have_a_reason_of_its_own(store: Store) -> None:
    """It stands for its item alone; the others keep the reason of the change."""
    one, two = put(store, [item("one"), item("two")])
    fields = {"strength": 0.5}
    patches = [Patch(id=one.id, fields=fields, why="mine"), Patch(id=two.id, fields=fields)]
    change(store, patches=patches, why="common")
    assert [event.why for event in store.events("u")[-2:]] == ["mine", "common"]


@pytest.mark.parametrize("name", sorted(MUTABLE))
def test_every_field_that_may_change_does(store: Store, name: str) -> None:
    """The item has the new value, and nothing else moved but the digest of its text."""
    values: dict[str, Any] = {
        "text": "other", "metadata": {"b": [1]}, "strength": 0.125, "count": 7,
        "status": "quarantined",
    }  # fmt: skip
    (one,) = put(store, [item("x", metadata={"a": 1})])
    value = values.get(name, 12345)
    patch(store, one, **{name: value})
    kept = store.one(one.id)
    assert kept.field(name) == value
    assert replace(kept, seq=0) == one.with_fields({name: value})


def test_new_words_are_found_and_old_ones_are_not(store: Store) -> None:
    """The text that is compared when something is told again moves with the text."""
    (one,) = put(store, [item("I live in Rome.")])
    patch(store, one, text="I live in Oslo.")
    for text, count in (("I live in Rome.", 0), ("I live in  Oslo.", 1), ("i live in oslo", 0)):
        assert len(store.same_text("u", [text])[text]) == count


def test_a_change_says_its_id_and_no_two_are_the_same(store: Store) -> None:
    """All events of one change carry it; the history is asked by it."""
    first = change(store, puts=[item("a"), item("b")])
    second = change(store, puts=[item("c")])
    assert first != second
    assert len(store.events("u", change_id=first)) == 2
    assert [e.change_id for e in store.events("u")] == [first, first, second]


def test_jobs_are_queued_with_the_change(store: Store) -> None:
    """And are not when the change is refused."""
    job = NewJob(kind="k", payload={"n": 1})
    change(store, puts=[item("a")], jobs=[job])
    with pytest.raises(RejectedChange):
        change(store, patches=[Patch(id="nobody", fields={"text": "x"})], jobs=[job])
    assert len(jobs.jobs(store.engine)) == 1


def test_an_empty_change_leaves_no_event(store: Store) -> None:
    """It is harmless, and says so by being false."""
    assert not ChangeSet(tenant="u", actor="test")
    change(store)
    assert store.head("u") == 0


# ── what is refused ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "fields", [{"id": "x"}, {"kind": "fact"}, {"seq": 3}, {"tenant": "v"}, {"sources": []}, {}]
)
def test_what_may_not_change_is_refused(store: Store, fields: dict[str, Any]) -> None:
    """Identity, kind and sources stand for good; the message names what may change."""
    (one,) = put(store, [item("x")])
    with pytest.raises(RejectedChange, match="metadata"):
        patch(store, one, **fields)
    assert store.events("u")[-1].op == "add"


def test_an_item_of_another_user_cannot_be_put_here(store: Store) -> None:
    """A change is of one tenant; an item with another scope is refused by its id."""
    stray = item("x", "v")
    with pytest.raises(RejectedChange, match=stray.id):
        change(store, puts=[item("mine"), stray])
    assert store.tenants() == []


def test_a_source_may_come_in_the_same_change(store: Store) -> None:
    """What is cited is there, or comes along; else the change is refused and names it."""
    source = item("said")
    fact = item("so", kind="fact", sources=(source.id,))
    with pytest.raises(RejectedChange, match=source.id):
        change(store, puts=[fact])
    change(store, puts=[fact, source], links=[Link(src=fact.id, dst=source.id, kind="k")])
    assert [i.id for i in store.citing("u", [source.id])] == [fact.id]


def test_what_is_live_rests_on_something_live(store: Store) -> None:
    """Whoever changes a status: no words out of answers leave a live item that rests on them."""
    one, two = item("one"), item("two")
    both = item("both", kind="note", sources=(one.id, two.id))
    change(store, puts=[one, two, both])
    patch(store, one, status="deleted")
    head = store.head("u")
    with pytest.raises(RejectedChange, match=f"{both.id} cannot be live"):
        patch(store, two, status="rejected")
    with pytest.raises(RejectedChange, match="cannot be live: what it rests on is deleted"):
        change(store, puts=[item("new", kind="note", sources=(one.id,))])
    assert store.head("u") == head
    change(store, patches=[Patch(id=i.id, fields={"status": "deleted"}) for i in (two, both)])
    with pytest.raises(RejectedChange, match="cannot be live"):
        patch(store, both, status="live")
    change(store, patches=[Patch(id=i.id, fields={"status": "live"}) for i in (two, both)])


def test_an_item_is_decided_about_as_it_is_inside(store: Store) -> None:
    """`changing` gives the item that the transaction sees, and undoes all that a block did."""
    one = item("Ann swims.")
    change(store, puts=[one])

    def work() -> None:
        with store.changing(one.id) as (cursor, seen):
            assert seen.text == "Ann swims."
            store.apply_in(cursor, ChangeSet(tenant="u", actor="t", puts=[item("more")]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert [each.text for each in store.items("u")] == ["Ann swims."]
    for name, tenant in (("unknown", None), (one.id, "v")):
        with pytest.raises(NotFound), store.changing(name, tenant):
            pass


@pytest.mark.parametrize("name", ["missing", "foreign", "kind"])
def test_a_link_that_is_not_there_cannot_go(store: Store, name: str) -> None:
    """Nor one of another user, nor one of another kind."""
    (one, two), (a, b) = (put(store, [item("x", t), item("y", t)]) for t in "uv")
    store.apply(ChangeSet(tenant="v", actor="t", links=[Link(src=a.id, dst=b.id, kind="k")]))
    change(store, links=[Link(src=one.id, dst=two.id, kind="k")])
    ends = {
        "missing": (two.id, one.id, "k"),
        "foreign": (a.id, b.id, "k"),
        "kind": (one.id, two.id, "other"),
    }
    with pytest.raises(RejectedChange, match="link"):
        change(store, unlinks=[ends[name]])
    assert len(store.links("u")) == len(store.links("v")) == 1


def test_a_change_in_an_open_transaction_goes_with_it(store: Store) -> None:
    """`apply_in` commits nothing by itself."""
    whole = ChangeSet(tenant="u", actor="test", puts=[item("x")])
    with pytest.raises(ZeroDivisionError):
        failing(store.engine, lambda cursor: store.apply_in(cursor, whole))
    assert store.items("u") == []


# ── links ────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_told_again_is_brought_up_to_date(store: Store) -> None:
    """One link for two ends and a kind; its event says what it was."""
    one, two = put(store, [item("one"), item("two")])
    link = Link(src=one.id, dst=two.id, kind="k", weight=0.5, valid_from_us=1)
    change(store, links=[link])
    newer = replace(link, weight=0.75, valid_to_us=9, sources=(one.id,))
    change(store, links=[newer])
    assert store.links("u") == [newer]
    event = store.events("u")[-1]
    assert event.before is not None
    assert event.after is not None
    assert (event.before["weight"], event.after["weight"]) == (0.5, 0.75)


def test_links_are_listed_by_kind(store: Store) -> None:
    """Of this tenant, in a fixed order."""
    items = sorted(put(store, [item(f"{n}") for n in range(3)]), key=lambda i: i.id)
    a, b, c = (i.id for i in items)
    links = [
        Link(src=a, dst=b, kind="k"),
        Link(src=a, dst=c, kind="k"),
        Link(src=b, dst=c, kind="m"),
    ]
    change(store, links=links[::-1])
    assert store.links("u") == links
    assert store.links("u", kind="m") == links[2:]
    assert store.links("v") == []


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def test_what_is_stored_while_listing_does_not_join_in(store: Store) -> None:
    """`newest` is read as it is taken, chunk by chunk, without doubles or newcomers."""
    texts = [f"{n}" for n in range(2 * CHUNK + 1)]
    put(store, [item(text) for text in texts])
    seen = []
    for number, one in enumerate(store.newest("u")):
        if number % CHUNK == 0:
            put(store, [item("newcomer")])
        seen.append(one.text)
    assert seen == texts[::-1]


def test_newest_leaves_out_what_is_not_live(store: Store) -> None:
    """Also when it goes on from an item that was deleted itself."""
    items = put(store, [item(f"{n}") for n in range(4)])
    for one in items[1:3]:
        patch(store, one, status="deleted")
    assert [i.text for i in store.newest("u")] == ["3", "0"]
    assert [i.text for i in store.newest("u", items[2].id)] == ["0"]


def test_the_same_words_are_looked_up_for_many_texts(store: Store) -> None:
    """Every text has an answer, more than a statement takes, live items only."""
    one, gone = put(store, [item("One."), item("Gone.")])
    patch(store, gone, status="deleted")
    texts = ["One.", "Gone.", *(f"nothing {n}" for n in range(CHUNK))]
    found = store.same_text("u", texts)
    assert list(found) == texts
    assert [i.id for i in found["One."]] == [one.id]
    assert not any(found[text] for text in texts[1:])


def test_repeated_words_are_looked_up_by_their_digests(store: Store) -> None:
    """Only of digests that several live items of the tenant share."""
    twice = put(store, [item("One."), item("One. ")])
    put(store, [item("Two.")])
    digests = {digest(text) for text in ("One.", "Two.", "Three.")}
    found = store.repeated("u", digests)
    assert {key: [i.id for i in items] for key, items in found.items()} == {
        digest("One."): [i.id for i in twice]
    }
    patch(store, twice[0], status="deleted")
    assert store.repeated("u", digests) == store.repeated("v", digests) == {}


def test_an_item_is_anyones_who_has_its_id_unless_a_tenant_is_named(store: Store) -> None:
    """The refusal is the same for an item of another and for none."""
    (one,) = put(store, [item("x")])
    assert store.one(one.id).id == store.one(one.id, "u").id == one.id
    said = set()
    for id_, tenant in ((one.id, "v"), ("nobody", "v"), ("nobody", None)):
        with pytest.raises(NotFound) as caught:
            store.one(id_, tenant)
        said.add(str(caught.value).replace(id_, "ID"))
    assert len(said) == 1


def test_history_is_asked_by_item_change_and_number(store: Store) -> None:
    """The three narrow together; the oldest event comes first."""
    one, two = put(store, [item("one"), item("two")])
    head = store.head("u")
    made = patch(store, one, strength=0.5)
    assert [e.item_id for e in store.events("u")] == [one.id, two.id, one.id]
    assert [e.op for e in store.events("u", item_id=one.id)] == ["add", "update"]
    assert [e.item_id for e in store.events("u", after=head)] == [one.id]
    assert store.events("u", item_id=two.id, change_id=made) == []


def test_tenants_are_those_with_items(store: Store) -> None:
    """The shared one is the empty name, and stands first."""
    for name in ("v", "u", None):
        put(store, [replace(item("x"), scope=Scope(name))])
    assert store.tenants() == ["", "u", "v"]


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────

STEP = st.tuples(
    st.sampled_from(("put", "text", "strength", "status", "link", "unlink", "bad")),
    st.integers(0, 9),
    st.integers(0, 9),
)


def act(store: Store, step: tuple[str, int, int]) -> None:
    """Do one step; numbers name items, counted round and round."""
    verb, first, second = step
    items = store.items("u")
    if verb == "put" or not items:
        sources = (items[first % len(items)].id,) if items and second % 2 else ()
        change(store, puts=[item(f"{first}", sources=sources)])
        return
    one, two = items[first % len(items)], items[second % len(items)]
    if verb == "link":
        change(store, links=[Link(src=one.id, dst=two.id, kind="k", weight=second)])
    elif verb == "unlink":
        change(store, unlinks=[(one.id, two.id, "k")])
    elif verb == "bad":
        change(store, puts=[item("lost")], patches=[Patch(id="nobody", fields={"text": "x"})])
    else:
        value = {"text": f"new {second}", "strength": second / 8, "status": "deleted"}[verb]
        patch(store, one, **{verb: value})


@settings(max_examples=50, deadline=None)
@given(st.lists(STEP, max_size=20))
def test_the_tables_are_the_replay_of_the_events(steps: list[tuple[str, int, int]]) -> None:
    """After any changes, refused ones among them, and so after every first part of them."""
    store = connect(":memory:")
    for step in steps:
        before = history.stored(store, "u"), store.head("u")
        try:
            act(store, step)
        except RejectedChange:
            assert (history.stored(store, "u"), store.head("u")) == before
        assert history.differences(store, "u") == []
    assert len(store.changed("u", 0)) == len(store.items("u"))
    store.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "half \ud83d"},
        {"name": "a\0"},
        {"valid_from_us": -(2**60)},
        {"metadata": {"a": "\0"}},
    ],
)
def test_what_cannot_be_kept_is_refused_by_the_last_door(fields: dict[str, Any]) -> None:
    """Whoever proposes it, new or as a change: nothing is applied, and the field is named."""
    store = connect(":memory:")
    (kept,) = put(store, [item("one")])
    bad = replace(item("two"), **fields)
    with pytest.raises(RejectedChange, match=next(iter(fields)).removesuffix("_us")):
        put(store, [bad])
    patch = Patch(id=kept.id, fields={"metadata": {"a": "\ud83d"}})
    with pytest.raises(RejectedChange, match="metadata cannot be kept"):
        store.apply(ChangeSet(tenant=kept.scope.tenant, actor="x", patches=[patch]))
    assert [each.text for each in store.items(kept.scope.tenant)] == ["one"]
    assert store.one(kept.id).metadata == kept.metadata


@pytest.mark.parametrize("name", sorted(MUTABLE))
def test_a_fact_is_filed_by_what_it_was_changed_to(store: Store, name: str) -> None:
    """Whatever changes of it, its entry among the topics follows."""
    about = {"functional": True, "subject": "Ann", "relation": "lives in"}
    (raw,) = put(store, [item("one")])
    (fact,) = put(store, [item("fact", kind="fact", sources=(raw.id,), metadata=about)])
    values = {"text": "other", "metadata": {**about, "subject": "Bo"}, "status": "deleted"}
    value = values.get(name, 2**50)
    patch = Patch(id=fact.id, fields={name: value})
    store.apply(ChangeSet(tenant="u", actor="t", patches=[patch]))
    assert verify(store).problems == ()
    now = filed(store.one(fact.id))
    assert store.engine.read("SELECT tenant, topic, item_id, settled, said, value FROM topics") == [
        now
    ]
