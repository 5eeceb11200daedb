"""What a system derived: checked, stored and embedded so that it is found."""

from __future__ import annotations

import logging

import pytest

from combray.core.changes import ChangeSet, Patch
from combray.core.errors import ModelError, RejectedChange
from combray.recall.runtime.runtime import Runtime
from combray.store.store import Store
from combray.write.change.apply import derive
from combray.write.change.draft import Draft
from combray.write.change.embedding import heal
from tests.words import Words
from tests.write.change.test_embedding import ITEMS, Counted, without
from tests.write.stored import USER, store_of


class Broken(Words):
    """An embedder that fails."""

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Always fails."""
        raise ModelError("The embedder is away.")


@pytest.fixture
def store() -> Store:
    """Five turns without vectors."""
    return store_of(*ITEMS)


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
    (record,) = caplog.records
    assert record.name == "combray"
    assert record.getMessage() == "Stored 1 items without vectors: The embedder is away."
