"""A change of embedder while searches go on: a second generation beside the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from combray.core.errors import InputError, ModelError, StoreBusy, StoreError
from combray.store.connect import connect
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.vectors import PendingText
from combray.write.change.embedding import heal
from combray.write.maintain import reindex as module
from combray.write.maintain.reindex import reindex
from tests.words import Words
from tests.write.stored import USER, add, raw, store_of

COUNT = 5


class Other(Words):
    """Words under another name, that count and may fail."""

    name = "other"

    def __init__(self, fails_after: int | None = None, width: int = 64) -> None:
        self.embedded, self._fails_after, self._width = 0, fails_after, width

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Rows of unit length, until it fails."""
        if self._fails_after is not None and self.embedded + len(texts) > self._fails_after:
            raise ModelError("The embedder is away.")
        self.embedded += len(texts)
        return super().embed(texts)[:, : self._width]


@pytest.fixture
def store() -> Store:
    """Five turns with vectors of Words."""
    store = store_of(*(raw(f"text {number}") for number in range(COUNT)))
    heal(store, Words(), USER)
    return store


def active(store: Store) -> tuple[str, int]:
    """The embedder of the active generation, and how many items it lacks."""
    generation = vectors.active(store.engine)
    assert generation is not None
    return generation.embedder, vectors.count_pending(store.engine, generation.seq)


def test_everything_is_embedded_by_the_new_embedder(store: Store) -> None:
    """Afterwards its generation is the only one; the answer says what it replaced."""
    told = reindex(store, Other())
    assert told == {"embedder": "other", "embedded": COUNT, "replaced": "words"}
    assert active(store) == ("other", 0)
    assert len(vectors.generations(store.engine)) == 1


def test_with_the_same_embedder_only_what_is_missing_is_embedded(store: Store) -> None:
    """Nothing, one new item, or with `anew` everything."""
    none = {"embedder": "words", "embedded": 0, "replaced": None}
    assert reindex(store, Words()) == none
    add(store, raw("more"))
    assert reindex(store, Words()) == {**none, "embedded": 1}
    told = reindex(store, Words(), anew=True)
    assert told == {"embedder": "words", "embedded": COUNT + 1, "replaced": "words"}
    assert len(vectors.generations(store.engine)) == 1


def test_an_empty_store_has_nothing_to_embed() -> None:
    """No generation is begun for nothing."""
    store = store_of(raw("x"))
    with store.engine.write() as cursor:
        cursor.run("DELETE FROM items")
    assert reindex(store, Words()) == {"embedder": "words", "embedded": 0, "replaced": None}
    assert vectors.generations(store.engine) == []


def test_a_store_without_vectors_gets_its_first_generation() -> None:
    """It is active from the start."""
    store = store_of(raw("x"))
    assert reindex(store, Words()) == {"embedder": "words", "embedded": 1, "replaced": None}
    assert active(store) == ("words", 0)


