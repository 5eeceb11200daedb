"""Figures of a tenant: what they count, and what they leave out."""

from __future__ import annotations

import numpy as np

from combray.core.changes import ChangeSet, Patch
from combray.core.items import Item, Scope
from combray.store.history.stats import tenant_sizes, tenant_stats
from combray.store.store import Store
from combray.store.tables import vectors
from combray.testing.base import item, put


def delete(store: Store, one: Item) -> None:
    """Take an item out of every answer."""
    patches = [Patch(id=one.id, fields={"status": "deleted"})]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))


def test_live_items_are_counted_by_kind(store: Store) -> None:
    """Deleted ones are in the history and the bytes, not in the counts."""
    a, _, gone = put(store, [item("a"), item("b", kind="text"), item("gone")])
    put(store, [item("f", kind="fact", sources=(a.id,))])
    delete(store, gone)
    figures = tenant_stats(store, "u")
    assert figures["kinds"] == {"fact": 1, "text": 1, "turn": 1}
    assert figures["items"] == 3
    assert figures["events"] == 5


def test_sessions_are_counted_once(store: Store) -> None:
    """Each name once; what was said in none is in none."""
    for session in ("s1", "s1", "s2", None):
        one = Item(id=item("").id, text="x", scope=Scope("u", None, session))
        store.apply(ChangeSet(tenant="u", actor="test", puts=[one]))
    assert tenant_stats(store, "u")["sessions"] == 2


def test_bytes_grow_with_what_is_kept(store: Store) -> None:
    """Texts, data, history and vectors all take some; changes keep the old words too."""
    sizes = [tenant_stats(store, "u")["bytes"]]
    (one,) = put(store, [item("x" * 1000, metadata={"a": "y" * 500})])
    sizes.append(tenant_stats(store, "u")["bytes"])
    patches = [Patch(id=one.id, fields={"text": "short"})]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))
    sizes.append(tenant_stats(store, "u")["bytes"])
    generation = vectors.begin(store.engine, "words", 100, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((1, 100), np.float32))
    sizes.append(tenant_stats(store, "u")["bytes"])
    assert sizes[0] == 0
    assert sizes[1] >= 2 * 1500
    assert sizes[2] > sizes[1] - 1000
    assert sizes[3] == sizes[2] + 400


def test_what_waits_for_a_vector_is_counted(store: Store) -> None:
    """All of it before the first embedder; then what the next search will embed."""
    put(store, [item("a"), item("b")])
    before = tenant_stats(store, "u")
    assert (before["without_vector"], before["embedder"]) == (2, None)
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq, limit=1)
        vectors.add(cursor, generation.seq, texts, np.ones((1, 2), np.float32))
    after = tenant_stats(store, "u")
    assert (after["without_vector"], after["embedder"]) == (1, "words")


def test_a_tenant_has_its_own_figures(store: Store) -> None:
    """Another's items change none of them; an unknown one has nothing."""
    put(store, [item("a")])
    before = tenant_stats(store, "u")
    put(store, [item("b" * 100, "v"), item("c", "v")])
    assert tenant_stats(store, "u") == before
    nobody = tenant_stats(store, "nobody")
    assert (nobody["items"], nobody["bytes"], nobody["kinds"]) == (0, 0, {})


def test_who_is_here_and_how_much(store: Store) -> None:
    """Every tenant with live items by its name, the shared one first; empty ones are left out."""
    put(store, [item("a"), item("b")])
    put(store, [item("c", "")])
    (gone,) = put(store, [item("d", "v")])
    patches = [Patch(id=gone.id, fields={"status": "deleted"})]
    store.apply(ChangeSet(tenant="v", actor="test", patches=patches))
    sizes = tenant_sizes(store)
    assert sizes == {"": 1, "u": 2}
    assert list(sizes) == ["", "u"]
