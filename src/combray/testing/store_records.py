"""Laws of the records: items with two times, links, events, jobs, vectors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.errors import NotFound, RejectedChange
from combray.core.items import Item, Link, Scope
from combray.store.history import history
from combray.store.tables import jobs, vectors
from combray.testing.base import StoreLaw, item, put


def _full() -> Item:
    """An item with a value in every field."""
    return item(
        "Ann moved to Paris.",
        kind="turn",
        role="user",
        name="Ann",
        first_at_us=1,
        last_at_us=2,
        valid_from_us=-(2**55),
        valid_to_us=4,
        known_from_us=5,
        known_to_us=6,
        strength=0.1,
        last_recalled_us=7,
        count=3,
        metadata={"a": [1, {"b": None}], "ž": "日", "big": 2**63},
    )


def _change(**fields: Any) -> ChangeSet:
    return ChangeSet(tenant="u", actor="test", **fields)


class RecordLaws(StoreLaw):
    """The state is the replay of the events, and a change that breaks a rule changes nothing."""

    def test_an_item_comes_back_as_it_was_put(self, place: Any) -> None:
        """Every field survives, also in another connection."""
        one = replace(_full(), scope=Scope("u", "agent", "session"))
        with self._store(place) as store:
            put(store, [one])
        with self._store(place) as store:
            assert replace(store.one(one.id), seq=0) == one

    def test_items_are_listed_in_the_order_they_came(self, place: Any) -> None:
        """`items` lists the oldest first, `newest` the newest; `get` leaves out unknown ids."""
        with self._store(place) as store:
            ids = [i.id for i in put(store, [item(f"text {n}") for n in range(1100)])]
            assert [i.id for i in store.items("u")] == ids
            assert [i.id for i in store.newest("u")] == ids[::-1]
            assert [i.id for i in store.newest("u", ids[20])] == ids[19::-1]
            with pytest.raises(NotFound):
                next(store.newest("v", ids[20]))
            assert list(store.get("u", [ids[2], "nobody"])) == [ids[2]]

    def test_more_ids_than_one_statement_takes(self, place: Any) -> None:
        """Two thousand items are put, read by id and patched in one change."""
        with self._store(place) as store:
            ids = [i.id for i in put(store, [item(f"text {n}") for n in range(2000)])]
            patches = [Patch(id=id_, fields={"strength": 0.5}) for id_ in ids]
            store.apply(_change(patches=patches))
            assert {i.strength for i in store.get("u", ids).values()} == {0.5}
            assert history.differences(store, "u") == []

    def test_the_state_is_the_replay_of_the_events(self, place: Any) -> None:
        """Puts, patches, links and unlinks are all in the history."""
        with self._store(place) as store:
            one, other = put(store, [item("one"), item("other")])
            link = Link(src=one.id, dst=other.id, kind="similar", weight=1 / 3)
            store.apply(_change(links=[link, replace(link, kind="next")]))
            store.apply(_change(links=[replace(link, weight=0.5)]))
            store.apply(_change(patches=[Patch(id=one.id, fields={"text": "new words"})]))
            store.apply(_change(unlinks=[(one.id, other.id, "next")]))
            assert history.differences(store, "u") == []
            assert [(e.kind, e.weight) for e in store.links("u")] == [("similar", 0.5)]
            assert [e.op for e in store.events("u", item_id=one.id)] == (
                ["add", "link", "link", "link", "update", "unlink"]
            )

    @pytest.mark.parametrize("name", ["unknown", "foreign", "source", "field", "link"])
    def test_a_change_that_breaks_a_rule_changes_nothing(self, place: Any, name: str) -> None:
        """The good parts of a bad change are not applied either."""
        with self._store(place) as store:
            (kept,) = put(store, [item("kept")])
            (theirs,) = put(store, [item("theirs", "other")])
            head = store.head("u")
            bad = _BAD[name](kept, theirs)
            with pytest.raises(RejectedChange):
                store.apply(replace(bad, puts=[*bad.puts, item("good")]))
            assert [i.text for i in store.items("u")] == ["kept"]
            assert store.head("u") == head
            assert store.links("u") == []

    def test_what_cites_is_found(self, place: Any) -> None:
        """Derived items are found by their sources, once each."""
        with self._store(place) as store:
            sources = put(store, [item("a"), item("b")])
            ids = tuple(i.id for i in sources)
            (fact,) = put(store, [item("both", kind="fact", sources=ids)])
            assert [i.id for i in store.citing("u", ids)] == [fact.id]
            assert store.citing("other", ids) == []

    def test_the_same_words_are_found(self, place: Any) -> None:
        """`same_text` finds live items of exactly these words, of this tenant."""
        with self._store(place) as store:
            (one,) = put(store, [item("Hello there.")])
            put(store, [item("Hello there.", "other")])
            found = store.same_text("u", ["Hello  there.", "hello there."])
            assert [i.id for i in found["Hello  there."]] == [one.id]
            assert found["hello there."] == []

    def test_what_changed_is_followed(self, place: Any) -> None:
        """`changed` names each item once, in order, after an event."""
        with self._store(place) as store:
            one, other = put(store, [item("one"), item("other")])
            head = store.head("u")
            for strength in (0.1, 0.2):
                store.apply(_change(patches=[Patch(id=other.id, fields={"strength": strength})]))
            assert store.changed("u", 0) == [one.id, other.id]
            assert store.changed("u", head) == [other.id]
            assert store.changed("u", store.head("u")) == []
            assert store.head("nobody") == 0

    def test_an_unknown_id_is_not_found(self, place: Any) -> None:
        """Neither is that of another tenant."""
        with self._store(place) as store:
            (one,) = put(store, [item("one")])
            for wanted, tenant in (("nobody", None), (one.id, "other")):
                with pytest.raises(NotFound):
                    store.one(wanted, tenant)

    def test_a_job_is_claimed_once(self, place: Any) -> None:
        """Of four workers that reach for it one gets it; a failed one is due again later."""
        with self._store(place) as store:
            store.apply(_change(jobs=[NewJob(kind="k", payload={"n": 1})]))
            (job,) = jobs.due(store.engine, ["k"], "u")
            with ThreadPoolExecutor(4) as pool:
                claims = list(pool.map(lambda _: jobs.claim(store.engine, job), range(4)))
            mine = [claim for claim in claims if claim is not None]
            assert len(mine) == 1
            assert jobs.due(store.engine, ["k"], "u") == []
            failed = jobs.fail(store.engine, mine[0], "no")
            assert (failed.state, failed.error, failed.attempts) == ("waiting", "no", 1)
            with store.engine.write("u") as cursor:
                jobs.finish(cursor, failed)
            assert jobs.jobs(store.engine) == []

    def test_vectors_go_by_generation(self, place: Any) -> None:
        """A second embedder is built beside the first and takes over when it is whole."""
        with self._store(place) as store:
            put(store, [item("one"), item("other")])
            engine = store.engine
            old = vectors.begin(engine, "old", 2, "active")
            new = vectors.begin(engine, "new", 3, "building")
            data = np.arange(6, dtype=np.float32).reshape(2, 3) / np.float32(7)
            texts = vectors.pending(engine, new.seq)
            with engine.write() as cursor:
                vectors.add(cursor, new.seq, texts[:1], data[:1])
                assert not vectors.switch(cursor, new.seq)
            with engine.write() as cursor:
                vectors.add(cursor, new.seq, texts, data)
                assert vectors.switch(cursor, new.seq)
            vectors.drop(engine, old.seq)
            assert vectors.generations(engine) == [replace(new, state="active")]
            rows = sorted(vectors.load(engine, "u", new.seq))
            assert [np.frombuffer(b, np.float32).tolist() for _, b in rows] == data.tolist()
            assert vectors.count_pending(engine, new.seq) == 0


_BAD: dict[str, Callable[[Item, Item], ChangeSet]] = {
    "unknown": lambda kept, _: _change(patches=[Patch(id="nobody", fields={"text": "x"})]),
    "foreign": lambda kept, theirs: _change(patches=[Patch(id=theirs.id, fields={"text": "x"})]),
    "source": lambda kept, theirs: _change(puts=[item("f", kind="fact", sources=(theirs.id,))]),
    "field": lambda kept, _: _change(patches=[Patch(id=kept.id, fields={"kind": "fact"})]),
    "link": lambda kept, theirs: _change(links=[Link(src=kept.id, dst=theirs.id, kind="next")]),
}
