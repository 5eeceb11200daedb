"""Vectors for what was committed, and the changes of systems that are embedded when applied."""

from __future__ import annotations

import logging

import pytest

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import EmbedderMismatch, ModelError, RejectedChange
from combray.recall.runtime.runtime import Runtime
from combray.store.store import Store
from combray.store.tables import vectors
from combray.write.change import embedding
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
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


class Broken(Words):
    """An embedder that fails."""

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Always fails."""
        raise ModelError("The embedder is away.")


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


# ── changes of systems ───────────────────────────────────────────────────────────────────────────


def test_what_a_system_derives_is_checked_stored_and_embedded(store: Store) -> None:
    """New items and rewritten texts have vectors afterwards."""
    heal(store, Words(), USER)
    draft = Draft(USER, "s")
    note = draft.put("note", "a note", ITEMS[:1])
    done = derive(Runtime(store, Words()), draft.change())
    assert done.change_id is not None
    assert store.one(note.id).text == "a note"
    assert without(store) == 0
    rewritten = Patch(id=note.id, fields={"text": "another"}, why="better")
    derive(Runtime(store, Words()), ChangeSet(tenant=USER, actor="s", patches=[rewritten]))
    assert store.one(note.id).text == "another"
    assert without(store) == 0


def test_other_fields_need_no_new_vector(store: Store) -> None:
    """A patch that changes no text embeds nothing."""
    heal(store, Words(), USER)
    words = Counted()
    patch = Patch(id=ITEMS[0].id, fields={"strength": 2.0}, why="recalled")
    derive(Runtime(store, words), ChangeSet(tenant=USER, actor="s", patches=[patch]))
    assert words.calls == []


def test_an_empty_change_is_not_applied(store: Store) -> None:
    """There is nothing to check, to store or to embed."""
    words, before = Counted(), store.head(USER)
    assert derive(Runtime(store, words), ChangeSet(tenant=USER, actor="s")).change_id is None
    assert (words.calls, store.head(USER)) == ([], before)


def test_a_change_that_breaks_an_invariant_is_refused(store: Store) -> None:
    """Systems pass the same validator as everybody."""
    bad = Patch(id=ITEMS[0].id, fields={"text": "x"}, why="better")
    with pytest.raises(RejectedChange, match="own words"):
        derive(Runtime(store, Words()), ChangeSet(tenant=USER, actor="s", patches=[bad]))
    assert store.one(ITEMS[0].id).text == "text 0"


def test_an_embedder_that_fails_loses_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """The change is stored without vectors, and the log says so."""
    draft = Draft(USER, "s")
    note = draft.put("note", "a note", ITEMS[:1])
    with caplog.at_level(logging.WARNING, logger="combray"):
        derive(Runtime(store, Broken()), draft.change())
    assert store.one(note.id).text == "a note"
    assert "Stored 1 items without vectors: The embedder is away." in caplog.text
