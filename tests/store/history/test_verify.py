"""Verify and mend: every way in which a database can be wrong is found, named and put right."""

from __future__ import annotations

import numpy as np
import pytest

from combray.core.changes import ChangeSet
from combray.core.items import Item, Link
from combray.store.history import history
from combray.store.history.mend import mend
from combray.store.history.verify import MAX_EACH, Report, verify
from combray.store.store import Store
from combray.store.tables import vectors
from combray.store.tables.fact_keys import on_topics, topic_of
from combray.testing.base import item, put


@pytest.fixture
def filled(store: Store) -> Store:
    """Two users, a link, a fact with a topic, and vectors for all."""
    one, two = put(store, [item("one"), item("two")])
    about = {"functional": True, "subject": "Ann", "relation": "lives in"}
    put(store, [item("fact", kind="fact", sources=(one.id,), metadata=about)])
    put(store, [item("theirs", "v")])
    store.apply(
        ChangeSet(tenant="u", actor="t", links=[Link(src=one.id, dst=two.id, kind="similar")])
    )
    generation = vectors.begin(store.engine, "words", 2, "active")
    with store.engine.write() as cursor:
        texts = vectors.pending(store.engine, generation.seq)
        vectors.add(cursor, generation.seq, texts, np.ones((4, 2), np.float32))
    return store


def spoil(store: Store, *statements: str) -> None:
    """Change the tables behind the store's back."""
    with store.engine.write() as cursor:
        for statement in statements:
            cursor.run(statement)


def test_a_sound_database_has_no_problems(filled: Store) -> None:
    """And its report counts what was looked at."""
    report = verify(filled)
    assert report.ok
    assert report.counts == {
        "tenants": 2, "items": 4, "links": 1, "events": 5, "vectors": 4, "jobs": 0,
    }  # fmt: skip
    assert report.pending == 0
    put(filled, [item("new")])
    assert verify(filled).pending == 1


def test_an_empty_database_is_sound(store: Store) -> None:
    """There is nothing that could be wrong, and nothing to mend."""
    assert verify(store).ok
    assert mend(store) == 0


