"""Vectors by generation: one embedder each, and a change of embedder that loses nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from combray.core.arrays import FloatArray
from combray.core.changes import ChangeSet, Patch
from combray.core.errors import EmbedderMismatch
from combray.core.items import Item
from combray.store.connect import connect
from combray.store.engine import Engine
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.vectors import Generation
from combray.testing.base import item, put


def rows(count: int, width: int = 3) -> FloatArray:
    """Some numbers that differ from row to row."""
    made: FloatArray = np.arange(count * width, dtype=np.float32).reshape(count, width) / 7
    return made


def fill(engine: Engine, generation: Generation, data: FloatArray | None = None) -> FloatArray:
    """Give every item that lacks one a vector."""
    texts = vectors.pending(engine, generation.seq, limit=10_000)
    made = rows(len(texts), generation.dim) if data is None else data
    with engine.write() as cursor:
        vectors.add(cursor, generation.seq, texts, made)
    return made


def loaded(
    engine: Engine, tenant: str, generation: Generation, seqs: Sequence[int] | None = None
) -> dict[int, list[float]]:
    """The vectors of a tenant by the number of their item."""
    found = vectors.load(engine, tenant, generation.seq, seqs)
    return {seq: np.frombuffer(data, np.float32).tolist() for seq, data in found}


def test_before_the_first_vector_nothing_is_active(engine: Engine) -> None:
    """Any embedder may begin; there is no generation yet."""
    assert vectors.active(engine) is None
    assert vectors.generations(engine) == []
    vectors.check(engine, "anything")


def test_a_generation_is_begun_once(engine: Engine) -> None:
    """Beginning the same again finds it; it is the active one."""
    first = vectors.begin(engine, "words", 64, "active")
    assert vectors.begin(engine, "words", 64, "active") == first
    assert vectors.generations(engine) == [first]
    assert vectors.active(engine) == first == Generation(first.seq, "words", 64, "active")


def test_another_embedder_is_refused(engine: Engine) -> None:
    """The error names both, and the command that changes over."""
    vectors.begin(engine, "words", 64, "active")
    for refused in (
        lambda: vectors.check(engine, "minilm"),
        lambda: vectors.begin(engine, "minilm", 384, "active"),
    ):
        with pytest.raises(EmbedderMismatch) as caught:
            refused()
        for word in ("'words'", "'minilm'", "reindex"):
            assert word in str(caught.value)
    assert [g.embedder for g in vectors.generations(engine)] == ["words"]


def test_two_embedders_may_be_built_side_by_side(engine: Engine) -> None:
    """A generation that is being built is found by its embedder, and is not the active one."""
    old = vectors.begin(engine, "old", 2, "active")
    one = vectors.begin(engine, "one", 3, "building")
    other = vectors.begin(engine, "other", 4, "building")
    assert vectors.begin(engine, "one", 3, "building") == one
    assert vectors.generations(engine) == [old, one, other]
    assert vectors.active(engine) == old


def test_what_has_no_vector_is_pending_in_order(store: Store, engine: Engine) -> None:
    """Oldest first, of one tenant or all, cut at the limit; a vector takes an item off."""
    made = put(store, [item("one"), item("two"), item("three")])
    (theirs,) = put(store, [item("theirs", "v")])
    new = vectors.begin(engine, "words", 3, "active")
    ids = [p.item_id for p in vectors.pending(engine, new.seq)]
    assert ids == [i.id for i in (*made, theirs)]
    assert [p.text for p in vectors.pending(engine, new.seq, tenant="v")] == ["theirs"]
    assert [p.text for p in vectors.pending(engine, new.seq, limit=2)] == ["one", "two"]
    assert vectors.count_pending(engine, new.seq) == 4
    with engine.write() as cursor:
        vectors.add(cursor, new.seq, vectors.pending(engine, new.seq, limit=1), rows(1))
    assert vectors.count_pending(engine, new.seq) == 3
    assert made[0].id not in [p.item_id for p in vectors.pending(engine, new.seq)]


def test_the_speaker_is_part_of_what_is_embedded(store: Store, engine: Engine) -> None:
    """The text goes to the embedder with the name of who said it, title and caption."""
    said = item("I swam.", name="Ann", metadata={"title": "The Nile"})
    put(store, [said])
    (pending,) = vectors.pending(engine, 1)
    assert pending == vectors.pending_of(said)
    assert pending.text == 'Ann said, "The Nile. I swam."'


def test_vectors_come_back_to_the_bit(store: Store, engine: Engine) -> None:
    """What is loaded are the numbers that were stored, also where they are no contiguous rows."""
    put(store, [item(f"{n}") for n in range(4)])
    new = vectors.begin(engine, "words", 3, "active")
    wide = np.asarray([[np.pi, -0.0, 1e-38, 9], [1 / 3, 2, 3, 9]] * 2, np.float32)[:, :3]
    fill(engine, new, wide)
    assert list(loaded(engine, "u", new).values()) == wide.tolist()


def test_a_vector_of_an_item_that_has_gone_is_not_stored(store: Store, engine: Engine) -> None:
    """Neither is one of a generation that was dropped meanwhile."""
    put(store, [item("one")])
    new = vectors.begin(engine, "words", 3, "building")
    texts = vectors.pending(engine, new.seq)
    with engine.write("u") as cursor:
        cursor.run("DELETE FROM items")
        vectors.add(cursor, new.seq, texts, rows(1))
    put(store, [item("two")])
    texts = vectors.pending(engine, new.seq)
    vectors.drop(engine, new.seq)
    with engine.write("u") as cursor:
        vectors.add(cursor, new.seq, texts, rows(1))
    assert engine.read("SELECT count(*) FROM vectors") == [(0,)]


def test_a_vector_of_older_words_is_not_stored(store: Store, engine: Engine) -> None:
    """Whoever embedded a text that was changed meanwhile comes too late; the new one is pending."""
    one = item("I live in Rome.")
    put(store, [one])
    generation = vectors.begin(engine, "words", 3, "active")
    texts = vectors.pending(engine, generation.seq)
    patch = Patch(id=one.id, fields={"text": "I live in Bonn."})
    store.apply(ChangeSet(tenant="u", actor="t", patches=[patch]))
    with engine.write() as cursor:
        vectors.add(cursor, generation.seq, texts, rows(1))
    assert loaded(engine, "u", generation) == {}
    (text,) = vectors.pending(engine, generation.seq)
    assert text.text == "I live in Bonn."


def test_a_vector_is_replaced_not_doubled(store: Store, engine: Engine) -> None:
    """Embedding the same item again keeps the last vector."""
    put(store, [item("one")])
    new = vectors.begin(engine, "words", 3, "active")
    texts = vectors.pending(engine, new.seq)
    for data in (rows(1), rows(1) + 1):
        with engine.write() as cursor:
            vectors.add(cursor, new.seq, texts, data)
    assert list(loaded(engine, "u", new).values()) == (rows(1) + 1).tolist()


def test_new_words_lose_the_old_vectors(store: Store, engine: Engine) -> None:
    """In every generation at once; other changes keep them."""
    kept, changed = put(store, [item("kept"), item("changed")])
    for state in ("active", "building"):
        fill(engine, vectors.begin(engine, state, 3, state))

    def patch(one: Item, **fields: object) -> None:
        patches = [Patch(id=one.id, fields=fields)]
        store.apply(ChangeSet(tenant="u", actor="test", patches=patches))

    patch(kept, strength=0.5)
    patch(changed, text="other words")
    for generation in vectors.generations(engine):
        left = vectors.pending(engine, generation.seq)
        assert [p.item_id for p in left] == [changed.id]


def test_a_generation_takes_over_only_when_it_is_whole(store: Store, engine: Engine) -> None:
    """One item of any tenant without a vector holds it back; then the other is old."""
    put(store, [item("one")])
    old, new = (
        vectors.begin(engine, name, 3, state)
        for name, state in (("old", "active"), ("new", "building"))
    )
    fill(engine, new)
    put(store, [item("theirs", "v")])
    with engine.write() as cursor:
        assert not vectors.switch(cursor, new.seq)
    assert vectors.active(engine) == old
    fill(engine, new)
    with engine.write() as cursor:
        assert vectors.switch(cursor, new.seq)
    assert [(g.embedder, g.state) for g in vectors.generations(engine)] == [
        ("old", "old"),
        ("new", "active"),
    ]


def test_dropping_takes_the_vectors_and_spares_the_active(store: Store, engine: Engine) -> None:
    """An old generation goes with its vectors; the row of the active one stays."""
    put(store, [item(f"{n}") for n in range(5)])
    old = vectors.begin(engine, "old", 3, "building")
    new = vectors.begin(engine, "new", 3, "active")
    fill(engine, old)
    fill(engine, new)
    vectors.drop(engine, old.seq)
    assert vectors.generations(engine) == [new]
    assert engine.read("SELECT DISTINCT generation FROM vectors") == [(new.seq,)]
    vectors.drop(engine, new.seq)
    assert vectors.generations(engine) == [new]


def test_some_are_loaded_by_their_numbers(store: Store, engine: Engine) -> None:
    """More than one statement takes, only those asked for, and only the tenant's own."""
    put(store, [item(f"{n}") for n in range(1200)])
    put(store, [item("theirs", "v")])
    new = vectors.begin(engine, "words", 2, "active")
    fill(engine, new)
    seqs = [i.seq for i in store.items("u")]
    theirs = store.items("v")[0].seq
    wanted = [*seqs[:1100], theirs, 10**9]
    assert sorted(loaded(engine, "u", new, wanted)) == seqs[:1100]
    assert loaded(engine, "u", new, []) == {}
    assert list(loaded(engine, "v", new)) == [theirs]
    assert len(loaded(engine, "u", new)) == 1200


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("uv"), st.booleans()), max_size=12))
def test_pending_and_stored_are_all_there_is(given_items: list[tuple[str, bool]]) -> None:
    """After any additions, with or without a vector, the two halves make the whole."""
    store = connect(":memory:")
    engine = store.engine
    generation = vectors.begin(engine, "words", 3, "active")
    waiting: set[str] = set()
    for tenant, embedded in given_items:
        (made,) = put(store, [item("x", tenant)])
        if embedded:
            with engine.write() as cursor:
                vectors.add(cursor, generation.seq, [vectors.pending_of(made)], rows(1))
        else:
            waiting.add(made.id)
    assert {p.item_id for p in vectors.pending(engine, generation.seq)} == waiting
    assert vectors.count_pending(engine, generation.seq) == len(waiting)
    done = sum(len(vectors.load(engine, tenant, generation.seq)) for tenant in "uv")
    assert done + len(waiting) == len(given_items)
    store.close()