def test_what_was_killed_goes_on_where_it_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until all is there the old vectors answer; the work that was done is kept."""
    monkeypatch.setattr(module, "CHUNK", 2)
    with pytest.raises(ModelError):
        reindex(store, Other(fails_after=4))
    assert active(store) == ("words", 0)
    again = Other()
    told = reindex(store, again)
    assert told["embedded"] < COUNT
    assert active(store) == ("other", 0)
    assert len(vectors.generations(store.engine)) == 1


def test_progress_counts_to_the_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are done, of how many; never more than all."""
    monkeypatch.setattr(module, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    reindex(store, Other(), lambda done, total: told.append((done, total)))
    assert told == [(2, COUNT), (4, COUNT), (5, COUNT)]


def test_what_is_added_meanwhile_is_embedded_before_the_switch(store: Store) -> None:
    """A search after the switch finds it."""

    def add_one(done: int, total: int) -> None:
        if not added:
            added.append(raw("late"))
            add(store, *added)

    added: list = []
    told = reindex(store, Other(), add_one)
    assert told["embedded"] == COUNT + 1
    assert active(store) == ("other", 0)


def test_an_embedder_that_changed_its_width_needs_another_name(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-built generation is not filled with vectors of another width."""
    monkeypatch.setattr(module, "CHUNK", 2)
    with pytest.raises(ModelError):
        reindex(store, Other(fails_after=4))
    with pytest.raises(InputError, match="now makes vectors of 32 numbers, and made 64 before"):
        reindex(store, Other(width=32))
    assert active(store) == ("words", 0)


def test_a_change_ends_beside_a_writer_that_never_rests(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is added after each walk is embedded with the switch, while the writer waits."""
    fill = module._fill

    def filled(*args: Any) -> int:
        done = fill(*args)
        add(store, raw(f"added after {done}"))
        return done

    monkeypatch.setattr(module, "_fill", filled)
    told = reindex(store, Other())
    assert (told["embedded"], active(store)) == (COUNT + 1, ("other", 0))


class Patient(Other):
    """A model that takes its time for each call."""

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Rows of unit length, after a while."""
        time.sleep(0.05)
        return super().embed(texts)


def test_a_writer_waits_for_no_model(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are embedded between transactions: a change of five seconds delays nobody for two."""
    monkeypatch.setattr(module, "CHUNK", 10)
    store, other = connect(location), connect(location)
    add(store, *(raw(f"text {number}") for number in range(1000)))
    heal(store, Words(), USER)
    ended, waits = threading.Event(), list[float]()

    def write() -> None:
        while not ended.is_set():
            begun = time.monotonic()
            add(other, raw("meanwhile"))
            waits.append(time.monotonic() - begun)
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    begun = time.monotonic()
    try:
        reindex(store, Patient())
    finally:
        ended.set()
        writer.join()
    assert time.monotonic() - begun > 5
    assert max(waits) < 2
    assert len(waits) > 20
    for each in (store, other):
        each.close()


def test_more_than_the_last_few_are_embedded_while_others_write(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd that came meanwhile gets a walk of its own, outside the switch."""
    fill, walks = module._fill, []

    def filled(*args: Any) -> int:
        walks.append(fill(*args))
        if len(walks) == 1:
            add(store, *(raw(f"late {number}") for number in range(module.LAST + 1)))
        return walks[-1]

    monkeypatch.setattr(module, "_fill", filled)
    assert reindex(store, Other())["embedded"] == COUNT + module.LAST + 1
    assert walks == [COUNT, module.LAST + 1]


def test_a_walk_meets_every_item_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read begins behind the last item that was met, not at the first."""
    read, begun = vectors.pending_in, []

    def pending(*args: Any, **options: Any) -> list[PendingText]:
        begun.append(options.get("after"))
        return read(*args, **options)

    monkeypatch.setattr(vectors, "pending_in", pending)
    monkeypatch.setattr(module, "CHUNK", 2)
    reindex(store, Words(), anew=True)
    walked = [after for after in begun if after is not None]
    assert len(walked) == 3
    assert walked == sorted(set(walked))


class Slow(Other):
    """An embedder during whose work, once it has begun, somebody else reindexes."""

    name = "slow"

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = [meanwhile]

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Rows of unit length, after what happens meanwhile."""
        if len(texts) > 1 and self._meanwhile:
            self._meanwhile.pop()()
        return super().embed(texts)


def test_a_change_goes_on_beside_another_of_the_present_vectors(store: Store) -> None:
    """To complete those in use does not drop those that are being made."""
    told = reindex(store, Slow(lambda: reindex(store, Words())))
    assert (told["embedded"], active(store)) == (COUNT, ("slow", 0))


def test_a_change_that_another_overtook_says_so(store: Store) -> None:
    """Nothing is damaged: the vectors of the other are in use, and are the only ones."""
    with pytest.raises(StoreBusy, match="another change of the vectors ended before"):
        reindex(store, Slow(lambda: reindex(store, Other())))
    assert active(store) == ("other", 0)
    assert len(vectors.generations(store.engine)) == 1


def test_an_item_that_takes_no_vector_ends_the_change(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged row is told of; nobody waits for ever."""
    monkeypatch.setattr(vectors, "add", lambda *_: None)
    with pytest.raises(StoreError, match="takes no vector"):
        reindex(store, Other())
