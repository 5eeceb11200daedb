"""Erasing: everything made of some items goes, and the receipt counts it without a word."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from combray.core.changes import ChangeSet, NewJob, Patch
from combray.core.items import Item, Link
from combray.core.time import iso, to_datetime
from combray.store.erase import REBUILD, Receipt, doomed, erase_in
from combray.store.history import history
from combray.store.store import Store
from combray.store.tables import jobs, vectors
from combray.store.tables.schema import table_names
from combray.testing.base import item, put
from tests.store.failing import failing


def fact(text: str, *sources: Item, **fields: Any) -> Item:
    """A derived item."""
    return item(text, kind="fact", sources=tuple(s.id for s in sources), **fields)


def erase(store: Store, *items: Item, tenant: str = "u") -> Receipt:
    """Erase items as a memory does."""
    with store.engine.write(tenant) as cursor:
        what = doomed(cursor.run, tenant, {i.id: i for i in items})
        return erase_in(cursor, tenant, what)


def everything(store: Store) -> str:
    """All that the tables hold, as text."""
    engine = store.engine
    return repr([engine.read(f"SELECT * FROM {name}") for name in table_names(engine)])


def change(store: Store, **fields: Any) -> None:
    """Apply a change of tenant u."""
    given: dict[str, Any] = {"tenant": "u", "actor": "user", **fields}
    store.apply(ChangeSet(**given))


def test_what_goes_is_found_to_any_depth(store: Store) -> None:
    """Derived of doomed things alone, or of others too, whatever the status."""
    a, b = put(store, [item("a"), item("b")])
    alone, shared = put(store, [fact("alone", a), fact("shared", a, b)])
    above, odd = put(store, [fact("above", alone), fact("odd", shared, b)])
    change(store, patches=[Patch(id=above.id, fields={"status": "deleted"})])
    with store.engine.write("u") as cursor:
        what = doomed(cursor.run, "u", {a.id: a})
    assert set(what.items) == {a.id}
    assert set(what.derived) == {alone.id, above.id}
    assert set(what.shared) == {shared.id, odd.id}
    assert sorted(what.ids) == sorted(i.id for i in (a, alone, shared, above, odd))


def test_a_circle_of_sources_ends(store: Store) -> None:
    """Two items that cite each other are each found once."""
    one = item("one")
    two = fact("two", one)
    put(store, [fact("three", two), two, one])
    with store.engine.write("u") as cursor:
        cursor.run("UPDATE items SET sources = ? WHERE id = ?", (f'["{two.id}"]', one.id))
        what = doomed(cursor.run, "u", {two.id: two})
    assert len(what.ids) == len(set(what.ids)) == 3


def test_no_word_of_it_is_left_in_any_table(store: Store) -> None:
    """Texts, names, data, topics, links, vectors, jobs, reasons: nothing says it still."""
    gone = item("My name is Xerxes.", name="Xerxes", metadata={"note": "Xerxes"})
    kept = item("kept")
    put(store, [gone, kept])
    about = {"functional": True, "subject": "Xerxes", "relation": "is called"}
    (derived,) = put(store, [fact("Xerxes it is", gone, metadata=about)])
    link = Link(src=kept.id, dst=derived.id, kind="about")
    change(store, links=[link], jobs=[NewJob(kind="k", payload={"ids": [gone.id], "q": "Xerxes"})])
    change(store, actor="mem0", why="because of Xerxes", patches=[
        Patch(id=gone.id, fields={"strength": 0.5}), Patch(id=kept.id, fields={"strength": 0.5}),
    ])  # fmt: skip
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((3, 2), np.float32))
    receipt = erase(store, gone)
    assert "Xerxes" not in everything(store)
    assert receipt.counts == {"vectors": 2, "links": 1, "events": 3, "jobs": 1}
    assert [i.id for i in store.items("u")] == [kept.id]
    assert store.engine.read("SELECT count(*) FROM vectors") == [(1,)]
    assert history.differences(store, "u") == []


def test_one_event_without_words_is_left_of_each(store: Store) -> None:
    """So that other processes that follow the log drop it too."""
    (gone,) = put(store, [item("gone")])
    (derived,) = put(store, [fact("derived", gone)])
    head = store.head("u")
    receipt = erase(store, gone)
    events = store.events("u")
    assert [(e.op, e.item_id) for e in events] == [("erase", gone.id), ("erase", derived.id)]
    assert {e.change_id for e in events} == {receipt.change_id}
    assert all(e.before is None and e.after is None for e in events)
    assert store.changed("u", head) == [gone.id, derived.id]


def test_the_receipt_counts_and_names_nothing(store: Store) -> None:
    """Hashes prove which ids went to whoever knows them, and tell nobody else."""
    a, b = put(store, [item("a"), item("b")])
    alone, shared = put(store, [fact("alone", a), fact("shared", a, b)])
    receipt = erase(store, a)
    assert (receipt.items, receipt.derived, receipt.dropped, receipt.rebuild) == (1, 1, 1, 1)
    ids = (a.id, alone.id, shared.id)
    assert set(receipt.hashes) == {hashlib.sha256(i.encode()).hexdigest()[:16] for i in ids}
    told = receipt.as_dict()
    assert not any(id_ in json.dumps(told) for id_ in ids)
    assert told["at"] == iso(receipt.at_us)
    assert receipt.at == to_datetime(receipt.at_us)


def test_a_receipt_as_plain_data_is_whole() -> None:
    """Every part is there as JSON can hold it, the time it took in milliseconds."""
    receipt = Receipt(
        change_id="c", at_us=0, items=1, derived=2, dropped=3, rebuild=4, counts={"links": 5},
        hashes=("h",), backups=("b.db",), left=("c.db",), seconds=0.123456,
    )  # fmt: skip
    told = json.loads(json.dumps(receipt.as_dict()))
    assert told["at"] == "1970-01-01T00:00:00Z"
    assert told["seconds"] == 0.123
    assert told["backups"] == ["b.db"]
    assert set(told) == {f for f in Receipt.__slots__ if f != "at_us"} | {"at"}


def test_what_had_other_sources_is_made_again(store: Store) -> None:
    """A job names the sources that are left, and none that went."""
    a, b, c = put(store, [item(name) for name in "abc"])
    put(store, [fact("ab", a, b), fact("ac", a, c), fact("bc", b, c)])
    erase(store, a)
    (job,) = jobs.jobs(store.engine, "u")
    assert job.kind == REBUILD
    assert job.payload == {"sources": sorted([b.id, c.id])}
    assert [i.text for i in store.items("u")] == ["b", "c", "bc"]


def test_nothing_is_rebuilt_of_what_went_whole(store: Store) -> None:
    """When every source is erased there is nothing to make again, and no job."""
    a, b = put(store, [item("a"), item("b")])
    put(store, [fact("ab", a, b)])
    assert erase(store, a, b).rebuild == 0
    assert jobs.jobs(store.engine) == []


@pytest.mark.parametrize(
    "payload",
    [
        lambda id_: {"ids": [id_]},
        lambda id_: {"deep": {"er": [{"x": id_}]}},
        lambda id_: {id_: 1},
        lambda id_: {"one": id_},
    ],
)
def test_work_that_names_an_erased_item_goes(store: Store, payload: Any) -> None:
    """Wherever in its data the id stands; other work stays, without the error it quoted."""
    gone, kept = put(store, [item("gone"), item("kept")])
    change(store, jobs=[
        NewJob(kind="a", payload=payload(gone.id)), NewJob(kind="b", payload={"ids": [kept.id]}),
    ])  # fmt: skip
    job = jobs.jobs(store.engine)[1]
    claim = jobs.claim(store.engine, job)
    assert claim is not None
    jobs.fail(store.engine, claim, "the model answered: gone")
    assert erase(store, gone).counts["jobs"] == 1
    (left,) = jobs.jobs(store.engine)
    assert (left.kind, left.error) == ("b", None)


def test_reasons_of_models_go_and_those_of_users_stay(store: Store) -> None:
    """A model's reason may quote what was erased; it goes from every event of that change."""
    gone, kept = item("gone"), item("kept")
    change(store, puts=[gone, kept])
    for actor, why in (("mem0", "quotes it"), ("user", "my own reason")):
        patches = [Patch(id=i.id, fields={"strength": 0.5}) for i in (gone, kept)]
        change(store, actor=actor, why=why, patches=patches)
    erase(store, gone)
    assert [e.why for e in store.events("u", item_id=kept.id)] == ["", "erased", "my own reason"]


