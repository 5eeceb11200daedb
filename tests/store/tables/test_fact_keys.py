"""What a functional fact is about, and how its fellows are found."""

from __future__ import annotations

from typing import Any

import pytest

from combray.core.changes import ChangeSet, Patch
from combray.core.items import Item, Link
from combray.store.engine import Run
from combray.store.store import Store
from combray.store.tables import fact_keys
from combray.testing.base import item, put

HOME: dict[str, Any] = {"functional": True, "subject": "Ann", "relation": "lives in"}


@pytest.fixture
def run(store: Store) -> Run:
    """Reads of tenant u."""
    return store.engine.tenant_reader("u")


@pytest.fixture
def said(store: Store) -> Item:
    """The words that facts cite."""
    return put(store, [item("I live in Rome.")])[0]


def fact(said: Item, kind: str = "fact", created_by: str = "rules", **about: Any) -> Item:
    """A fact about where somebody lives, but for what is given."""
    return item(
        "Ann lives in Rome",
        kind=kind,
        created_by=created_by,
        sources=(said.id,),
        metadata={**HOME, **about},
    )


def test_a_topic_is_a_subject_and_a_relation() -> None:
    """Names are compared without case; relations as they stand."""
    ann, same, other = (
        fact_keys.topic_of(fact(item("x"), **about))
        for about in ({}, {"subject": "ANN"}, {"relation": "works at"})
    )
    assert ann == same
    assert ann != other
    assert ann is not None


@pytest.mark.parametrize("missing", [{"functional": False}, {"functional": None}])
def test_what_has_many_values_at_once_has_no_topic(missing: dict[str, Any]) -> None:
    """Only a functional relation has a timeline."""
    assert fact_keys.topic_of(fact(item("x"), **missing)) is None


def test_the_users_own_words_have_no_topic() -> None:
    """Metadata that looks like a fact's does not make one of raw words."""
    assert fact_keys.topic_of(item("x", metadata=HOME)) is None


def test_facts_share_timelines_and_kinds_of_systems_do_not() -> None:
    """Facts by rules, users and proposals are compared; what a system derives stands apart."""
    said = item("x")
    by_rule, by_user = (fact(said, created_by=who) for who in ("rules", "user"))
    edge, other = (fact(said, "edge", who) for who in ("zep/1", "zep/2"))
    topics = [fact_keys.topic_of(f) for f in (by_rule, by_user, edge, other)]
    assert topics[0] == topics[1]
    assert len(set(topics)) == 3


def test_facts_are_found_by_topic(store: Store, run: Run, said: Item) -> None:
    """Live ones of this tenant, whatever the number of topics asked for."""
    home, work = put(store, [fact(said), fact(said, relation="works at")])
    topics = [str(fact_keys.topic_of(f)) for f in (home, work)]
    assert [f.id for f in fact_keys.on_topics(run, "u", topics[:1])] == [home.id]
    many = [*topics, *(f"nothing {n}" for n in range(1000))]
    assert {f.id for f in fact_keys.on_topics(run, "u", many)} == {home.id, work.id}
    assert fact_keys.on_topics(run, "v", topics) == []
    assert fact_keys.on_topics(run, "u", []) == []


def test_a_deleted_fact_is_not_found(store: Store, run: Run, said: Item) -> None:
    """Its topic leads to it again once it lives again."""
    (home,) = put(store, [fact(said)])
    topic = str(fact_keys.topic_of(home))
    for status, found in (("deleted", []), ("live", [home.id])):
        patches = [Patch(id=home.id, fields={"status": status})]
        store.apply(ChangeSet(tenant="u", actor="test", patches=patches))
        assert [f.id for f in fact_keys.on_topics(run, "u", [topic])] == found


def test_a_fact_moves_with_its_metadata(store: Store, run: Run, said: Item) -> None:
    """Corrected to another subject it is found there, and no longer where it was."""
    (home,) = put(store, [fact(said)])
    patches = [Patch(id=home.id, fields={"metadata": {**HOME, "subject": "Bob"}})]
    store.apply(ChangeSet(tenant="u", actor="test", patches=patches))
    old, new = str(fact_keys.topic_of(home)), str(fact_keys.topic_of(fact(said, subject="Bob")))
    assert fact_keys.on_topics(run, "u", [old]) == []
    assert [f.id for f in fact_keys.on_topics(run, "u", [new])] == [home.id]


def test_filing_twice_files_once(store: Store, run: Run, said: Item) -> None:
    """A topic that is noted already stays as it is."""
    (home,) = put(store, [fact(said)])
    with store.engine.write("u") as cursor:
        fact_keys.file_topics(cursor, [home, home])
        fact_keys.file_topics(cursor, [])
    assert store.engine.read("SELECT count(*) FROM topics") == [(1,)]


def test_links_are_found_from_either_end(store: Store, run: Run) -> None:
    """By kind, from where they start or to where they end, over long lists of ids."""
    items = put(store, [item(f"{n}") for n in range(4)])
    a, b, c, _ = (i.id for i in items)
    links = [Link(src=a, dst=b, kind="k"), Link(src=a, dst=c, kind="other")]
    links.append(Link(src=b, dst=c, kind="k"))
    store.apply(ChangeSet(tenant="u", actor="test", links=links))
    assert fact_keys.links_from(run, "u", "k", [a]) == [links[0]]
    assert fact_keys.links_to(run, "u", "k", [c]) == [links[2]]
    assert fact_keys.links_to(run, "u", "other", [c, b]) == [links[1]]
    many = [*(i.id for i in items), *(f"nobody {n}" for n in range(1000))]
    assert {link.dst for link in fact_keys.links_from(run, "u", "k", many)} == {b, c}
    assert fact_keys.links_from(run, "v", "k", many) == []