DAMAGE: dict[str, tuple[str, str]] = {
    "words": ("UPDATE items SET text = 'other' WHERE text = 'one'", "differs from its history"),
    "two fields": (
        "UPDATE items SET count = 9, strength = 0 WHERE text = 'one'",
        "in count, strength",
    ),
    "a lost item": ("DELETE FROM items WHERE text = 'two'", "missing from the tables"),
    "a lost link": ("DELETE FROM links", "missing from the tables"),
    "a changed link": ("UPDATE links SET weight = 9", "differs from its history"),
    "a lost event": (
        "DELETE FROM events WHERE item_id IN (SELECT id FROM items WHERE text = 'theirs')",
        "missing from the history",
    ),
    "a citation": ("INSERT INTO cites VALUES ('nobody', 'nothing')", "citations"),
    "a link": (
        "INSERT INTO links VALUES ('u', 'a', 'b', 'k', 1, NULL, NULL, 0, NULL, '[]')",
        "links to items that are gone",
    ),
    "a topic": ("INSERT INTO topics VALUES ('u', 't', 'nothing', 0, 0, '')", "topics"),
    "a reading": (
        "INSERT INTO readings (item_id, actor, tenant) VALUES ('nothing', 'mem0', 'u')",
        "readings",
    ),
    "a vector": (
        "INSERT INTO vectors SELECT tenant, generation, 999, data, 0 FROM vectors LIMIT 1",
        "vectors of items that are gone",
    ),
    "a generation": (
        "INSERT INTO vectors SELECT tenant, 999, item_seq, data, 0 FROM vectors LIMIT 1",
        "vectors of no generation",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(filled: Store, name: str) -> None:
    """Whatever does not agree is a problem in words that say what and where."""
    statement, said = DAMAGE[name]
    spoil(filled, statement)
    report = verify(filled)
    assert not report.ok
    assert any(said in problem for problem in report.problems), report.problems


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_mended(filled: Store, name: str) -> None:
    """Then nothing is wrong, and mending again changes nothing."""
    spoil(filled, DAMAGE[name][0])
    assert mend(filled) >= 1
    report = verify(filled)
    assert report.problems == ()
    assert mend(filled) == 0
    assert {i.text for i in filled.items("u")} == {"one", "two", "fact"}


def test_the_history_is_right_where_they_differ(filled: Store) -> None:
    """Words and links come back as they were told; a lost item is found by its words again.

    Its vector belongs to the number that it had, and goes.
    """
    spoil(filled, DAMAGE["words"][0], DAMAGE["a changed link"][0], DAMAGE["a lost item"][0])
    assert mend(filled) == 4
    assert verify(filled).pending == 1
    assert {i.text for i in filled.items("u")} == {"one", "two", "fact"}
    assert [link.weight for link in filled.links("u")] == [1.0]
    assert filled.same_text("u", ["two"])["two"]


def test_what_only_a_table_knows_enters_the_history(filled: Store) -> None:
    """Nothing that was remembered is thrown away; the event says who put it there."""
    spoil(filled, "DELETE FROM events")
    assert mend(filled) == 5
    assert history.differences(filled, "u") == history.differences(filled, "v") == []
    assert {event.actor for event in filled.events("u")} == {"repair"}


def test_an_event_that_is_no_whole_item_makes_none(filled: Store) -> None:
    """A history whose beginning is lost brings no lost item back, nor what rested on it."""
    one = filled.items("u")[0]
    spoil(
        filled,
        "UPDATE events SET before = '{}', after = '{\"text\":\"x\"}' WHERE op = 'add' "
        f"AND item_id = '{one.id}'",
        "DELETE FROM items WHERE text = 'one'",
    )
    assert any(one.id in problem for problem in verify(filled).problems)
    mend(filled)
    assert not any(one.id in (item.id, *item.sources) for item in filled.items("u"))


def test_topics_and_citations_are_written_anew(filled: Store) -> None:
    """From the items themselves, so that fellows and sources are found again."""
    one, _, fact = filled.items("u")
    spoil(filled, "DELETE FROM topics", "DELETE FROM cites")
    mend(filled)
    topic = str(topic_of(fact))
    assert [f.id for f in on_topics(filled.engine.tenant_reader("u"), "u", [topic])] == [fact.id]
    assert [f.id for f in filled.citing("u", [one.id])] == [fact.id]


def test_a_vector_of_the_wrong_length_is_found(filled: Store) -> None:
    """It cannot be compared with any other."""
    with filled.engine.write() as cursor:
        cursor.run("UPDATE vectors SET data = ? WHERE item_seq = 1", (b"\0\0\0\0",))
    assert any("length" in problem for problem in verify(filled).problems)


def test_problems_say_whose_they_are_and_are_not_endless(store: Store) -> None:
    """A user by its name, the shared one as such; after MAX_EACH only the number is told."""
    put(store, [item(f"{n}") for n in range(MAX_EACH + 5)])
    put(store, [item("one", "")])
    spoil(store, "UPDATE items SET count = 9")
    problems = verify(store).problems
    assert problems[0].startswith("shared: ")
    mine = [p for p in problems if p.startswith("user 'u'")]
    assert len(mine) == MAX_EACH + 1
    assert "5 more" in mine[-1]


def test_a_tenant_whose_items_are_lost_is_looked_at(filled: Store) -> None:
    """Whoever is only in the history is still somebody."""
    spoil(filled, "DELETE FROM items WHERE tenant = 'v'", "DELETE FROM vectors")
    assert verify(filled).counts["tenants"] == 2
    mend(filled)
    assert [i.text for i in filled.items("v")] == ["theirs"]


def test_more_checks_can_be_given(filled: Store) -> None:
    """Each tenant is shown to them, and what they find is named as its own."""
    seen: list[str] = []

    def more(items: list[Item]) -> list[str]:
        seen.append(items[0].scope.tenant)
        return ["odd"] if seen[-1] == "v" else []

    assert verify(filled, more).problems == ("user 'v': odd",)
    assert seen == ["u", "v"]


def test_the_databases_own_complaints_are_in_it(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its integrity check says comes first."""
    monkeypatch.setattr(filled.engine, "check", lambda: ["page 7 is bad"])
    assert "page 7 is bad" in verify(filled).problems[0]


def test_mending_that_fails_changes_nothing_of_that_user(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each user is mended in a transaction of its own."""
    spoil(filled, DAMAGE["words"][0])
    monkeypatch.setattr(history, "same", _raises)
    with pytest.raises(ZeroDivisionError):
        mend(filled)
    monkeypatch.undo()
    assert not verify(filled).ok
    assert mend(filled) == 1


def _raises(*_: object) -> bool:
    raise ZeroDivisionError


def test_a_report_is_plain_data() -> None:
    """Whether all is well, what is wrong, and the counts."""
    bad = Report(problems=("a",), counts={"items": 1}, pending=2)
    assert bad.as_dict() == {"ok": False, "problems": ["a"], "counts": {"items": 1}, "pending": 2}
    assert Report(problems=()).as_dict()["ok"] is True
