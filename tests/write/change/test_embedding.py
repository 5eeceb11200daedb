"""Vectors for what was committed, a chunk at a time."""

from __future__ import annotations

import pytest

from combray.core.errors import EmbedderMismatch
from combray.store.store import Store
from combray.store.tables import vectors
from combray.write.change import embedding
from combray.write.change.embedding import embed, heal
from tests.words import Words
from tests.write.stored import USER, add, raw, store_of

ITEMS = [raw(f"text {number}") for number in range(5)]


class Counted(Words):
    """Words that count how many texts each call embeds."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Rows of unit length, shape (n, 64)."""
        self.calls.append(len(texts))
        return super().embed(texts)


@pytest.fixture
def store() -> Store:
    """Five turns without vectors."""
    return store_of(*ITEMS)


def without(store: Store) -> int:
    """How many items have no vector of the active generation."""
    generation = vectors.active(store.engine)
    return vectors.count_pending(store.engine, 0 if generation is None else generation.seq)


def pending(store: Store) -> list[vectors.Pending]:
    """What is to be embedded, of every item."""
    return [vectors.pending_of(store.one(item.id)) for item in ITEMS]


def test_texts_are_embedded_a_chunk_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of CHUNK texts; progress says how many are done, of how many."""
    monkeypatch.setattr(embedding, "CHUNK", 2)
    words, told = Counted(), []
    embed(store, words, pending(store), lambda done, total: told.append((done, total)))
    assert words.calls == [2, 2, 1]
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert without(store) == 0


def test_the_first_vectors_begin_a_generation(store: Store) -> None:
    """It carries the embedder's name and width, and is active."""
    assert vectors.active(store.engine) is None
    embed(store, Words(), pending(store)[:1])
    generation = vectors.active(store.engine)
    assert generation is not None
    assert (generation.embedder, generation.dim) == ("words", 64)
    embed(store, Words(), pending(store)[1:])
    assert len(vectors.generations(store.engine)) == 1


def test_vectors_of_another_embedder_are_refused(store: Store) -> None:
    """Vectors of two embedders cannot be compared."""
    embed(store, Words(), pending(store)[:1])
    other = Words()
    other.name = "other"
    with pytest.raises(EmbedderMismatch):
        embed(store, other, pending(store)[1:])
    assert without(store) == 4


def test_texts_of_several_users_may_be_embedded_at_once(store: Store) -> None:
    """A chunk may cross tenants."""
    theirs = raw("theirs", user="v")
    add(store, theirs)
    embed(store, Words(), [*pending(store), vectors.pending_of(store.one(theirs.id))])
    assert without(store) == 0


def test_what_has_no_vector_is_healed_once(store: Store) -> None:
    """It is embedded, with or without a generation before; then nothing is left to do."""
    assert heal(store, Words(), USER) == 5
    assert heal(store, Words(), USER) == 0
    add(store, raw("more"))
    assert heal(store, Words(), USER) == 1
    assert without(store) == 0


def test_only_the_tenant_that_is_asked_for_is_healed(store: Store) -> None:
    """Another user's items wait for their own."""
    add(store, raw("theirs", user="v"))
    assert heal(store, Words(), "v") == 1
    assert without(store) == 5