def test_another_user_is_not_touched(store: Store) -> None:
    """Nothing of theirs is counted or changed."""
    (mine,) = put(store, [item("same words")])
    (theirs,) = put(store, [item("same words", "v")], jobs=[NewJob(kind="k", payload={"n": 1})])
    before = store.events("v"), store.items("v"), jobs.jobs(store.engine, "v")
    erase(store, mine)
    assert (store.events("v"), store.items("v"), jobs.jobs(store.engine, "v")) == before
    assert erase(store, theirs, tenant="u").counts["events"] == 0
    assert store.one(theirs.id).text == "same words"


def test_more_than_a_statement_takes(store: Store) -> None:
    """Two thousand items with their facts go in one transaction."""
    many = put(store, [item(f"{n}") for n in range(1000)])
    put(store, [fact(f"of {one.text}", one) for one in many])
    receipt = erase(store, *many)
    assert (receipt.items, receipt.derived, len(receipt.hashes)) == (1000, 1000, 2000)
    assert store.items("u") == []
    assert store.engine.read("SELECT count(*) FROM cites") == [(0,)]


def test_an_erasure_that_fails_erases_nothing(store: Store) -> None:
    """It goes with its transaction."""
    (gone,) = put(store, [item("gone")])
    with pytest.raises(ZeroDivisionError):
        failing(store.engine, lambda c: erase_in(c, "u", doomed(c.run, "u", {gone.id: gone})))
    assert [i.text for i in store.items("u")] == ["gone"]
    assert [e.op for e in store.events("u")] == ["add"]
